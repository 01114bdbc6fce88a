"""Keeps students' images and the build cache under a limit: what was not used longest goes."""

import time
from collections.abc import Sequence

import structlog

from grader.engine import CachedImage, Engine
from grader.room import GB
from grader.settings import GraderSettings

REPOSITORY = "mlops-work"  # one image per commit, kept for the next attempt
# An attempt may be about to start from an image that was used so lately.
YOUNG_SECONDS = 900.0
logger = structlog.get_logger()


def trim(engine: Engine, settings: GraderSettings, repository: str = REPOSITORY) -> list[str]:
    """Remove what the cache has no room for; the names of the images that went.

    Takes its time, so nobody who waits for a verdict should call it. An image that a container
    uses stays. Several workers may do this at once.
    """
    limit = int(settings.cache_gb * GB)
    images = engine.cached_images(repository)
    gone = [
        name
        for image in victims(images, limit, younger_than=time.time() - YOUNG_SECONDS)
        for name in image.names
        if engine.remove_image(name)
    ]
    freed = engine.prune_builds(limit)
    if gone or freed:
        logger.info("cache trimmed", images=len(gone), build_cache_mb=freed // 10**6)
    return gone


def victims(images: Sequence[CachedImage], limit: int, *, younger_than: float) -> list[CachedImage]:
    """The images to remove, oldest first, so that the layers of the rest take `limit` bytes.

    A layer that several images share counts once. Those used after `younger_than` stay.
    """
    by_age = sorted(images, key=lambda image: image.used_at)
    layers: dict[str, int] = {}
    for number, image in enumerate(reversed(by_age)):
        layers |= image.layers
        if sum(layers.values()) > limit and image.used_at <= younger_than:
            return by_age[: len(by_age) - number]
    return []
