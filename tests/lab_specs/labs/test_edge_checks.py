"""Each check of the edge lab passes for good models and fails for the flaw it looks for."""

import importlib.util
import inspect
import io
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from lab_specs.digits import digits
from lab_specs.kit import Failure, Figure, Run, Volume
from lab_specs.loader import load_lab

FOLDER = Path(__file__).parents[3] / "lab_specs" / "labs" / "edge"
CHECKS = [check.id for check in load_lab(FOLDER).checks]
IMAGES, TRUTH = digits(5, 2_000, "hidden")
PLACES = {image.tobytes(): place for place, image in enumerate(IMAGES)}
NUMBERS = 85_000
rng = np.random.default_rng(0)
FULL = rng.bytes(340_000)
FILES = {
    "float.onnx": FULL,
    "ptq.tflite": FULL[:98_000],
    "qat.onnx": FULL[:98_000],
    "pruned.onnx": FULL[:100_000] + bytes(240_000),
    "small.onnx": FULL[:36_000] + bytes(62_000),
}
FLOATS = {"constants": NUMBERS, "model_mb": 18.0, "operations": {"Gemm": 3}}
INTEGERS = FLOATS | {"integer": 84_000, "constants": 86_000, "choices": 255}
FACTS: dict[str, dict[str, Any]] = {
    "float.onnx": FLOATS,
    "ptq.tflite": INTEGERS,
    "qat.onnx": INTEGERS | {"choices": 3},
    "pruned.onnx": FLOATS | {"zeros": 66_000},
    "small.onnx": INTEGERS | {"zeros": 66_000},
}
Change = Callable[["Bench"], object]


class Bench:
    """A device that says what it is told to, and the files that it is given."""

    def __init__(self, folder: Path) -> None:
        for name in ("models", "job", "facts"):
            (folder / name).mkdir()
            setattr(self, name, Volume(name, folder / name, 16))
        self.models: Volume
        self.job: Volume
        self.facts: Volume
        self.files = dict(FILES)
        self.seen = {name: dict(facts) for name, facts in FACTS.items()}
        self.right = dict.fromkeys(FACTS, 0.9)
        self.right_when_wiped = 0.1
        self.times = {"float.onnx": [20.0, 25.0], "ptq.tflite": [59.0, 90.0]}
        self.forgets = False
        self.dies = False
        self.runs = 0

    def run(self, command: Sequence[str], mounts: Mapping[str, str], seconds: float) -> Run:
        """What the sidecar's container does."""
        assert mounts == {"job": "/job:ro", "facts": "/facts:rw"}
        self.runs += 1
        order = json.loads(self.job.read(command[0].removeprefix("/job/")))
        images = np.load(io.BytesIO(self.job.read(order["inputs"])), allow_pickle=False)
        models = {name: self._met(name, images, look=order["look"]) for name in order["models"]}
        race = {name: self.times[name] for name in order["race"]}
        if not self.dies:
            said = json.dumps({"models": models, "race": {"value": race}})
            self.facts.write(command[1].removeprefix("/facts/"), said.encode())
        return Run(137 if self.dies else 0, 1.0, False, False, "the end", (), seconds)

    def _met(self, name: str, images: Any, *, look: bool) -> dict[str, Any]:
        assert self.job.read(name) == self.files[name]
        seen = self.seen[name]
        if "fault" in seen:
            return seen
        wrong = 0.3 if self.forgets and self.runs > 1 else 1 - self.right[name]
        answers = self._answers(images, wrong)
        if not look:
            return {"answers": answers, "model_mb": seen["model_mb"]}
        wiped = self._answers(images[:500], 1 - self.right_when_wiped)
        return seen | {"answers": answers, "wiped": wiped}

    def _answers(self, images: Any, wrong: float) -> list[int]:
        """The right labels but for the same share of images each time, whatever their order."""
        places = [PLACES[image.tobytes()] for image in images]
        line = round(1_000 * wrong)
        return [int((TRUTH[place] + (place * 617 % 1_000 < line)) % 10) for place in places]


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    """The lab's checks, imported as the judge imports them: with their folder on the path."""
    known = set(sys.modules)
    sys.path.insert(0, str(FOLDER))
    try:
        spec = importlib.util.spec_from_file_location("edge_checks", FOLDER / "test_acceptance.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(FOLDER))
        for name in set(sys.modules) - known:
            if str(FOLDER) in str(getattr(sys.modules[name], "__file__", "")):
                del sys.modules[name]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def switched_on(lab: ModuleType, bench: Bench, shown: list[Figure]) -> dict[str, Any]:
    """What the fixtures of the lab make of the bench."""
    for name, content in bench.files.items():
        bench.models.write(name, content)
    sidecar: Any = bench
    device = lab.Device(sidecar, bench.job, bench.facts)
    artefacts = lab.collect(bench.models)
    shelf = lab.shelf.__wrapped__(artefacts, device, IMAGES, TRUTH, shown.append)
    return {"device": device, "shelf": shelf, "images": IMAGES}


def ask(lab: ModuleType, values: dict[str, Any], check: str) -> None:
    """Run one check."""
    function = getattr(lab, f"test_{check}")
    wanted = inspect.signature(function).parameters
    if "base" in wanted:
        values = values | {"base": lab.base.__wrapped__(values["shelf"])}
    function(**{name: values[name] for name in wanted})


def attempt(lab: ModuleType, bench: Bench, check: str) -> list[Figure]:
    """Run one check against the device of the bench; the figures that were shown."""
    shown: list[Figure] = []
    ask(lab, switched_on(lab, bench, shown), check)
    return shown


@pytest.mark.parametrize("check", CHECKS)
def test_good_models_pass(lab: ModuleType, bench: Bench, check: str) -> None:
    attempt(lab, bench, check)


def saw(name: str, **facts: object) -> Change:
    return lambda bench: bench.seen[name].update(facts)


def reads(name: str, right: float) -> Change:
    return lambda bench: bench.right.update({name: right})


def reads_both(name: str, right: float) -> Change:
    """The float model reads no better than this one: it was made worse."""
    return lambda bench: bench.right.update({"float.onnx": right + 0.02, name: right})


def holds(name: str, content: bytes) -> Change:
    return lambda bench: bench.files.update({name: content})


def sets(field: str, value: object) -> Change:
    return lambda bench: setattr(bench, field, value)


PTQ, QAT, PRUNED, SMALL = "ptq.tflite", "qat.onnx", "pruned.onnx", "small.onnx"


@pytest.mark.parametrize(
    ("check", "change", "told"),
    [
        ("float_runs", reads("float.onnx", 0.79), "79.0% right"),
        ("float_runs", saw("float.onnx", fault="memory", reason="SIGKILL"), "memory was too small"),
        ("float_runs", holds("float.onnx", bytes(2**20 + 1)), "larger than 1 MiB"),
        ("float_runs", holds("float.tflite", b"x"), "float.onnx and float.tflite"),
        ("float_runs", sets("dies", True), "exit code 137"),
        ("cold_start", sets("forgets", True), "400 answers differ"),
        ("accuracy_advanced", reads("float.onnx", 0.84), "84.0% right"),
        ("memory", saw(SMALL, model_mb=48.5), "48.5 MiB"),
        ("latency", lambda bench: bench.times.update({PTQ: [61.0, 90.0]}), "61 µs"),
        ("latency", lambda bench: bench.times.update({PTQ: []}), "not beside one another"),
        ("ptq_smaller", holds(PTQ, FULL[:137_000]), "137,000 bytes, 40%"),
        ("ptq_smaller", saw("float.onnx", constants=20_000), "98,000 bytes, 102%"),
        ("ptq_right", reads(PTQ, 0.869), "86.9% right"),
        ("ptq_integers", saw(PTQ, integer=77_000), "89.5%"),
        ("ptq_integers", saw(PTQ, constants=0), "0 in ptq.tflite"),
        ("ptq_integers", saw(PTQ, constants=94_000), "94,000 in ptq.tflite"),
        ("ptq_integers", sets("right_when_wiped", 0.5), "right without them"),
        ("ptq_scales", saw(PTQ, dynamic=True), "dynamic quantisation"),
        ("qat_weights", saw(QAT, choices=5), "5"),
        ("qat_weights", saw(QAT, integer=0), "0.0%"),
        ("qat_right", reads(QAT, 0.869), "86.9% right"),
        ("qat_right", reads_both(QAT, 0.84), "84.0% right"),
        ("pruned_zeros", saw(PRUNED, zeros=42_000), "49.4%"),
        ("pruned_zeros", saw(PRUNED, constants=76_000, zeros=76_000), "76,000 in pruned.onnx"),
        ("pruned_right", reads(PRUNED, 0.869), "86.9% right"),
        ("pruned_packs", saw(PRUNED, zeros=59_000), "69.4%"),
        ("pruned_packs", holds(PRUNED, FULL[:171_000]), "50%"),
        ("small_packs", saw(SMALL, integer=0), "0.0%"),
        ("small_packs", saw(SMALL, zeros=59_000), "68.6%"),
        ("small_packs", holds(SMALL, FULL[:52_000]), "15%"),
        ("small_right", reads(SMALL, 0.869), "86.9% right"),
        ("small_right", reads_both(SMALL, 0.84), "84.0% right"),
    ],
)
def test_a_flaw_is_found(
    lab: ModuleType, bench: Bench, check: str, change: Change, told: str
) -> None:
    change(bench)
    with pytest.raises(Failure) as caught:
        attempt(lab, bench, check)
    assert told in caught.value.actual


def test_each_check_has_a_flaw_that_it_finds() -> None:
    marks = test_a_flaw_is_found.pytestmark  # type: ignore[attr-defined]
    assert {flaw[0] for flaw in marks[0].args[1]} == set(CHECKS)


def passes(lab: ModuleType, values: dict[str, Any], check: str) -> bool:
    try:
        ask(lab, values, check)
    except Failure:
        return False
    return True


@pytest.mark.parametrize("name", FILES)
def test_a_model_that_is_missing_fails_its_own_checks_alone(
    lab: ModuleType, bench: Bench, name: str
) -> None:
    del bench.files[name]
    model = name.partition(".")[0]
    values = switched_on(lab, bench, [])
    failed = {check for check in CHECKS if not passes(lab, values, check)}
    own = {check for check in CHECKS if check.startswith(model)}
    assert own <= failed
    assert name == "float.onnx" or failed <= own | {"latency"}


def test_without_any_model_the_device_stays_off(lab: ModuleType, bench: Bench) -> None:
    bench.files.clear()
    with pytest.raises(Failure):
        attempt(lab, bench, "float_runs")
    assert bench.runs == 0


def test_a_link_is_not_followed(lab: ModuleType, bench: Bench) -> None:
    del bench.files["float.onnx"]
    (bench.models.path / "float.onnx").symlink_to("/etc/passwd")
    with pytest.raises(Failure):
        attempt(lab, bench, "float_runs")
    assert "float.onnx" not in bench.job.names()


def test_figures_show_all_models(lab: ModuleType, bench: Bench) -> None:
    shown = attempt(lab, bench, "float_runs")
    assert [figure.id for figure in shown] == ["accuracy", "sizes", "times"]
    assert [series.name for series in shown[0].series] == [name.partition(".")[0] for name in FILES]
    assert [series.name for series in shown[2].series] == ["float", "ptq"]
