"""An image in memory that does what the optimisation lab asks, and a flaw that can be switched on.

Its model is a table of known pictures: an image gets the labels of those that lie near. Fewer bits
for each pixel make it smaller. A served variant answers as a container would over HTTP, so the
checks are tried without one.
"""

import functools
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lab_specs.digits import digits
from lab_specs.faults import Code, StudentFault
from lab_specs.kit import Reply, Run, Volume

KNOWN = 900  # pictures
WIDTH = 40.0  # how far a known picture reaches, in squared pixel values
FILE = "table.npz"
BITS = {"base": 32, "half": 16, "small": 8, "optimised": 4}
ACCURACY = 0.83
AGREEMENT = {"base": 1.0, "half": 1.0, "small": 1.0, "optimised": 0.965}
ENDED = Run(0, 1.0, timed_out=False, out_of_memory=False, log="", full_volumes=(), limit_seconds=9)


@functools.cache
def known(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures and their labels."""
    return digits(seed, KNOWN)


class Oracle:
    """Stands where an `Image` stands."""

    def __init__(self, folder: Path, flaw: str = "") -> None:
        self.flaw = flaw
        self._folder = folder
        self.table: dict[str, dict[str, Any]] = {}

    def volume(self, name: str) -> Volume:
        (self._folder / name).mkdir(exist_ok=True)
        return Volume(name, self._folder / name, 24)

    def run(self, command: Sequence[str], *, mounts: Mapping[str, str]) -> Run:
        """Export every variant."""
        assert (command, mounts) == (["export"], {"models": "/models:rw"})
        x, y = known(1)
        names = [name for name in BITS if (self.flaw, name) != ("two_variants", "half")]
        for name in names:
            files = self._files(name, x, y)
            for file, content in files.items():
                self.volume("models").write(f"{name}/{file}", content)
            size = sum(map(len, files.values()))
            row = {"technique": name, "bytes": size, "accuracy": ACCURACY}
            self.table[name] = row | {"agreement": AGREEMENT[name]}
        self._spoil_table()
        self.volume("models").write("variants.json", json.dumps(self.table).encode())
        return ENDED

    def _files(self, name: str, x: np.ndarray, y: np.ndarray) -> dict[str, bytes]:
        bits = BITS[name]
        if name == "optimised":
            flawed = {"eight_bits": 8, "padded": 8, "sixteen_bits": 16, "float_renamed": 32}
            bits = flawed.get(self.flaw, bits)
            if self.flaw == "another_model":
                x, y = known(9)
            if self.flaw == "half_the_digits":
                x, y = x[y < 5], y[y < 5]
        if (self.flaw, name) == ("tiny_base", "base"):
            x, y = x[:50], y[:50]
        content = _packed(x, y, bits)
        if self.flaw == "twins" and name == "half":
            content = _packed(x, y, 8)
        extra = {"padding": b"\0" * 10**6} if (self.flaw, name) == ("padded", "base") else {}
        return {FILE: content, **extra}

    def _spoil_table(self) -> None:
        row = self.table["optimised"]
        match self.flaw:
            case "bytes_on_paper":
                row["bytes"] = 10
            case "forgets_a_row":
                del self.table["half"]
            case "boasts":
                row["accuracy"] = 1.0
            case "no_agreement":
                row["agreement"] = None
            case "agrees_too_well":
                row["agreement"] = 0.9
            case "wrong_choice":
                row["accuracy"] = ACCURACY - 0.03

    def serve(self, volume: str) -> "Served":
        return Served(self.volume(volume).path, self.flaw)

    def launch(self, *, command: Sequence[str], mounts: Mapping[str, str]) -> "Served":
        """Stands where the fixture stands."""
        ((volume, place),) = mounts.items()
        assert (command, place) == (["serve"], "/model:ro")
        return self.serve(volume)


class Served:
    """Stands where a `Service` stands; its process is itself."""

    def __init__(self, folder: Path, flaw: str) -> None:
        self.flaw = flaw
        self.process = self
        self.ready_seconds = 0.5
        self.calls = self.images = 0
        source = folder.parent / "models" / "base" if flaw == "serves_its_own" else folder
        try:
            self._x, self._y, self._bits = _unpacked((source / FILE).read_bytes())
        except (ValueError, OSError, KeyError) as error:
            raise StudentFault(
                Code.EXITED_AT_START, exit_code=1, seconds=1, log=str(error)
            ) from None

    def remove(self) -> None:
        """Nothing to end."""

    def get(self, path: str) -> Reply:
        assert path == "/stats"
        images = 0 if self.flaw == "counts_no_images" else self.images
        said = {"calls": self.calls, "images": images}
        return Reply(200, {}, json.dumps(said), "GET /stats")

    def post(
        self, path: str, *, content: bytes, headers: Mapping[str, str], seconds: float
    ) -> Reply:
        assert (path, headers, seconds) == ("/predict", {"Content-Type": "application/json"}, 30.0)
        scores = self.scores(np.array(json.loads(content)["images"]))
        return Reply(200, {}, json.dumps({"scores": scores.round(5).tolist()}), "POST /predict")

    def scores(self, images: np.ndarray) -> np.ndarray:
        """Ten scores for each image, or what the flaw makes of them."""
        self.calls += len(images) if self.flaw == "a_call_for_each" else 1
        self.calls += self.flaw == "counts_requests_twice" and len(images) == 1
        self.images += len(images)
        optimised = self._bits == BITS["optimised"]
        if self.flaw == ("constant" if optimised else "base_is_constant"):
            return np.tile(np.eye(10)[3], (len(images), 1))
        far = (images**2).sum(1)[:, None] + (self._x**2).sum(1) - 2 * images @ self._x.T
        near = np.exp(-(far - far.min(axis=1, keepdims=True)) / WIDTH)
        scores = near @ np.eye(10)[self._y]
        if self.flaw == "softer" and optimised:
            scores = scores**0.3
        scores /= scores.sum(axis=1, keepdims=True)
        return scores[::-1] if self.flaw == "reversed" else scores

    def at_once(self, images: np.ndarray) -> np.ndarray:
        """Requests at the same time."""
        if self.flaw == "shares_nothing":
            return np.concatenate([self.scores(row[None]) for row in images])
        scores = self.scores(images)
        return np.roll(scores, 1, axis=0) if self.flaw == "mixes_up" else scores


def _packed(x: np.ndarray, y: np.ndarray, bits: int) -> bytes:
    if bits > 8:
        pixels = x.astype({16: np.float16, 32: np.float32}[bits])
    else:
        whole = np.rint(x / 16 * (2**bits - 1)).astype(np.uint8)
        pixels = whole if bits == 8 else whole[:, ::2] * 16 + whole[:, 1::2]
    buffer = io.BytesIO()
    np.savez(buffer, x=pixels, y=y.astype(np.uint8), bits=bits)
    return buffer.getvalue()


def _unpacked(content: bytes) -> tuple[np.ndarray, np.ndarray, int]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as kept:
            pixels, labels, bits = kept["x"], kept["y"], int(kept["bits"])
    except (ValueError, KeyError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from None
    if bits == 4:
        pixels = np.stack([pixels // 16, pixels % 16], axis=2).reshape(len(pixels), -1)
    pixels = pixels.astype(float)
    return pixels if bits > 8 else pixels * 16 / (2**bits - 1), labels, bits
