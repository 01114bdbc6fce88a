"""The device's image meets models that lie, never end or want too much, and lives on."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from grader.docker_client import client
from grader.images import SIDECARS
from lab_specs.schema import SidecarName

pytestmark = pytest.mark.docker

SCRIPT = Path(__file__).with_name("device_models.py")
HELD = (
    "--network=none --read-only --tmpfs=/tmp:size=16m --memory=128m --memory-swap=128m"
    " --cpus=0.5 --pids-limit=16 --cap-drop=ALL --entrypoint=python"
)
WIPED = 500


@pytest.fixture(scope="module")
def facts() -> dict[str, Any]:
    """What the device saw, under the limits of the lab."""
    tag = SIDECARS[SidecarName.DEVICE]
    command = [client(), "run", "--rm", "--interactive", *HELD.split(), tag, "-"]
    with SCRIPT.open("rb") as script:
        run = subprocess.run(command, check=True, stdin=script, stdout=subprocess.PIPE)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


@pytest.mark.parametrize(
    ("model", "fault", "reason"),
    [
        ("endless.onnx", "time", "SIGXCPU"),
        ("swollen.onnx", "memory", "SIGKILL"),
        ("folded.onnx", "memory", "SIGKILL"),
        ("long_answer.onnx", "refused", "not [1, 10]"),
        ("outside.onnx", "refused", "a second file"),
        ("sparse.onnx", "refused", "sparse tensors"),
        ("custom.onnx", "refused", "mine:Answer"),
        ("empty.onnx", "refused", "no ONNX model"),
        ("noise.onnx", "refused", "no ONNX model"),
        ("lie.tflite", "refused", "no TFLite model"),
        ("noise.tflite", "refused", "no sound TFLite model"),
        ("short.tflite", "refused", "no sound TFLite model"),
    ],
)
def test_a_bad_model_is_a_fact(facts: dict[str, Any], model: str, fault: str, reason: str) -> None:
    seen = facts["models"][model]
    assert seen["fault"] == fault
    assert reason in seen["reason"]


def test_a_product_of_integers_is_seen(facts: dict[str, Any]) -> None:
    seen = facts["models"]["integers.onnx"]
    assert seen["integer"] == seen["constants"] == 640
    assert seen["dynamic"]
    assert seen["wiped"] != seen["answers"][:WIPED]


@pytest.mark.parametrize(("model", "most"), [("eight.tflite", 255), ("four.tflite", 15)])
def test_weights_of_few_bits_are_seen(facts: dict[str, Any], model: str, most: int) -> None:
    seen, plain = facts["models"][model], facts["models"]["plain.tflite"]
    assert seen["integer"] == seen["constants"] == plain["constants"] == 640
    assert 10 < seen["choices"] <= most
    alike = sum(map(int.__eq__, seen["answers"], plain["answers"]))
    assert alike > 0.8 * len(plain["answers"])
    assert seen["wiped"] != seen["answers"][:WIPED]


@pytest.mark.parametrize(
    "model", ["plain.onnx", "plain.tflite", "weights_alone.onnx", "table.onnx"]
)
def test_what_multiplies_floats_has_no_integer_product(facts: dict[str, Any], model: str) -> None:
    assert facts["models"][model]["integer"] == 0


def test_a_table_is_counted(facts: dict[str, Any]) -> None:
    assert facts["models"]["table.onnx"]["constants"] >= 20_000


def test_a_decoy_is_known_by_its_answers(facts: dict[str, Any]) -> None:
    seen = facts["models"]["decoy.onnx"]
    assert seen["integer"] == 640
    assert seen["wiped"] == seen["answers"][:WIPED]
    assert seen["integer"] / seen["constants"] < 0.6


def test_memory_is_measured(facts: dict[str, Any]) -> None:
    seen = facts["models"]["plain.onnx"]
    assert 0 < seen["model_mb"] < seen["peak_mb"] < 100


def test_only_sound_models_race(facts: dict[str, Any]) -> None:
    race = facts["race"]["value"]
    assert set(race) == {"plain.onnx", "integers.onnx"}
    assert all(len(times) == 5 and min(times) > 0 for times in race.values())
