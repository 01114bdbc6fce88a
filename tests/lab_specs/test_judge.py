"""The judge as a process: one brief in, questions and one last line out, nothing else."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
HEAD = "from lab_specs.kit import *\nimport pytest\n"


class Judge:
    """Runs the real judge and answers what it asks."""

    def __init__(self, folder: Path, answers: Mapping[str, Any]) -> None:
        self.answers = dict(answers)
        self.asked: list[dict[str, Any]] = []
        self.said = ""  # what it printed
        self.said = ""  # what it printed as errors
        self.folder = folder

    def run(self, checks: str, **brief: Any) -> dict[str, Any]:
        """The last line of the conversation about these checks."""
        sources = {"test_acceptance.py": HEAD + checks, **brief.pop("sources", {})}
        told = {"lab": "x", "kind": "job", "seed": 7, "sources": sources, "volumes": {}}
        told |= {"start_seconds": 1, "run_seconds": 2, **brief}
        with (
            TemporaryFile() as errors,
            subprocess.Popen(
                [sys.executable, "-m", "lab_specs.judge_main"],
                cwd=ROOT,
                env=os.environ | {"JUDGE_FOLDER": str(self.folder)},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            ) as process,
        ):
            self._send(process, told)
            assert process.stdout
            for line in process.stdout:
                self.asked.append(json.loads(line))
                if self.asked[-1]["do"] in self.answers:
                    answer = self.answers[self.asked[-1]["do"]]
                    self._send(process, answer(self.asked[-1]) if callable(answer) else answer)
            errors.seek(0)
            self.said = errors.read().decode()
        return self.asked[-1]

    def _send(self, process: subprocess.Popen[bytes], message: Mapping[str, Any]) -> None:
        assert process.stdin
        process.stdin.write(json.dumps(message).encode() + b"\n")
        process.stdin.flush()


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    ended = {"container": 0, "exit_code": 0, "seconds": 1, "log": "bye"}
    return Judge(tmp_path, {"start": {"container": 0}, "wait": ended, "remove": {}})


def outcomes(last: Mapping[str, Any]) -> dict[str, str]:
    assert last["do"] == "reported", last
    return {check["id"]: check["outcome"] for check in last["report"]["checks"]}


def test_each_outcome_and_its_words(judge: Judge) -> None:
    last = judge.run('''
@check("a", "good")
def test_passes(seed):
    """It passes"""
    expect(seed == 7, expected="7", actual=seed)

@check("a", "good")
def test_fails():
    """It fails"""
    expect(False, expected="a", actual="b", hint="c")

@check("a", "good", after="fails")
def test_waits():
    """It waits"""

@check("a", "good")
def test_breaks():
    """It breaks"""
    raise KeyError("our own mistake")
''')
    assert outcomes(last) == {
        "passes": "passed",
        "fails": "failed",
        "waits": "skipped",
        "breaks": "error",
    }
    fails = last["report"]["checks"][1]
    assert (fails["title"], fails["criterion"], fails["level"]) == ("It fails", "a", "good")
    assert (fails["expected"], fails["actual"], fails["hint"]) == ("a", "b", "c")
    assert "It fails" in last["report"]["checks"][2]["actual"], "in words that a student reads"
    assert "our own mistake" in last["report"]["checks"][3]["actual"]


def test_a_fault_before_the_first_check_rejects(judge: Judge) -> None:
    last = judge.run('''
@pytest.fixture(scope="session")
def trained(student):
    raise StudentFault(Code.OUT_OF_MEMORY, step="train")

@check("a", "good")
def test_one(trained):
    """One"""

@check("a", "good")
def test_two(trained):
    """Two"""
''')
    assert last == {"do": "rejected", "code": "out_of_memory", "facts": {"step": "train"}}


def test_a_fault_inside_a_check_is_a_failed_check(judge: Judge) -> None:
    last = judge.run('''
@check("a", "good")
def test_one():
    """One"""
    raise StudentFault(Code.OUTPUT_MISSING, file="predictions.csv", found=[])
''')
    assert outcomes(last) == {"one": "failed"}
    assert "predictions.csv" in last["report"]["checks"][0]["actual"]


def test_what_a_check_prints_never_reaches_the_wire(judge: Judge) -> None:
    last = judge.run('''
import os, sys
print('{"do": "reported", "report": {"checks": []}}')
os.write(1, b'{"do": "reported", "report": {"checks": []}}\\n')

@check("a", "good")
def test_one():
    """One"""
    print("hello")
    os.write(1, b'{"do": "reported", "report": {"checks": []}}\\n')
    expect(False, expected="a", actual="b")
''')
    assert outcomes(last) == {"one": "failed"}
    assert [message["do"] for message in judge.asked] == ["phase", "reported"]


@pytest.mark.parametrize("checks", ["import nothing_like_it", "def broken(:", "x = 1"])
def test_a_lab_that_cannot_be_collected_is_broken(judge: Judge, checks: str) -> None:
    assert judge.run(checks)["do"] == "broke"


def test_containers_are_asked_for_over_the_wire(judge: Judge) -> None:
    last = judge.run(
        '''
@check("a", "good")
def test_one(student):
    """One"""
    run = student.run(["train"], mounts={"out": "/out:ro"}).require("train")
    expect(run.log == "bye", expected="bye", actual=run.log)
''',
        volumes={"out": 4},
    )
    assert last["do"] == "reported"
    assert [message["do"] for message in judge.asked] == [
        "phase",
        "start",
        "wait",
        "remove",
        "reported",
    ]
    assert judge.asked[1]["mounts"] == {"out": "/out:ro"}
    assert judge.asked[2]["seconds"] == 2


def test_modules_beside_the_checks_can_be_imported(judge: Judge) -> None:
    last = judge.run(
        '''
import answers

@check("a", "good")
def test_one():
    """One"""
    expect(answers.ANSWER == 42, expected="42", actual=answers.ANSWER)
''',
        sources={"answers.py": "ANSWER = 42\n"},
    )
    assert outcomes(last) == {"one": "passed"}


def test_endless_words_are_cut(judge: Judge) -> None:
    last = judge.run('''
@check("a", "good")
def test_one():
    """One"""
    raise Failure(expected="x" * 9_999_999, actual="y" * 9_999_999, hint="z")
''')
    check = last["report"]["checks"][0]
    assert (len(check["expected"]), len(check["actual"])) == (4000, 4000)


def test_a_spare_judge_goes_when_nobody_needs_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "lab_specs.judge_main"],
        cwd=ROOT,
        env=os.environ | {"JUDGE_FOLDER": str(tmp_path)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == b""


def test_words_of_any_kind_do_not_break_the_report(judge: Judge) -> None:
    last = judge.run("""
@check("a", "good")
def test_one():
    '''One'''
    raise Failure(expected=3, actual="half \\ud800 and nul \\0", hint=None)
""")
    check = last["report"]["checks"][0]
    assert (check["expected"], check["actual"]) == ("3", "half ? and nul \ufffd")


def test_hostile_facts_still_reject(judge: Judge) -> None:
    last = judge.run("""
@pytest.fixture
def trained(student):
    raise StudentFault(Code.OUTPUT_MISSING, file="\\udcff", found=[float("nan")] * 999)

@check("a", "good")
def test_one(trained):
    '''One'''
""")
    assert last["facts"] == {"file": "?", "found": [None] * 100}


def test_a_judge_warns_of_nothing(judge: Judge) -> None:
    last = judge.run("""
@pytest.fixture(scope="session", autouse=True)
def strict(seed, student, pytestconfig):
    import warnings
    pytestconfig.addinivalue_line("filterwarnings", "error")

@check("a", "good")
def test_one(seed, student, launch):
    '''One'''

@check("a", "good")
def test_two(launch):
    '''Two'''
""")
    assert outcomes(last) == {"one": "passed", "two": "passed"}
    assert "warning" not in judge.said


LAUNCHES = """
import lab_specs.service
from lab_specs.service import Service

def healthy(student, start_seconds):
    return Service(1, student.start(), 0.1)

lab_specs.service.launch = healthy
"""


def test_two_copies_at_a_time_may_be_launched_and_are_removed(judge: Judge) -> None:
    last = judge.run(
        LAUNCHES
        + """
@check("a", "good")
def test_two_at_a_time(launch):
    '''Two at a time'''
    launch().process.remove()
    launch(), launch()

@check("a", "good")
def test_three(launch):
    '''Three'''
    launch(), launch(), launch()
"""
    )
    assert outcomes(last) == {"two_at_a_time": "passed", "three": "error"}
    asked = [message["do"] for message in judge.asked if message["do"] != "phase"]
    two = ["start", "remove", "start", "start", "remove", "remove"]
    assert asked == [*two, "start", "start", "remove", "remove", "reported"]


def test_threads_get_their_own_answers(judge: Judge) -> None:
    judge.answers["inspect"] = lambda ask: {"container": ask["container"], "seconds": 1}
    last = judge.run("""
from concurrent.futures import ThreadPoolExecutor
from lab_specs.student import Process

@check("a", "good")
def test_one(student):
    '''One'''
    def ask(number):
        return Process(student._call, number, ()).look().container
    with ThreadPoolExecutor(8) as hands:
        got = list(hands.map(ask, range(200)))
    expect(got == list(range(200)), expected="each its own", actual=got)
""")
    assert outcomes(last) == {"one": "passed"}


def test_figures_are_kept_beside_the_checks(judge: Judge) -> None:
    last = judge.run('''
def curve(name, values):
    return Figure(id=name, title=name, x="step", y="loss", kind="lines",
                  series=(Series(name="train", x=range(len(values)), y=values),))

@pytest.fixture(scope="session")
def trained(show):
    show(curve("loss", [float("nan"), 1]))
    return True

@check("a", "good")
def test_one(trained, show):
    """One"""
    for number in range(9):
        show(curve(f"more{number}", [number]))
    show(curve("loss", [3, 10 ** 400, float("inf"), 2]))
    expect(False, expected="a", actual="b")
''')
    assert outcomes(last) == {"one": "failed"}
    figures = last["report"]["figures"]
    assert [each["id"] for each in figures] == ["loss", *(f"more{number}" for number in range(5))]
    assert figures[0]["series"] == [{"name": "train", "x": [0, 3], "y": [3, 2]}]
