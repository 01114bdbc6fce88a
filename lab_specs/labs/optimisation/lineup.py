"""The exported variants: their files, their sizes, and each of them served from its files alone."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from reading import BASE, TABLE, Row, read_table

from lab_specs.faults import Code, StudentFault
from lab_specs.kit import Image, Run, Volume

EXPORT, SERVE = ["export"], ["serve"]
PLACE = "/model:ro"  # where a container sees the variant that it serves
VARIANT_MB = 16.0  # the brief promises no more to a variant
TABLE_MB = 0.1
LARGE = 0.1  # a file of this share of the largest is one of those that make up the size

Files = dict[str, bytes]


@dataclass(frozen=True)
class Lineup:
    """What one run of `export` left in the volume `models`."""

    image: Image
    run: Run

    @cached_property
    def table(self) -> dict[str, Row]:
        """What the student says of the variants."""
        return read_table(self._models.read(TABLE, limit_mb=TABLE_MB))

    @property
    def _models(self) -> Volume:
        return self.image.volume("models")

    @cached_property
    def folders(self) -> list[str]:
        """The names of the folders that hold a file."""
        return sorted({name.split("/")[0] for name in self._models.names() if "/" in name})

    def files(self, variant: str) -> Files:
        """The files of a variant, by their path in its folder. Raises `StudentFault`."""
        start = f"{variant}/"
        names = [name for name in self._models.names() if name.startswith(start)]
        if not names:
            found = self._models.names()[:20]
            raise StudentFault(Code.OUTPUT_MISSING, file=f"{start}…", found=found)
        files: Files = {}
        for name in names:
            left = VARIANT_MB - sum(map(len, files.values())) / 2**20
            files[name.removeprefix(start)] = self._models.read(name, limit_mb=max(left, 0))
        return files

    @cached_property
    def sizes(self) -> dict[str, int]:
        """The bytes of each variant."""
        return {name: size(self.files(name)) for name in self.folders}

    @cached_property
    def substance(self) -> int:
        """The bytes that zlib leaves of the base: padding comes to nothing, weights stay."""
        return sum(len(zlib.compress(content)) for content in self.files(BASE).values())

    def place(self, variant: str, volume: str) -> None:
        """Fill a volume with the files of a variant, and with nothing else."""
        self._fill(volume, self.files(variant))

    def place_damaged(self, variant: str, volume: str, seed: int) -> None:
        """The same, but half of each file that makes up the variant's size is random bytes."""
        self._fill(volume, damaged(self.files(variant), seed))

    def _fill(self, volume: str, files: Files) -> None:
        target = self.image.volume(volume)
        target.clear()
        for name, content in files.items():
            target.write(name, content)


def export(image: Image) -> Lineup:
    """Have the image write its variants. Raises `StudentFault` when it does not end well."""
    run = image.run(EXPORT, mounts={"models": "/models:rw"})
    return Lineup(image, run.require("export"))


def size(files: Files) -> int:
    """The bytes of a variant."""
    return sum(map(len, files.values()))


def damaged(files: Files, seed: int) -> Files:
    """A copy in which the middle half of each large file is random bytes."""
    chance = np.random.default_rng(seed)
    largest = max(map(len, files.values()))
    return {
        name: _damaged(content, chance) if len(content) >= LARGE * largest else content
        for name, content in files.items()
    }


def _damaged(content: bytes, chance: np.random.Generator) -> bytes:
    first, last = len(content) // 4, len(content) - len(content) // 4
    return content[:first] + chance.bytes(last - first) + content[last:]


def twins(variants: dict[str, Files]) -> Iterator[tuple[str, str]]:
    """Pairs of variants that hold the same bytes, whatever their files are called."""
    seen: dict[tuple[bytes, ...], str] = {}
    for name, files in variants.items():
        key = tuple(sorted(files.values()))
        if key in seen:
            yield seen[key], name
        seen.setdefault(key, name)
