"""What every engine does: held against the one in memory and, marked docker, the real one."""

import subprocess
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from grader.docker_client import build_command
from grader.docker_engine import DockerEngine
from grader.engine import DEADLINE, Engine, Mount
from lab_specs import wire
from lab_specs.faults import Code, PlatformFault, StudentFault
from tests.grader.fake_engine import KILLED, FakeEngine, Script, limits

BASE = "mlops-python:3.11"
NO_COMMAND = "mlops-test:no-command"
ECHO = "mlops-test:echo"
SAY = ("sh", "-c", "echo one; echo two; exit 3")
STAY = ("sleep", "600")
TERM_HEEDED = ("sh", "-c", "trap 'exit 7' TERM; echo up; while :; do sleep 0.05; done")
TERM_IGNORED = ("sh", "-c", "trap '' TERM; echo up; while :; do sleep 0.05; done")
WRITE = ("sh", "-c", "echo kept > /data/a && cat /data/a")
BURN = ("sh", "-c", "while :; do :; done")
NOT_THERE = ("no-such-program",)

SCRIPTS = {
    SAY: Script(exit_code=3, log=b"one\ntwo\n"),
    STAY: Script(exit_code=None, on_term=None),  # the first process has no default for TERM
    TERM_HEEDED: Script(exit_code=None, on_term=7, log=b"up\n"),
    TERM_IGNORED: Script(exit_code=None, on_term=None, log=b"up\n"),
    WRITE: Script(log=b"kept\n"),
    BURN: Script(exit_code=None, cpu_seconds=0.5),
    (): Script(fault=StudentFault(Code.NO_START_COMMAND)),
}
DOCKERFILES = {
    NO_COMMAND: f"FROM {BASE}\nENTRYPOINT []\nCMD []\n",
    ECHO: f'FROM {BASE}\nENTRYPOINT ["sh", "-c", "read a; echo $a back; echo seen >&2"]\n',
}


@pytest.fixture(scope="session")
def built() -> None:
    """The two images of our own that the real engine needs."""
    for tag, dockerfile in DOCKERFILES.items():
        command, more = build_command()
        subprocess.run(
            [*command, "--quiet", "--tag", tag, "-"],
            input=dockerfile.encode(),
            check=True,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin:/usr/local/bin", **more},
        )


def echo(brief: bytes) -> Generator[wire.Message | bytes, wire.Answer | None, None]:
    yield brief.rstrip(b"\n") + b" back\n"


class Stage:
    """An engine, and whatever a test left on it."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.containers: list[str] = []
        self.volumes: list[str] = []

    def start(self, command: tuple[str, ...] = SAY, **changes: Any) -> str:
        given = {"image": BASE, "env": {}, "mounts": (), "labels": {}, "limits": limits()}
        self.containers.append(self.engine.start(command=command, **given | changes))
        return self.containers[-1]

    def volume(self, deadline: float | None = None) -> str:
        labels = {DEADLINE: str(deadline or time.time() + 600)}
        self.volumes.append(self.engine.create_volume(size_mb=1, labels=labels))
        return self.volumes[-1]

    def is_there(self, container: str) -> bool:
        try:
            self.engine.state(container)
        except PlatformFault:
            return False
        return True

    def clear(self) -> None:
        for container in self.containers:
            self.engine.remove(container)
        for volume in self.volumes:
            self.engine.remove_volume(volume)


def fake() -> Engine:
    engine = FakeEngine(SCRIPTS)
    engine.talk = echo
    engine.images = {BASE: {}, NO_COMMAND: {}, ECHO: {}}
    return engine


@pytest.fixture(
    params=[pytest.param(fake, id="fake"), pytest.param(DockerEngine, marks=pytest.mark.docker)]
)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    make: Callable[[], Engine] = request.param
    if make is DockerEngine:
        request.getfixturevalue("built")
    stage = Stage(make())
    yield stage
    stage.clear()


def until_up(stage: Stage, container: str) -> None:
    """A shell sets its trap before it says that it is up."""
    deadline = time.monotonic() + 20
    while stage.engine.log(container, 100) != b"up\n":
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_an_image_has_an_id_or_is_not_there(stage: Stage) -> None:
    assert str(stage.engine.image_id(BASE)).startswith("sha256:")
    assert stage.engine.image_id("mlops-test:none") is None
    assert stage.engine.image_labels("mlops-test:none") == {}


def test_a_container_runs_to_its_end(stage: Stage) -> None:
    container = stage.start(SAY)
    assert stage.engine.wait(container, 30) is True
    state = stage.engine.state(container)
    assert (state.exit_code, state.out_of_memory) == (3, False)
    assert 0 < state.seconds < 30
    assert stage.engine.log(container, 100) == b"one\ntwo\n"
    assert stage.engine.log(container, 3) == b"wo\n"


def test_waiting_ends_when_its_time_is_over(stage: Stage) -> None:
    container = stage.start(STAY)
    began = time.monotonic()
    assert stage.engine.wait(container, 0.2) is False
    assert stage.engine.wait(container, 0) is False
    assert time.monotonic() - began < 1, "it waits for what was asked, not for whole seconds"
    assert stage.engine.state(container).exit_code is None


def test_processor_time_is_told_and_stays_after_the_end(stage: Stage) -> None:
    container = stage.start(BURN)
    assert stage.engine.wait(container, 1.2) is False
    seen = stage.engine.state(container).cpu_seconds
    assert seen is not None
    assert 0.05 < seen < 2, "a busy machine gives it little, and one core gives no more"
    stage.engine.signal(container, "KILL")
    assert stage.engine.wait(container, 30)
    last = stage.engine.state(container).cpu_seconds
    assert last is not None
    assert last >= seen


def test_a_signal_reaches_the_first_process(stage: Stage) -> None:
    container = stage.start(TERM_HEEDED)
    until_up(stage, container)
    stage.engine.signal(container, "TERM")
    assert stage.engine.wait(container, 30)
    assert stage.engine.state(container).exit_code == 7


def test_kill_ends_what_ignores_term(stage: Stage) -> None:
    container = stage.start(TERM_IGNORED)
    until_up(stage, container)
    stage.engine.signal(container, "TERM")
    assert stage.engine.wait(container, 0.3) is False
    stage.engine.signal(container, "KILL")
    assert stage.engine.wait(container, 30)
    assert stage.engine.state(container).exit_code == KILLED


def test_a_signal_to_an_ended_or_removed_container_does_nothing(stage: Stage) -> None:
    container = stage.start(SAY)
    stage.engine.wait(container, 30)
    stage.engine.signal(container, "KILL")
    assert stage.engine.state(container).exit_code == 3
    stage.engine.remove(container)
    stage.engine.signal(container, "TERM")


def test_removing_ends_a_container_and_twice_is_once(stage: Stage) -> None:
    container = stage.start(STAY)
    stage.engine.remove(container)
    stage.engine.remove(container)
    assert not stage.is_there(container)
    assert stage.engine.log(container, 100) == b""


def test_a_container_that_is_gone_cannot_be_waited_for(stage: Stage) -> None:
    container = stage.start(SAY)
    stage.engine.remove(container)
    with pytest.raises(PlatformFault) as caught:
        stage.engine.wait(container, 1)
    assert caught.value.code is Code.ENGINE_UNAVAILABLE


def test_an_image_without_a_command_is_the_students_fault(stage: Stage) -> None:
    with pytest.raises(StudentFault) as caught:
        stage.start((), image=NO_COMMAND)
    assert caught.value.code is Code.NO_START_COMMAND


def test_a_program_that_is_not_in_the_image_is_the_students_fault(stage: Stage) -> None:
    with pytest.raises(StudentFault) as caught:
        stage.start(NOT_THERE)
    assert caught.value.code is Code.COMMAND_NOT_FOUND
    assert NOT_THERE[0] in caught.value.facts["error"]


def test_a_volume_is_mounted_and_goes_once(stage: Stage) -> None:
    volume = stage.volume()
    container = stage.start(WRITE, mounts=[Mount(volume=volume, at="/data", read_only=False)])
    stage.engine.wait(container, 30)
    assert stage.engine.log(container, 100) == b"kept\n"
    stage.engine.remove(container)
    stage.engine.remove_volume(volume)
    stage.engine.remove_volume(volume)


def test_an_attached_container_hears_and_answers(stage: Stage) -> None:
    container, pipe = stage.engine.start_attached(image=ECHO, mounts=(), labels={}, limits=limits())
    stage.containers.append(container)
    pipe.send(b"hello\n")
    assert list(pipe.lines(cap=1000)) == [b"hello back"]
    pipe.close()


def test_an_endless_line_is_our_fault(stage: Stage) -> None:
    container, pipe = stage.engine.start_attached(image=ECHO, mounts=(), labels={}, limits=limits())
    stage.containers.append(container)
    pipe.send(b"x" * 500 + b"\n")
    with pytest.raises(PlatformFault) as caught:
        list(pipe.lines(cap=100))
    assert caught.value.code is Code.JUDGE_FAILED
    pipe.close()


def test_closing_or_removing_ends_the_conversation(stage: Stage) -> None:
    container, pipe = stage.engine.start_attached(image=ECHO, mounts=(), labels={}, limits=limits())
    stage.containers.append(container)
    pipe.close()
    with pytest.raises(PlatformFault) as caught:
        pipe.send(b"hello\n")
    assert caught.value.code is Code.JUDGE_FAILED


def test_a_sweep_takes_what_is_late_and_leaves_the_rest(stage: Stage) -> None:
    late = stage.start(STAY, limits=limits(deadline=1.0))
    due = stage.start(STAY)
    old, new = stage.volume(deadline=1.0), stage.volume()
    assert stage.engine.sweep(2.0) >= 2
    assert not stage.is_there(late)
    assert stage.is_there(due)
    kept = stage.start(WRITE, mounts=[Mount(volume=new, at="/data", read_only=False)])
    assert stage.engine.wait(kept, 30)
    assert stage.engine.sweep(2.0) == 0, f"{old} went with the first sweep"
