"""Takes what the student's container made to the device, and asks there."""

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from data import HIDDEN, single
from reading import FactsError, Seen, read_facts

from lab_specs.digits import Labels, Pixels
from lab_specs.faults import StudentFault
from lab_specs.kit import Failure, Sidecar, Volume, expect, shorten

NAMES = ("float", "ptq", "qat", "pruned", "small")
FORMATS = (".onnx", ".tflite")
LARGEST_MB = 1  # of a file
CPU_SECONDS = 5  # of a process on the device; an honest one takes a tenth
CLOCK_SECONDS = 120.0  # for the same, on a machine that others use
RUN_SECONDS = 600.0  # for all of them
ROUNDS = 40
BYTES = 4  # of a float
FRAME = 16 * 1024  # bytes of a file that are no numbers: names, shapes, scales
FAULTS = {
    "time": "it took more than 5 seconds of the device's processor",
    "memory": "the device's memory was too small for it",
    "crashed": "it crashed the interpreter",
    "refused": "the device does not take it",
}


@dataclass(frozen=True)
class Artefact:
    """A file that the student's container made, or the words for why there is none."""

    file: str
    content: bytes = b""
    problem: str = ""

    @property
    def packed(self) -> int:
        """Its size after compression, bytes."""
        return len(gzip.compress(self.content, 9, mtime=0))


@dataclass(frozen=True)
class Model:
    """An artefact and what the device saw of it, with the labels that only we know."""

    name: str
    artefact: Artefact
    seen: Seen
    truth: Labels

    @property
    def right(self) -> float:
        """The share of hidden images that it reads right."""
        return float(np.mean(self.seen.answers == self.truth))

    @property
    def right_when_wiped(self) -> float:
        """The same, of the images that it was asked with its integer weights wiped out."""
        return float(np.mean(self.seen.wiped == self.truth[: len(self.seen.wiped)]))

    @property
    def integers(self) -> float:
        """The share of its numbers that are weights of products of integers."""
        return self.seen.integer / max(1, self.seen.constants)

    @property
    def zeros(self) -> float:
        """The share of its numbers that stand for zero."""
        return self.seen.zeros / max(1, self.seen.constants)

    @property
    def full(self) -> int:
        """What it takes as floats, bytes: its file, but no more than its numbers explain."""
        return max(1, min(len(self.artefact.content), BYTES * self.seen.constants + FRAME))

    @property
    def full_packed(self) -> int:
        """The same after compression."""
        return min(self.artefact.packed, self.full)

    @property
    def microseconds(self) -> float:
        """The time for one image in its quickest round: what the machine's others do not slow."""
        return min(self.seen.times, default=0.0)


def collect(models: Volume) -> dict[str, Artefact]:
    """The file of each name; nothing of its content is looked at here."""
    there = models.names()
    return {name: _collect(models, name, there) for name in NAMES}


def _collect(models: Volume, name: str, there: list[str]) -> Artefact:
    files = [name + ending for ending in FORMATS if name + ending in there]
    if len(files) != 1:
        listing = shorten([shorten(file, 40) for file in there[:20]])
        return Artefact(
            files[0] if files else "",
            problem=f"there are {' and '.join(files)}" if files else f"/models holds {listing}",
        )
    try:
        return Artefact(files[0], models.read(files[0], limit_mb=LARGEST_MB))
    except StudentFault as fault:
        return Artefact(files[0], problem=str(fault.facts.get("problem", fault.code)))


class Device:
    """A sidecar that is switched on for one job, and off again."""

    def __init__(self, sidecar: Sidecar, job: Volume, facts: Volume) -> None:
        self._sidecar, self._job, self._facts = sidecar, job, facts
        self._jobs = 0

    def ask(
        self, artefacts: Mapping[str, Artefact], images: Pixels, *, look: bool
    ) -> dict[str, Seen]:
        """What the device saw of each model, by the artefact's name. Raises `Failure`."""
        files = {artefact.file: name for name, artefact in artefacts.items()}
        for artefact in artefacts.values():
            self._job.write(artefact.file, artefact.content)
        self._jobs += 1
        order, answer = f"job{self._jobs}.json", f"facts{self._jobs}.json"
        self._job.write("inputs.npy", single(images))
        self._job.write(order, json.dumps(_order(tuple(files), look=look)).encode())
        run = self._sidecar.run(
            [f"/job/{order}", f"/facts/{answer}"],
            mounts={"job": "/job:ro", "facts": "/facts:rw"},
            seconds=RUN_SECONDS,
        )
        try:
            content = self._facts.read(answer, limit_mb=1)
            seen = read_facts(content, tuple(files), HIDDEN)
        except (StudentFault, FactsError) as error:
            raise Failure(
                expected="models that leave the device alive",
                actual=f"it broke down ({error}): exit code {run.exit_code}, {shorten(run.log)}",
                hint="Build smaller, simpler models from plain operations.",
            ) from error
        return {files[file]: what for file, what in seen.items()}


def _order(files: tuple[str, ...], *, look: bool) -> dict[str, object]:
    racing = [file for file in files if file.partition(".")[0] in {"float", "ptq"}]
    return {
        "inputs": "inputs.npy",
        "models": files,
        "look": look,
        "race": racing if look else [],
        "rounds": ROUNDS,
        "cpu_seconds": CPU_SECONDS,
        "seconds": CLOCK_SECONDS,
    }


@dataclass(frozen=True)
class Shelf:
    """All models, after the device looked at them."""

    artefacts: Mapping[str, Artefact]
    seen: Mapping[str, Seen]
    truth: Labels

    def model(self, name: str) -> Model:
        """The model that runs on the device. Raises `Failure` with the reason when none does."""
        artefact = self.artefacts[name]
        wanted = f"one file /models/{name}.onnx or /models/{name}.tflite, at most {LARGEST_MB} MiB"
        expect(not artefact.problem, expected=wanted, actual=artefact.problem, hint=MISSING)
        seen = self.seen[name]
        expect(
            not seen.fault,
            expected=f"{artefact.file} runs on the device, one image at a time",
            actual=f"{FAULTS.get(seen.fault, seen.fault)}: {seen.reason}",
            hint=FAILING,
        )
        return Model(name, artefact, seen, self.truth)

    def running(self) -> list[Model]:
        """The models that the device could run."""
        return [
            Model(name, self.artefacts[name], seen, self.truth)
            for name, seen in self.seen.items()
            if not seen.fault
        ]


MISSING = "`build` writes its models there itself, each as one plain file with its weights in it."
FAILING = (
    "Its input is float32 [1, 64], its output ten scores. Run it at home with onnxruntime or"
    " ai-edge-litert, in the versions that the brief names."
)


def shuffled(images: Pixels) -> tuple[Pixels, npt.NDArray[np.int64]]:
    """The images in another order, and where each was before."""
    order = np.random.default_rng(len(images)).permutation(len(images))
    return images[order], order
