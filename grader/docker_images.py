"""The images and the build cache of a Docker Engine; `grader.docker_engine` adds the rest."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any

import requests
from docker import errors
from docker.api import APIClient

from grader.engine import CachedImage
from lab_specs.faults import Code, PlatformFault

# Whoever else uses the engine may be about to remove the same, or to use it
BUSY_OR_GONE = {requests.codes.conflict, requests.codes.not_found}


class DockerImages:
    """What an engine knows of its images."""

    def __init__(self, api: APIClient) -> None:
        self._api = api

    def image_id(self, reference: str) -> str | None:
        """The content id of a local image."""
        found = self._image(reference)
        return str(found["Id"]) if found else None

    def image_labels(self, reference: str) -> Mapping[str, str]:
        """The labels of a local image."""
        return self._image(reference).get("Config", {}).get("Labels") or {}

    def image_bytes(self, reference: str) -> int:
        """The size of a local image, its base included."""
        return int(self._image(reference).get("Size", 0))

    def use_image(self, reference: str) -> str | None:
        """The content id of a local image, which counts as used now."""
        name, _, tag = reference.rpartition(":")
        with ours(), contextlib.suppress(errors.NotFound):
            self._api.tag(reference, name, tag)  # the engine writes down when it was named last
        return self.image_id(reference)

    def cached_images(self, repository: str) -> Sequence[CachedImage]:
        """All images of one repository."""
        with ours():
            listed = self._api.images()
            mine = [image for image in listed if _names(image, repository)]
            others = {image["Id"] for image in listed} - {image["Id"] for image in mine}
        shared = {layer for other in others for layer in self._layers(other)}
        return [
            CachedImage(
                names=_names(image, repository),
                used_at=_used_at(self._image(image["Id"])),
                layers={
                    layer: size
                    for layer, size in self._layers(image["Id"]).items()
                    if layer not in shared
                },
            )
            for image in mine
        ]

    def remove_image(self, reference: str) -> bool:
        """Take a name away, with the image if it has no other."""
        with ours():
            try:
                self._api.remove_image(reference)
            except errors.APIError as error:
                if error.status_code not in BUSY_OR_GONE:
                    raise
                return False
        return True

    def prune_builds(self, keep_bytes: int) -> int:
        """Forget the least used of the build cache until `keep_bytes` are left."""
        with ours():
            try:
                told = self._api.prune_builds(keep_storage=keep_bytes, all=True)
            except errors.APIError as error:
                if error.status_code not in BUSY_OR_GONE:  # another worker does it just now
                    raise
                return 0
        return int(told["SpaceReclaimed"] or 0)

    def _layers(self, image: str) -> dict[str, int]:
        """Bytes of each layer, named by all that was done up to it: equal names, equal layers."""
        with ours():
            try:
                steps = self._api.history(image)  # type: ignore[no-untyped-call]
            except errors.NotFound:
                return {}  # removed meanwhile
        chain, layers = sha256(), {}
        for step in reversed(steps):
            chain.update(f"{step['Created']} {step['CreatedBy']} {step['Size']}\0".encode())
            if step["Size"]:
                layers[chain.hexdigest()] = int(step["Size"])
        return layers

    def _image(self, reference: str) -> dict[str, Any]:
        with ours():
            try:
                found: dict[str, Any] = self._api.inspect_image(reference)  # type: ignore[no-untyped-call]
            except errors.ImageNotFound:
                return {}
        return found


@contextlib.contextmanager
def ours() -> Iterator[None]:
    """An engine that fails is the platform's fault, whatever was asked of it."""
    try:
        yield
    except (errors.DockerException, requests.RequestException) as error:
        raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem=str(error)[:500]) from error


def moment(text: str) -> datetime:
    """Docker's time stamps carry nanoseconds, which Python does not read."""
    return datetime.fromisoformat(text.rstrip("Z")[:26] + "+00:00")


def _names(image: Mapping[str, Any], repository: str) -> tuple[str, ...]:
    return tuple(name for name in image["RepoTags"] or () if name.startswith(f"{repository}:"))


def _used_at(image: Mapping[str, Any]) -> float:
    """When it was named last. Asked of no image, the answer is now: nobody removes that."""
    told = image.get("Metadata", {}).get("LastTagTime")
    return moment(told).timestamp() if told else datetime.now().astimezone().timestamp()
