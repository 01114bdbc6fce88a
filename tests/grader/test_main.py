"""The command line: the same pipeline, an exit code that says the verdict, words that help."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from grader import __main__ as main_module
from grader.__main__ import USAGE, as_plain, main
from grader.pipeline import Outcome
from grader.settings import ROOT, GraderSettings
from lab_specs.faults import Code
from lab_specs.figures import Figure
from lab_specs.report import Outcome as CheckOutcome
from lab_specs.report import Verdict
from tests.grader.labs import make_lab, reported
from tests.grader.repositories import repository

HELLO = ROOT / "tests" / "shelf"
BASE = "FROM mlops-python:3.11\n"
LAB = make_lab()


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shelf of the tests, and one lab beside it that is broken."""
    folder = tmp_path / "shelf"
    (folder / "odd").mkdir(parents=True)
    (folder / "odd" / "lab.yaml").write_text("title: Odd\nkind: neither\n")
    monkeypatch.setenv("GRADER_SHELF", f"{HELLO}, {folder}")
    monkeypatch.setenv("GRADER_WORKDIR", str(tmp_path / "work"))
    return folder


def exit_code(*words: str) -> int:
    try:
        return main(words)
    except SystemExit as end:
        return int(end.code or 0)


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("grade",),
        ("check",),
        ("check", "."),
        ("check", "--lab", "hello"),
        ("check", ".", "--lab"),
        ("check", ".", "--lab", "hello", "--fast"),
        ("verify", "--all"),
        ("verify", "--repeat", "0"),
        ("verify", "--repeat", "many"),
    ],
    ids=" ".join,
)
def test_wrong_words_end_with_64_and_say_why(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "usage: python -m grader" in said.err


def test_asking_for_help_is_no_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("check", "--help") == 0
    assert "--lab" in capsys.readouterr().out


@pytest.mark.parametrize("words", [("check", ".", "--lab", "hallo", "--json"), ("verify", "hallo")])
def test_an_unknown_lab_names_those_that_there_are(
    shelf: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == USAGE
    said = capsys.readouterr()
    assert said.out == ""
    assert "no lab hallo" in said.err
    assert "hello, odd" in said.err


@pytest.mark.parametrize("words", [("check", ".", "--lab", "odd", "--json"), ("verify", "odd")])
def test_a_lab_that_is_wrong_names_file_line_and_field(
    shelf: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code(*words) == USAGE
    said = capsys.readouterr()
    flat = said.err.replace("\n", "")
    assert str(shelf / "odd" / "lab.yaml").replace(" ", "") in flat.replace(" ", "")
    assert said.out == ""
    (shelf / "odd" / "lab.yaml").write_text("title: Odd\nsummary: x\nkind: neither\n")
    assert exit_code(*words) == USAGE
    flat = capsys.readouterr().err.replace("\n", " ")
    assert "line" in flat


def test_a_lab_that_nobody_asked_for_may_be_broken(
    shelf: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = exit_code("check", str(tmp_path / "nowhere"), "--lab", "hello", "--json")
    assert code == 2, "the repository is missing, the lab is found"
    assert json.loads(capsys.readouterr().out)["fault"]["code"] == Code.REPOSITORY_NOT_FOUND


def test_a_lab_without_solutions_cannot_be_proved(
    shelf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("verify", "hello") == USAGE
    assert "no reference solution" in capsys.readouterr().err.replace("\n", " ")


def test_an_engine_that_is_not_there_is_ours(
    shelf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    repository(tmp_path / "mine", {"Dockerfile": BASE})
    assert exit_code("check", str(tmp_path / "mine"), "--lab", "hello", "--json") == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["verdict"], said["fault"]["code"]) == ("crashed", "engine_unavailable")


def test_the_first_folder_of_the_shelf_wins(shelf: Path) -> None:
    (shelf / "hello").mkdir()
    (shelf / "hello" / "lab.yaml").write_text("not: a lab\n")
    assert main_module._labs(["hello"], GraderSettings())[0].file.title == "Say hello"


def test_one_object_says_all() -> None:
    checks = reported().report.checks
    outcome = Outcome(
        verdict=Verdict.PASSED,
        levels={"manners": "advanced"},
        checks=checks,
        phases=({"name": "running", "seconds": 1.0},),
        provenance={"commit": "a" * 40},
    )
    plain = json.loads(json.dumps(as_plain(outcome)))
    assert plain["verdict"] == "passed"
    assert plain["fault"] is None
    assert plain["commit"] == "a" * 40
    assert [check["outcome"] for check in plain["checks"]] == ["passed", "passed"]
    fault = as_plain(Outcome(verdict=Verdict.REJECTED, code=Code.NO_START_COMMAND))["fault"]
    assert fault["code"] == Code.NO_START_COMMAND
    assert fault["happened"]
    assert fault["next_step"]


def run(folder: Path, shelf: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    """`python -m grader check … --json` in a process of its own."""
    command = [sys.executable, "-m", "grader", "check", str(folder), "--lab", "hello", "--json"]
    done = subprocess.run([*command, *more], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1, done.stderr
    return done.returncode, json.loads(done.stdout), done.stderr


@pytest.mark.docker
def test_a_repository_that_is_right(shelf: Path, tmp_path: Path) -> None:
    commit = repository(tmp_path / "my work", {"Dockerfile": BASE + 'CMD ["true"]\n'})
    code, said, shown = run(tmp_path / "my work", shelf)
    assert (code, said["verdict"], said["commit"]) == (0, "passed", commit)
    assert said["levels"] == {"manners": "proficient"}
    assert [phase["name"] for phase in said["phases"]][-2:] == ["running", "judging"]
    assert "Verdict: passed" in shown


@pytest.mark.docker
def test_a_repository_that_fails_a_check(shelf: Path, tmp_path: Path) -> None:
    repository(tmp_path / "mine", {"sub/Dockerfile": BASE + 'CMD ["false"]\n'})
    code, said, shown = run(tmp_path / "mine", shelf, "--context", "sub")
    assert (code, said["verdict"]) == (1, "failed")
    assert said["checks"][0]["actual"] == "exit code 1"
    assert "Verdict: failed" in shown


@pytest.mark.docker
def test_a_command_that_is_not_there_fails_the_check_that_ran_it(
    shelf: Path, tmp_path: Path
) -> None:
    repository(tmp_path / "mine", {"Dockerfile": BASE + 'ENTRYPOINT ["/no/such"]\n'})
    code, said, _ = run(tmp_path / "mine", shelf)
    assert (code, said["verdict"]) == (1, "failed")
    assert "/no/such" in said["checks"][0]["actual"]


@pytest.mark.docker
@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({"README.md": "nothing yet"}, Code.DOCKERFILE_MISSING),
        ({"Dockerfile": BASE + "RUN exit 9\n"}, Code.BUILD_FAILED),
    ],
)
def test_a_repository_that_cannot_be_judged(
    shelf: Path, tmp_path: Path, files: dict[str, str], fault: Code
) -> None:
    repository(tmp_path / "mine", files)
    code, said, shown = run(tmp_path / "mine", shelf)
    assert (code, said["verdict"], said["fault"]["code"]) == (2, "rejected", fault)
    assert "Next:" in shown


def shown(outcome: Outcome, capsys: pytest.CaptureFixture[str]) -> str:
    main_module._show(outcome, LAB, as_json=False)
    return " ".join(capsys.readouterr().err.split())


def test_whoever_writes_a_lab_reads_what_is_wrong_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    facts = {"problem": "lab.yaml names no sidecar mlflow"}
    outcome = Outcome(verdict=Verdict.CRASHED, code=Code.LAB_BROKEN, facts=facts)
    assert "lab.yaml names no sidecar mlflow" in shown(outcome, capsys)


def test_a_check_that_was_left_out_says_what_must_pass_first(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    report = reported(is_quick=CheckOutcome.SKIPPED).report
    left_out = report.checks[1].model_copy(update={"actual": "runs only once this passes: starts"})
    checks = (report.checks[0], left_out)
    text = shown(Outcome(verdict=Verdict.PASSED, checks=checks), capsys)
    assert "runs only once this passes: starts" in text
    assert "expected ;" not in text


def test_figures_are_named_where_they_cannot_be_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    figure = Figure(id="loss", title="Loss", x="step", y="loss", kind="lines", series=())
    outcome = Outcome(verdict=Verdict.PASSED, figures=(figure,))
    assert "Figures, which --json prints: Loss" in shown(outcome, capsys)


def test_changes_that_are_not_committed_are_said_to_be_left_out(
    shelf: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    mine = tmp_path / "mine"
    repository(mine, {"Dockerfile": BASE})
    for said in (False, True):
        exit_code("check", str(mine), "--lab", "hello")
        assert ("not committed" in capsys.readouterr().err.replace("\n", " ")) is said
        (mine / "Dockerfile").write_text(BASE + "RUN true\n")
