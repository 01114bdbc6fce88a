"""What an attack must come to, and that every way of not being held is seen."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

import grader.witness
from grader import arena, siege, traces
from grader.attack import Attack, Expected, Tried, load_attacks, untidy, wrong_end
from grader.decoys import Decoys, Heard
from grader.ground import Ground, maker
from grader.pipeline import Outcome
from grader.settings import ROOT
from grader.siege import longest_first
from grader.witness import Seen, Witness, wrong_with, wrong_with_volume
from lab_specs.faults import Code
from lab_specs.report import CheckResult, Verdict
from lab_specs.report import Outcome as End
from tests.grader.repositories import git

HOSTILE = ROOT / "tests" / "hostile"
TITLE, HELD = "Tries something hostile", "Something that holds it"


def expected(**given: Any) -> Expected:
    usual = {"title": TITLE, "lab": "sums", "verdict": "passed", "seconds": 5, "held": HELD}
    return Expected.model_validate(usual | given)


def check(end: End = End.FAILED, **given: Any) -> CheckResult:
    usual = {"id": "adds", "title": "It adds", "criterion": "sums", "level": "proficient"}
    return CheckResult.model_validate(usual | {"outcome": end} | given)


def test_the_end_that_is_written_holds() -> None:
    outcome = Outcome(verdict=Verdict.FAILED, checks=(check(),), log="it was tried")
    wanted = expected(verdict="failed", fails=["adds"], shows=["tried"], hides=["REACHED"])
    assert wrong_end(wanted, outcome, 1.0, ["12345"]) == []


@pytest.mark.parametrize(
    ("outcome", "seconds", "said"),
    [
        (Outcome(verdict=Verdict.PASSED), 1.0, "came to passed"),
        (Outcome(verdict=Verdict.REJECTED, code=Code.TIME_LIMIT), 1.0, "came to rejected"),
        (Outcome(verdict=Verdict.CRASHED, code=Code.INTERNAL), 1.0, "came to crashed"),
        (Outcome(verdict=Verdict.FAILED, checks=(check(id="other"),)), 1.0, "fails ['other']"),
        (Outcome(verdict=Verdict.FAILED, checks=(check(),)), 6.0, "took 6.0 s"),
        (Outcome(verdict=Verdict.FAILED, checks=(check(),), log="x REACHED"), 1.0, "says 'REACHED"),
        (Outcome(verdict=Verdict.FAILED, checks=(check(hint="12345"),)), 1.0, "tells a secret"),
        (Outcome(verdict=Verdict.FAILED, checks=(check(),)), 1.0, "does not say 'tried'"),
    ],
)
def test_every_other_end_is_seen(outcome: Outcome, seconds: float, said: str) -> None:
    wanted = expected(verdict="failed", fails=["adds"], shows=["tried"], hides=["REACHED"])
    wrong = wrong_end(wanted, outcome, seconds, ["12345"])
    assert any(said in line for line in wrong)


@pytest.mark.parametrize(
    "given",
    [
        {"log": "\x1b[31m"},
        {"log": "x" * 20_000},
        {"facts": {"file": "a\0b"}},
        {"facts": {"deep": ["x" * 30_000]}},
        {"facts": {"\x07": 1}},
        {"provenance": {"source": "x" * 500_000}},
    ],
)
def test_what_a_page_should_not_get_is_seen(given: dict[str, Any]) -> None:
    assert untidy(Outcome(verdict=Verdict.PASSED, **given)) != []


@pytest.mark.parametrize(
    "given",
    [
        {"verdict": "rejected"},
        {"code": "time_limit"},
        {"verdict": "crashed", "code": "internal"},
        {"verdict": "failed"},
        {"verdict": "other"},
        {"seconds": 0},
        {"title": "short"},
        {"more": 1},
    ],
)
def test_an_attack_without_a_clear_end_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        expected(**given)


def test_attacks_are_found_by_name_and_family() -> None:
    everything = load_attacks(HOSTILE)
    assert [one.name for one in load_attacks(HOSTILE, ["run/clock"])] == ["run/clock"]
    family = {one.name for one in load_attacks(HOSTILE, ["portal"])}
    assert family == {one.name for one in everything if one.name.startswith("portal/")}
    with pytest.raises(ValueError, match="no attack no-such"):
        load_attacks(HOSTILE, ["no-such"])
    poison = next(one for one in everything if one.name == "build/poisoned-cache")
    assert poison.victim
    assert poison.victim.victim is None
    seconds = [one.expected.seconds for one in longest_first(everything)]
    assert seconds == sorted(seconds, reverse=True)


CONTAINER: dict[str, Any] = {
    "Config": {"User": "10001:10001", "Labels": {"mlops.deadline": "1"}, "Healthcheck": None},
    "Mounts": [{"Type": "volume", "Name": "v", "RW": True}],
    "HostConfig": {
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "SecurityOpt": ["no-new-privileges", 'seccomp={"defaultAction": "SCMP_ACT_ERRNO"}'],
        "OomScoreAdj": 500,
        "Privileged": False,
        "Memory": 1,
        "MemorySwap": 1,
        "PidsLimit": 32,
        "CpuQuota": 1,
        "CpuPeriod": 1,
        "NetworkMode": "none",
        "PortBindings": None,
        "PublishAllPorts": False,
        "Binds": ["v:/out:rw"],
        "LogConfig": {"Config": {"max-size": "1m", "max-file": "2"}},
        "Devices": None,
        "IpcMode": "private",
        "ShmSize": 16 * 2**20,
        "PidMode": "",
        "UTSMode": "",
        "Ulimits": [
            {"Name": "core", "Soft": 0, "Hard": 0},
            {"Name": "nofile", "Soft": 1024, "Hard": 1024},
        ],
        "Tmpfs": {"/tmp": "nosuid,nodev,nr_inodes=5,size=1m"},
        "RestartPolicy": {"Name": ""},
    },
}
CONTAINER["Config"]["Healthcheck"] = {"Test": ["NONE"]}


def test_a_container_as_it_must_be() -> None:
    assert wrong_with(CONTAINER) == []
    assert (
        wrong_with_volume({"Options": {"type": "tmpfs", "o": "nosuid,nodev,nr_inodes=1,size=1m"}})
        == []
    )


@pytest.mark.parametrize(
    ("part", "name", "value"),
    [
        ("Config", "User", ""),
        ("Config", "User", "0:10001"),
        ("Config", "User", "10001"),
        ("Config", "Labels", {}),
        ("Config", "Healthcheck", {"Test": ["CMD", "true"]}),
        ("HostConfig", "ReadonlyRootfs", False),
        ("HostConfig", "CapDrop", ["NET_RAW"]),
        ("HostConfig", "CapAdd", ["NET_RAW"]),
        ("HostConfig", "SecurityOpt", []),
        ("HostConfig", "SecurityOpt", ["no-new-privileges"]),
        ("HostConfig", "SecurityOpt", ["seccomp={}"]),
        ("HostConfig", "SecurityOpt", ["no-new-privileges", "seccomp=unconfined"]),
        ("HostConfig", "OomScoreAdj", 0),
        ("HostConfig", "Ulimits", [{"Name": "core", "Soft": 0, "Hard": 0}]),
        ("HostConfig", "Privileged", True),
        ("HostConfig", "Memory", 0),
        ("HostConfig", "MemorySwap", 2),
        ("HostConfig", "PidsLimit", None),
        ("HostConfig", "CpuQuota", 0),
        ("HostConfig", "NetworkMode", "bridge"),
        ("HostConfig", "NetworkMode", "host"),
        ("HostConfig", "PortBindings", {"80/tcp": []}),
        ("HostConfig", "Binds", ["/var/run/docker.sock:/x"]),
        ("HostConfig", "LogConfig", {"Config": {}}),
        ("HostConfig", "Devices", [{"PathOnHost": "/dev/sda"}]),
        ("HostConfig", "IpcMode", "host"),
        ("HostConfig", "ShmSize", 2**40),
        ("HostConfig", "PidMode", "host"),
        ("HostConfig", "Ulimits", None),
        ("HostConfig", "Tmpfs", {"/tmp": "nosuid,nodev"}),
        ("HostConfig", "Tmpfs", {}),
        ("HostConfig", "RestartPolicy", {"Name": "always"}),
    ],
)
def test_each_setting_that_is_missing_is_seen(part: str, name: str, value: object) -> None:
    told = CONTAINER | {part: CONTAINER[part] | {name: value}}
    assert wrong_with(told) != []


def test_mounts_and_volumes_without_a_size_are_seen() -> None:
    assert wrong_with(CONTAINER | {"Mounts": [{"Type": "bind", "Source": "/"}]}) != []
    assert wrong_with_volume({"Name": "v", "Options": None}) != []
    assert wrong_with_volume({"Options": {"type": "tmpfs", "o": "size=1m"}}) != []


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    files = tmp_path / "family" / "name"
    files.mkdir(parents=True)
    (files / "attack.yaml").write_text("title: not for the repository\n")
    (files / "attack.py").write_text("print('@MARK@', '@OUTSIDE@')\n")
    words = {"MARK": "mark123", "OUTSIDE": "198.51.100.7"}
    with ExitStack() as stack:
        yield Ground(files, HOSTILE, tmp_path / "scratch", "mark123", words, stack)


def test_a_repository_is_made_of_its_files_and_its_words(ground: Ground) -> None:
    target = ground.plant()
    home = Path(target.link.removeprefix("file://"))
    listed = git(home, "ls-tree", "-r", "--name-only", target.commit).splitlines()
    assert sorted(listed) == [
        "Dockerfile",
        "attack.py",
        "honest.py",
        "kernel.py",
        "labelled.py",
        "mark",
    ]
    assert git(home, "show", "HEAD:attack.py") == "print('mark123', '198.51.100.7')"


@pytest.mark.parametrize(
    "name",
    ["climbing", "inner_git", "slash", "deep", "link_out", "odd_names", "vanished", "submodule"],
)
def test_odd_trees_are_made_and_bounded(ground: Ground, name: str) -> None:
    target = maker(HOSTILE, f"trees.{name}")(ground)
    home = Path(target.link.removeprefix("file://"))
    size = sum(path.stat().st_size for path in home.rglob("*") if path.is_file())
    assert size < 5_000_000
    if name != "vanished":
        assert git(home, "rev-parse", "HEAD") == target.commit


def test_a_process_with_the_mark_is_seen_until_it_ends() -> None:
    mark = "mark-of-a-test-4f1c"
    words = [sys.executable, "-c", "print(flush=True); input()", mark]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(words, **pipes) as process:
        assert process.stdout is not None
        process.stdout.readline()  # by now the kernel knows its words
        assert [line for line in traces.processes(mark) if str(process.pid) in line]
        process.communicate(b"\n")
    assert list(traces.processes(mark)) == []


def test_a_decoy_tells_for_whom_it_heard() -> None:
    place = SimpleNamespace(
        decoys=Decoys(heard=[Heard("OUTSIDE", b"mark1"), Heard("OUTSIDE", b"")]),
        marks=["mark1", "mark2"],
    )
    heard = arena.Arena._heard
    assert len(heard(place, "mark1", 0)) == 2  # type: ignore[arg-type]
    assert len(heard(place, "mark2", 0)) == 1  # type: ignore[arg-type]
    assert heard(place, "mark1", 2) == []  # type: ignore[arg-type]


def test_what_never_ends_is_given_up() -> None:
    with pytest.raises(TimeoutError):
        arena._within(0.05, lambda: arena.time.sleep(1))
    assert arena._within(5, lambda: 7) == 7


def test_a_container_goes_only_when_it_has_been_looked_at() -> None:
    witness = Witness("somebody")
    looker = threading.Timer(
        0.2, lambda: witness.seen.append(Seen("a", "attempt", frozenset(), ()))
    )
    looker.start()
    witness.wait_for("a")
    assert [one.id for one in witness.seen] == ["a"]


def test_one_that_nobody_looks_at_is_not_waited_for_without_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(grader.witness, "LOOK_SECONDS", 0.1)
    began = time.monotonic()
    Witness("somebody").wait_for("a")
    assert 0.1 <= time.monotonic() - began < 5


def place(tmp_path: Path, **given: Any) -> Any:
    """So much of an arena as one try needs."""
    usual = {"scratch": tmp_path, "marks": [], "images": set(), "seed": 12345}
    told = SimpleNamespace(**{**usual, **given})
    told._place = lambda mark: tmp_path / "repositories" / mark
    told._name = lambda mark: mark
    told._lab = lambda *_: None
    told._grade = lambda *_: Outcome(verdict=Verdict.PASSED)
    return told


def test_a_command_that_was_run_on_this_machine_is_seen(tmp_path: Path) -> None:
    def target(attack: Attack, mark: str, stack: ExitStack) -> None:
        folder = tmp_path / "repositories" / mark
        folder.mkdir(parents=True)
        (folder / arena.REACHED).touch()

    one = Attack("fetch/some", tmp_path, expected())
    tried = arena.Arena._try(place(tmp_path, _target=target), one)
    assert tried.wrong == ["its command was run on this machine"]


def test_an_attack_that_is_not_made_harms_no_other(tmp_path: Path) -> None:
    def target(*_: object) -> None:
        raise RuntimeError("no disk")

    one = Attack("fetch/some", tmp_path, expected())
    tried = arena.Arena._try(place(tmp_path, _target=target), one)
    assert tried.wrong == ["it could not be made: RuntimeError: no disk"]
    assert not tried.held


def test_each_family_has_a_line_of_figures() -> None:
    run, fetch = (Attack(f"{name}/one", Path(), expected()) for name in ("run", "fetch"))
    results = [Tried(run, 2.0), Tried(run, 7.25, wrong=["so"]), Tried(fetch, not_tried="no root")]
    assert siege.by_family(results) == [
        "fetch: 0 tried, 0 held, the longest took 0.0 s",
        "run: 2 tried, 1 held, the longest took 7.2 s",
    ]


class Staged:
    """An arena in which every attack ends as its name says."""

    def __init__(self) -> None:
        self.honest, self.after = [1], list[str]()
        self.witness = SimpleNamespace(seen=[])

    def attempt(self, one: Attack) -> Tried:
        wrong = ["it came to passed"] if one.name == "run/clock" else []
        untried = "only root" if one.name == "run/outside" else ""
        return Tried(one, 1.0, None, wrong, untried)

    def aftermath(self) -> list[str]:
        return self.after


@pytest.mark.parametrize(
    ("name", "after", "code", "said"),
    [
        ("run/engine", [], 0, "1 of 1 attacks were held"),
        ("run/clock", [], 1, "NOT HELD (it came to passed"),
        ("run/outside", [], 1, "not tried (only root"),
        ("run/engine", ["volume x"], 1, "Afterwards, NOT HELD: volume x"),
    ],
)
def test_the_exit_code_says_whether_all_were_held(
    name: str,
    after: list[str],
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    staged = Staged()
    staged.after = after
    open_arena = SimpleNamespace(opened=lambda *_: ExitStackOf(staged))
    monkeypatch.setattr(siege, "Arena", open_arena)
    assert siege.attack([name], HOSTILE, None) == code  # type: ignore[arg-type]
    assert said in capsys.readouterr().out.replace("\n", " ").replace("  ", " ")


class ExitStackOf:
    """A context that hands out what it was given."""

    def __init__(self, inner: object) -> None:
        self.inner = inner

    def __enter__(self) -> object:
        return self.inner

    def __exit__(self, *_: object) -> None:
        pass
