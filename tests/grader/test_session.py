"""What a judge may ask, what it is answered, and how the conversation can end."""

import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from grader import session as session_module
from grader.engine import NO_NETWORK, Mount
from grader.judge import judge as end
from grader.judges import Judge
from grader.run import run
from grader.session import AT_ONCE, IN_ALL, SIDECAR_USER, STUDENT_USER, Session
from lab_specs import wire
from lab_specs.faults import Code, PlatformFault, StudentFault
from lab_specs.report import Outcome, Report
from lab_specs.schema import SidecarName, SidecarShare
from tests.grader.fake_engine import KILLED, SILENCE, FakeEngine, Script, limits
from tests.grader.labs import make_lab, reported

ENDS = ("ends",)
STAYS = ("stays",)
DEAF = ("deaf",)
MISSING = ("missing",)
HOG = ("hog",)
SCRIPTS = {
    (): Script(),
    ENDS: Script(exit_code=3, log=b"\x1b[31mred\x1b[0m\n" + b"x" * 40_000 + b"\xff end\n"),
    STAYS: Script(exit_code=None, on_term=7, log=b"up\n"),
    DEAF: Script(exit_code=None, on_term=None, cpu_seconds=0.25),
    MISSING: Script(fault=StudentFault(Code.COMMAND_NOT_FOUND, error="missing: not found")),
    HOG: Script(exit_code=137, out_of_memory=True),
}
Asks = Generator[wire.Message | bytes, wire.Answer | None, None]


class Room:
    """One session with one judge, on the engine in memory."""

    def __init__(self, **lab: Any) -> None:
        self.engine = FakeEngine(SCRIPTS)
        self.lab = make_lab(**lab)
        self.heard: list[Any] = []
        self.notes: list[str] = []
        self.sessions: list[Session] = []

    def open(
        self, talk: Callable[[bytes], Asks], seed: int = 4711, stretch: float = 1.0
    ) -> Session:
        self.engine.talk = talk
        container, pipe = self.engine.start_attached(
            image="judge", mounts=(), labels={}, limits=limits()
        )
        judge = Judge(container, pipe, {name: f"volume of {name}" for name in ("data", "out")})
        made = Session(
            self.engine,
            judge,
            self.lab,
            "sha256:i",
            {"mlops.attempt": "7"},
            self.notes.append,
            stretch,
        )
        self.sessions.append(made)
        made.open(seed)
        return made

    def ask(self, *asks: wire.Message | bytes) -> list[wire.Answer]:
        """Ask all of it in one conversation; the answers."""
        answers: list[wire.Answer] = []

        def talk(brief: bytes) -> Asks:
            for ask in asks:
                answer = yield ask
                assert answer is not None
                answers.append(answer)
            yield reported()

        assert self.open(talk).serve() == reported()
        return answers

    def fail(self, *asks: wire.Message | bytes) -> PlatformFault:
        with pytest.raises(PlatformFault) as caught:
            self.ask(*asks)
        return caught.value

    @property
    def students(self) -> list[Any]:
        return [one for one in self.engine.started if one.image == "sha256:i"]


@pytest.fixture
def room() -> Iterator[Room]:
    room = Room()
    yield room
    for session in room.sessions:
        session.close()


def start(command: tuple[str, ...] = ENDS, **more: Any) -> wire.Start:
    return wire.Start(command=command, **more)


def test_the_brief_holds_the_lab_and_the_seed(room: Room) -> None:
    briefs = []

    def talk(brief: bytes) -> Asks:
        briefs.append(wire.Brief.model_validate_json(brief))
        yield reported()

    room.open(talk, seed=99).serve()
    assert briefs[0].seed == 99
    assert briefs[0].lab == "manners"
    assert briefs[0].volumes == {"data": 16, "out": 64}
    assert briefs[0].run_seconds == 120


def test_a_started_container_has_the_limits_of_the_lab(room: Room) -> None:
    env = {"PORT": "8123", "HOME": "/elsewhere", "OMP_NUM_THREADS": "3"}
    mounts = {"data": "/in:ro", "out": "/out/deep:rw"}
    assert [a.container for a in room.ask(start(env=env, mounts=mounts), start())] == [0, 1]
    first, second = room.students
    assert first.env == env
    assert second.env == {"HOME": "/tmp", "OMP_NUM_THREADS": "1"}
    assert first.mounts == (
        Mount(volume="volume of data", at="/in", read_only=True),
        Mount(volume="volume of out", at="/out/deep", read_only=False),
    )
    assert first.labels == {"mlops.attempt": "7", "mlops.role": "student"}
    given = first.limits
    assert (given.user, given.memory_mb, given.cpus) == (STUDENT_USER, 64, 0.5)
    assert (given.pids, given.tmp_mb) == (32, 4)
    assert given.network == "container:container-1", "the judge's own network"
    assert 100 < given.deadline - time.time() < 130


def test_no_seed_reaches_a_students_container(room: Room) -> None:
    room.ask(start())
    container = room.students[0]
    assert "4711" not in repr((container.env, container.labels, container.command))


def test_a_wait_tells_the_end(room: Room) -> None:
    _, ended, _, hog = room.ask(
        start(), wire.Wait(container=0, seconds=5), start(HOG), wire.Wait(container=1, seconds=5)
    )
    assert (ended.exit_code, ended.timed_out, ended.out_of_memory) == (3, False, False)
    assert (hog.exit_code, hog.out_of_memory) == (137, True)


def test_a_wait_ends_what_takes_too_long(room: Room) -> None:
    _, late = room.ask(start(DEAF), wire.Wait(container=0, seconds=5))
    assert late.cpu_seconds == 0.25
    assert (late.exit_code, late.timed_out) == (KILLED, True)
    assert room.students[0].signals == ["KILL"]


def test_nothing_is_waited_for_longer_than_the_lab_lasts(room: Room) -> None:
    waited = []
    wait = room.engine.wait

    def watch(container: str, seconds: float) -> bool:
        waited.append(seconds)
        return wait(container, seconds)

    room.engine.wait = watch  # type: ignore[method-assign]
    room.ask(start(STAYS), wire.Wait(container=0, seconds=80_000))
    assert 50 < waited[0] <= 60


def test_a_signal_and_a_look(room: Room) -> None:
    _, up, signalled, down = room.ask(
        start(STAYS),
        wire.Inspect(container=0, with_log=True),
        wire.Signal(container=0, signal="TERM"),
        wire.Inspect(container=0, with_log=True),
    )
    assert (up.exit_code, up.log) == (None, "up\n")
    assert signalled.container == 0
    assert down.exit_code == 7


def test_a_removed_container_ends_and_twice_is_once(room: Room) -> None:
    room.ask(start(STAYS), wire.Remove(container=0), wire.Remove(container=0))
    assert room.students[0].signals == ["KILL"]


def test_a_log_is_tidy_and_bounded(room: Room) -> None:
    _, seen = room.ask(start(), wire.Inspect(container=0, with_log=True))
    assert len(seen.log) <= session_module.LOG_LIMIT
    assert "\x1b" not in seen.log
    assert seen.log.endswith("\N{REPLACEMENT CHARACTER} end\n")
    assert room.sessions[0].log == seen.log


def test_a_fault_of_the_image_is_told_to_the_judge(room: Room) -> None:
    answer, again = room.ask(start(MISSING), start())
    assert answer.code is Code.COMMAND_NOT_FOUND
    assert answer.facts == {"error": "missing: not found"}
    assert (again.code, again.container) == (None, 0)


@pytest.mark.parametrize("number", [0, 1, -1, 10**9])
@pytest.mark.parametrize(
    "ask",
    [
        lambda n: wire.Wait(container=n, seconds=1),
        lambda n: wire.Signal(container=n, signal="KILL"),
        lambda n: wire.Inspect(container=n),
        lambda n: wire.Remove(container=n),
    ],
    ids=["wait", "signal", "inspect", "remove"],
)
def test_a_container_that_was_never_started_is_the_labs_mistake(
    room: Room, ask: Callable[[int], wire.Message], number: int
) -> None:
    before = [start()] if number == 1 else []
    fault = room.fail(*before, ask(number))
    assert fault.code is Code.LAB_BROKEN
    assert str(number) in fault.facts["problem"]


@pytest.mark.parametrize(
    "mounts",
    [
        {"secret": "/x:ro"},
        {"data": "//:rw"},
        {"data": "/./:rw"},
        {"data": "/x/../etc:rw"},
        {"data": "/..:rw"},
    ],
    ids=repr,
)
def test_a_mount_that_cannot_be_is_the_labs_mistake(room: Room, mounts: dict[str, str]) -> None:
    fault = room.fail(start(mounts=mounts))
    assert fault.code is Code.LAB_BROKEN
    assert next(iter(mounts)) in fault.facts["problem"]
    assert room.students == []


@pytest.mark.parametrize(
    "said",
    [
        b"not json\n",
        b'{"do": "fly"}\n',
        b'{"do": "wait"}\n',
        b'{"do": "wait", "container": 0, "seconds": NaN}\n',
        b'{"do": "start", "mounts": {"data": "/x"}}\n',
        b'{"do": "start", "mounts": {"data": "/x:rwx"}}\n',
        b'{"do": "start", "mounts": {"data": "/:rw"}}\n',
        b"[]\n",
        b"\xff\n",
    ],
)
def test_a_judge_that_talks_nonsense_failed(room: Room, said: bytes) -> None:
    fault = room.fail(said)
    assert fault.code is Code.JUDGE_FAILED


def device(*, network: bool = False) -> SidecarShare:
    return SidecarShare(memory_mb=128, cpus=0.25, pids=16, tmp_mb=2, network=network)


def test_a_sidecar_has_its_own_image_user_and_share() -> None:
    room = Room(sidecars={SidecarName.DEVICE: device()})
    mounts = {"out": "/models:ro"}
    room.ask(start(), start(sidecar=SidecarName.DEVICE, mounts=mounts))
    sidecar = room.engine.started[-1]
    assert sidecar.image == "mlops-device:latest"
    assert sidecar.labels == {"mlops.attempt": "7", "mlops.role": "sidecar"}
    assert sidecar.mounts == (Mount(volume="volume of out", at="/models", read_only=True),)
    given = sidecar.limits
    assert (given.user, given.memory_mb, given.cpus) == (SIDECAR_USER, 128, 0.25)
    assert (given.pids, given.tmp_mb, given.network) == (16, 2, NO_NETWORK)


def test_a_sidecar_with_a_network_shares_the_judges_loopback() -> None:
    room = Room(sidecars={SidecarName.MLFLOW: device(network=True)})
    room.ask(start(sidecar=SidecarName.MLFLOW))
    assert room.engine.started[-1].limits.network == "container:container-1"


def test_a_sidecar_that_the_lab_does_not_name_is_the_labs_mistake() -> None:
    room = Room(sidecars={SidecarName.DEVICE: device()})
    fault = room.fail(start(sidecar=SidecarName.MLFLOW))
    assert fault.code is Code.LAB_BROKEN
    assert "mlflow" in fault.facts["problem"]


def test_what_a_sidecar_says_is_not_taken_for_the_students_words() -> None:
    room = Room(sidecars={SidecarName.DEVICE: device()})
    beside = start(STAYS, sidecar=SidecarName.DEVICE)
    *_, seen = room.ask(
        start(),
        wire.Wait(container=0, seconds=1),
        beside,
        wire.Inspect(container=1, with_log=True),
    )
    assert seen.log == "up\n"
    session = room.sessions[0]
    assert session.last_words().endswith("end\n")
    assert [run.get("sidecar") for run in session.runs] == [None, "device"]


def test_too_many_at_once(room: Room) -> None:
    fault = room.fail(*[start(STAYS)] * (AT_ONCE + 1))
    assert fault.code is Code.LAB_BROKEN
    assert len(room.students) == AT_ONCE


def test_an_ended_container_makes_room(room: Room) -> None:
    asks = [start(STAYS)] * AT_ONCE
    room.ask(*asks, wire.Remove(container=2), start(), wire.Wait(container=AT_ONCE, seconds=1))


def test_too_many_in_all(room: Room) -> None:
    asks: list[wire.Message] = []
    for number in range(IN_ALL):
        asks += [start(), wire.Wait(container=number, seconds=1)]
    fault = room.fail(*asks, start())
    assert fault.code is Code.LAB_BROKEN
    assert len(room.students) == IN_ALL


@pytest.mark.parametrize("asks", [(), (start(DEAF), wire.Wait(container=0, seconds=100))])
def test_the_clock_of_the_lab_ends_a_silent_judge(asks: tuple[wire.Message, ...]) -> None:
    room = Room(total_seconds=0.2)

    def talk(brief: bytes) -> Asks:
        for ask in asks:
            _ = yield ask
        yield SILENCE

    session = room.open(talk)
    with pytest.raises(StudentFault) as caught:
        session.serve()
    assert caught.value.code is Code.TIME_LIMIT
    assert caught.value.facts["limit_seconds"] == 0.2
    assert caught.value.facts["cpu_seconds"] == (0.25 if asks else None)
    session.close()


def test_a_clock_that_runs_out_while_we_answer_is_the_same_end() -> None:
    """The judge is gone when the answer is ready: still the student's time, not our failure."""
    room = Room(total_seconds=0.2)
    gone = threading.Event()
    remove = room.engine.remove

    def note(container: str) -> None:
        remove(container)
        gone.set()

    def wait_past_the_end(container: str, seconds: float) -> bool:
        return not gone.wait(20)

    room.engine.remove = note  # type: ignore[method-assign]
    room.engine.wait = wait_past_the_end  # type: ignore[method-assign]

    def talk(brief: bytes) -> Asks:
        yield start(STAYS)
        yield wire.Wait(container=0, seconds=100)

    session = room.open(talk)
    with pytest.raises(StudentFault) as caught:
        session.serve()
    assert caught.value.code is Code.TIME_LIMIT
    assert caught.value.facts["log"] == "up\n"
    session.close()


def test_the_clock_needs_no_engine_that_listens() -> None:
    room = Room(total_seconds=0.2)

    def fail(container: str) -> None:
        raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem="deaf")

    room.engine.remove = fail  # type: ignore[method-assign]

    def talk(brief: bytes) -> Asks:
        yield SILENCE

    with pytest.raises(StudentFault) as caught:
        room.open(talk).serve()
    assert caught.value.code is Code.TIME_LIMIT


def test_a_judge_that_ends_early_failed_and_its_words_are_kept(room: Room) -> None:
    def talk(brief: bytes) -> Asks:
        yield start()

    with pytest.raises(PlatformFault) as caught:
        room.open(talk).serve()
    assert caught.value.code is Code.JUDGE_FAILED
    assert caught.value.facts["log"] == "the judge's own words\n"


def test_the_run_ends_where_the_first_check_begins(room: Room) -> None:
    def talk(brief: bytes) -> Asks:
        yield start()
        yield wire.Phase(phase="judging", note="It starts")
        yield wire.Phase(phase="judging", note="It is quick")
        yield reported()

    session = room.open(talk)
    assert session.serve(until_first_check=True) is None
    assert room.notes == ["It starts"]
    assert end(session, None) == reported().report
    assert room.notes == ["It starts", "It is quick"]


def test_closing_removes_every_container_and_stops_the_clock(room: Room) -> None:
    room.ask(start(), start(STAYS), start(STAYS), wire.Remove(container=1))
    session = room.sessions[0]
    session.close()
    assert set(room.engine.containers) == {session.judge.container}
    assert session._clock.finished.is_set()
    session.close()


def test_a_removal_that_fails_keeps_no_other_container(room: Room) -> None:
    room.ask(start(STAYS), start(STAYS))
    session = room.sessions.pop()
    remove = room.engine.remove

    def fail_once(container: str) -> None:
        if container == session.containers[0]:
            raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem="busy")
        remove(container)

    room.engine.remove = fail_once  # type: ignore[method-assign]
    with pytest.raises(PlatformFault):
        session.close()
    assert set(room.engine.containers) == {session.judge.container, session.containers[0]}


def test_closing_after_a_run_that_failed_leaves_no_container(room: Room) -> None:
    def talk(brief: bytes) -> Asks:
        yield start(STAYS)
        yield wire.Inspect(container=5)

    room.engine.talk = talk
    container, pipe = room.engine.start_attached(
        image="judge", mounts=(), labels={}, limits=limits()
    )
    session = Session(
        room.engine, Judge(container, pipe, {}), room.lab, "sha256:i", {}, room.notes.append
    )
    with pytest.raises(PlatformFault):
        run(session, 1)
    session.close()
    assert set(room.engine.containers) == {container}


def test_a_run_is_kept_as_evidence(room: Room) -> None:
    room.ask(
        start(),
        wire.Wait(container=0, seconds=5),
        start(DEAF),
        wire.Wait(container=1, seconds=5),
        start(STAYS),
        wire.Inspect(container=2),
        start(STAYS),
    )
    whole = {"wall_seconds": 0.5, "cpu_seconds": None, "exit_code": 3, "timed_out": False}
    ended = whole | {"cpu_seconds": 0.25, "exit_code": KILLED, "timed_out": True}
    up = whole | {"exit_code": None}
    session = room.sessions[0]
    assert session.runs == [whole, ended, up]
    session.last_words()
    assert session.runs == [whole, ended, up, up], "one that nobody asked for"


def test_a_stretched_session_stretches_every_clock_of_the_lab(room: Room) -> None:
    briefs = []

    def talk(brief: bytes) -> Asks:
        briefs.append(wire.Brief.model_validate_json(brief))
        yield start()
        yield reported()

    room.open(talk, stretch=3.0).serve()
    assert (briefs[0].start_seconds, briefs[0].run_seconds) == (180, 360)
    assert room.sessions[0]._clock.interval == 180
    assert 220 < room.students[0].limits.deadline - time.time() < 250


@pytest.mark.parametrize(
    ("last", "kind", "code"),
    [
        (wire.Rejected(code=Code.NEVER_HEALTHY, facts={"seconds": 3}), StudentFault, "="),
        (wire.Broke(problem="no numpy"), PlatformFault, Code.JUDGE_FAILED),
        (wire.Reported(report=Report(checks=())), PlatformFault, Code.LAB_BROKEN),
        (None, PlatformFault, Code.JUDGE_FAILED),
    ],
)
def test_every_other_last_line_is_a_fault(
    room: Room, last: Any, kind: type[Exception], code: Code
) -> None:
    def talk(brief: bytes) -> Asks:
        if last:
            yield last

    with pytest.raises(kind) as caught:
        end(room.open(talk), None)
    wanted = last.code if code == "=" else code
    assert getattr(caught.value, "code", None) is wanted
    if isinstance(last, wire.Rejected):
        assert getattr(caught.value, "facts", None) == {"seconds": 3}


def test_a_report_in_another_order_is_no_report_of_this_lab(room: Room) -> None:
    whole = reported(starts=Outcome.FAILED).report
    turned = Report(checks=whole.checks[::-1])

    def talk(brief: bytes) -> Asks:
        yield wire.Reported(report=turned)

    with pytest.raises(PlatformFault) as caught:
        end(room.open(talk), None)
    assert caught.value.code is Code.LAB_BROKEN


@pytest.mark.parametrize("change", [{"criterion": "another"}, {"level": "proficient"}])
def test_a_check_that_counts_elsewhere_is_no_check_of_this_lab(
    room: Room, change: dict[str, str]
) -> None:
    checks = list(reported().report.checks)
    checks[1] = checks[1].model_copy(update=change)

    def talk(brief: bytes) -> Asks:
        yield wire.Reported(report=Report(checks=tuple(checks)))

    with pytest.raises(PlatformFault) as caught:
        end(room.open(talk), None)
    assert caught.value.code is Code.LAB_BROKEN


def test_the_last_words_are_those_of_what_still_runs(room: Room) -> None:
    looks = wire.Wait(container=0, seconds=5), start(STAYS), wire.Inspect(container=1)
    room.ask(start(), *looks)
    session = room.sessions[0]
    assert session.log.endswith("end\n"), "a look without the log leaves what was heard"
    assert session.last_words() == "up\n"
    session.close()
    assert session.last_words() == "up\n", "removed: what was last heard stays, nothing breaks"
