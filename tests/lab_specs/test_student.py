"""What a student leaves on a volume is hostile, and is refused unread."""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lab_specs import wire
from lab_specs.faults import Code, StudentFault
from lab_specs.student import Image, Process, Run, Volume


@pytest.fixture
def volume(tmp_path: Path) -> Volume:
    return Volume("out", tmp_path, 8)


def refused(read: Callable[[], bytes]) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        read()
    return caught.value


def test_a_plain_file_is_read(volume: Volume) -> None:
    volume.write("a.csv", b"index,label\n")
    assert volume.read("a.csv") == b"index,label\n"


def test_a_missing_file_is_told_with_what_was_found(volume: Volume) -> None:
    volume.write("other.csv", b"")
    fault = refused(lambda: volume.read("a.csv"))
    assert fault.code is Code.OUTPUT_MISSING
    assert fault.facts == {"file": "a.csv", "found": ["other.csv"]}


@pytest.mark.parametrize("make", ["link", "broken link", "pipe", "folder", "socket"])
def test_what_is_no_plain_file_is_never_opened(volume: Volume, make: str) -> None:
    path = volume.path / "a.csv"
    match make:
        case "link":
            path.symlink_to("/etc/passwd")
        case "broken link":
            path.symlink_to("nowhere")
        case "pipe":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "socket":
            with socket.socket(socket.AF_UNIX) as one:
                one.bind(str(path))
    fault = refused(lambda: volume.read("a.csv"))
    assert fault.code in {Code.OUTPUT_MALFORMED, Code.OUTPUT_MISSING}
    assert volume.names() == []


def test_no_link_on_the_way_is_followed(volume: Volume, tmp_path: Path) -> None:
    outside = tmp_path.parent / "outside"
    outside.mkdir()
    (outside / "a").write_bytes(b"the judge's own")
    (volume.path / "models").symlink_to(outside)
    (volume.path / "a").symlink_to(outside / "a")
    assert refused(lambda: volume.read("models/a")).code is Code.OUTPUT_MALFORMED
    for name in ("models/a", "a"):
        with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
            volume.write(name, b"the student's")
    assert (outside / "a").read_bytes() == b"the judge's own"


def test_an_endless_file_is_not_read_to_its_end(volume: Volume) -> None:
    with (volume.path / "huge.csv").open("wb") as file:
        file.truncate(1 << 40)
    fault = refused(lambda: volume.read("huge.csv", limit_mb=1))
    assert (fault.code, fault.facts["problem"]) == (Code.OUTPUT_MALFORMED, "larger than 1 MiB")


def test_a_file_of_exactly_the_limit_is_read(volume: Volume) -> None:
    volume.write("a", b"x" * 1024 * 1024)
    assert len(volume.read("a", limit_mb=1)) == 1024 * 1024


def test_names_are_bounded_sorted_and_follow_no_link(volume: Volume) -> None:
    (volume.path / "loop").symlink_to(volume.path)
    folder = volume.path / "deep" / "deeper"
    folder.mkdir(parents=True)
    (folder / "model.pt").touch()
    for number in range(60):
        (volume.path / f"{number:02}").touch()
    assert volume.names() == [*(f"{number:02}" for number in range(60)), "deep/deeper/model.pt"]
    for number in range(2000):
        (volume.path / f"x{number}").touch()
    names = volume.names()
    assert names == sorted(names)
    assert len(names) == 1000


@pytest.fixture
def trap() -> Iterator[Volume]:
    """A tree deeper than Python's stack and longer than a path may be."""
    folder = tempfile.mkdtemp(dir="/tmp")
    place = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=place)
        inner = os.open("d", os.O_RDONLY, dir_fd=place)
        os.close(place)
        place = inner
    os.close(os.open("bottom", os.O_CREAT, dir_fd=place))
    os.close(place)
    yield Volume("out", Path(folder), 8)
    subprocess.run(["rm", "-rf", folder], check=True)  # Python's own would fall in


def test_a_tree_that_is_a_trap_traps_nobody(trap: Volume) -> None:
    trap.write("a", b"")
    (trap.path / "closed").mkdir(mode=0)
    assert trap.names() == ["a"]
    trap.clear()
    assert not (trap.path / "a").exists()


@pytest.mark.parametrize("name", ["../up", "/etc/passwd", "a/../../up", "", "..", "a\0b"])
def test_a_name_that_leads_out_names_nothing(volume: Volume, name: str) -> None:
    (volume.path.parent / "up").write_bytes(b"not theirs")
    assert refused(lambda: volume.read(name)).code is Code.OUTPUT_MISSING
    with pytest.raises(FileNotFoundError):
        volume.write(name, b"x")


def test_odd_names_are_told_as_text(volume: Volume) -> None:
    for name in (b"new\nline", b"\xff\xfe", "é".encode()):
        Path(os.fsdecode(bytes(volume.path) + b"/" + name)).touch()
    assert len(volume.names()) == 3
    fault = refused(lambda: volume.read("a"))
    assert json.loads(json.dumps(fault.facts["found"])) == ["new\nline", "é", "??"]
    assert volume.read("new\nline") == b""


def test_a_file_that_only_its_owner_reads_is_told_so() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        Path(folder).chmod(0o755)
        volume = Volume("out", Path(folder), 8)
        volume.write("a", b"x")
        (volume.path / "a").chmod(0)
        said, say = os.pipe()
        child = os.fork()
        if child == 0:  # as another user, for whom closed means closed
            with contextlib.suppress(PermissionError):
                os.setuid(10002)
            fault = refused(lambda: volume.read("a"))
            os.write(say, f"{fault.code} {fault.facts['problem']}".encode())
            os._exit(0)
        os.waitpid(child, 0)
        told = os.read(said, 1000).decode()
        os.close(said)
        os.close(say)
    assert told.startswith("output_malformed it cannot be opened (Permission denied)")


def run(**ended: object) -> Run:
    facts: dict[str, object] = {
        "exit_code": 0,
        "seconds": 1.0,
        "timed_out": False,
        "out_of_memory": False,
        "log": "the log",
        "full_volumes": (),
        "limit_seconds": 5.0,
    }
    return Run(**{**facts, **ended})  # type: ignore[arg-type]


@pytest.mark.parametrize("coped", [{}, {"out_of_memory": True}, {"full_volumes": ("full",)}])
def test_a_run_that_ended_well_is_itself(coped: dict[str, object]) -> None:
    one = run(**coped)
    assert one.require("train") is one


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ({"exit_code": 3}, Code.COMMAND_FAILED),
        ({"exit_code": 137, "timed_out": True, "cpu_seconds": 4.5}, Code.TIME_LIMIT),
        ({"exit_code": 137, "out_of_memory": True}, Code.OUT_OF_MEMORY),
        ({"exit_code": 1, "full_volumes": (Volume("out", Path(), 4),)}, Code.DISK_LIMIT),
    ],
)
def test_a_run_that_ended_badly_says_why(ended: dict[str, object], code: Code) -> None:
    with pytest.raises(StudentFault) as caught:
        run(**ended).require("train")
    assert caught.value.code is code
    assert caught.value.facts["step"] == "train"
    assert caught.value.facts["log"] == "the log"
    assert caught.value.facts.get("cpu_seconds") == ended.get("cpu_seconds")


class Grader:
    """The other end of the wire: keeps what was asked, answers what it is told to."""

    def __init__(self, *answers: wire.Answer) -> None:
        self.asked: list[wire.Message] = []
        self.answers = list(answers)

    def __call__(self, ask: wire.Message) -> wire.Answer:
        self.asked.append(ask)
        return self.answers.pop(0)


def test_a_run_is_started_waited_for_and_removed() -> None:
    ended = wire.Answer(container=4, exit_code=0, seconds=2.0, log="done")
    grader = Grader(wire.Answer(container=4), ended, wire.Answer())
    one = Image(grader, {"out": 4}, 30).run(["train"], env={"SEED": "1"})
    assert (one.exit_code, one.seconds, one.log) == (0, 2.0, "done")
    assert grader.asked == [
        wire.Start(command=("train",), env={"SEED": "1"}),
        wire.Wait(container=4, seconds=30),
        wire.Remove(container=4),
    ]


def test_an_odd_name_may_stand_in_a_command_and_in_a_variable() -> None:
    name = os.fsdecode(b"run-\xff")
    grader = Grader(wire.Answer())
    Image(grader, {}, 30).start([name], env={"RUN": name})
    assert grader.asked == [wire.Start(command=("run-?",), env={"RUN": "run-?"})]
    assert grader.asked[0].line()


def test_an_image_that_cannot_start_is_the_students_fault() -> None:
    grader = Grader(wire.Answer(code=Code.COMMAND_NOT_FOUND, facts={"error": "no such file"}))
    with pytest.raises(StudentFault) as caught:
        Image(grader, {}, 30).start(["train"])
    assert (caught.value.code, caught.value.facts) == (
        Code.COMMAND_NOT_FOUND,
        {"error": "no such file"},
    )


def test_waiting_for_a_file_ends_with_the_process(volume: Volume) -> None:
    running, ended = wire.Answer(container=0), wire.Answer(container=0, exit_code=1)
    process = Process(Grader(running, ended), 0, ())
    assert not volume.wait_for(lambda v: "a" in v.names(), seconds=30, process=process)


def test_waiting_for_a_file_that_is_there(volume: Volume) -> None:
    volume.write("a", b"")
    process = Process(Grader(), 0, ())
    assert volume.wait_for(lambda v: "a" in v.names(), seconds=30, process=process)


def test_waiting_for_a_file_seldom_asks_for_the_container(volume: Volume) -> None:
    running = [wire.Answer(container=0) for _ in range(6)]
    grader = Grader(*running)
    assert not volume.wait_for(lambda _: False, seconds=0.3, process=Process(grader, 0, ()))
    assert 2 <= len(grader.asked) <= 5
    assert set(grader.asked) == {wire.Inspect(container=0)}, "its log is not needed"


def test_an_undeclared_volume_is_the_labs_mistake_and_starts_nothing() -> None:
    grader = Grader()
    for mode in ("ro", "rw"):
        with pytest.raises(ValueError, match=r"no volume 'inn'|mounts"):
            Image(grader, {"in": 4}, 30).start(mounts={"inn": f"/in:{mode}"})
    assert grader.asked == []


@pytest.mark.parametrize("at", ["/in", "/in:RO", "in:ro", "/in:ro:z", ":rw", "/a b:ro"])
def test_a_place_that_is_neither_read_only_nor_writable_is_refused(at: str) -> None:
    with pytest.raises(ValueError, match="mounts"):
        Image(Grader(), {"in": 4}, 30).start(mounts={"in": at})


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf"), 1e9])
def test_nobody_waits_for_no_time_or_for_ever(seconds: float) -> None:
    with pytest.raises(ValueError, match="seconds"):
        Process(Grader(), 0, ()).wait(seconds)


def test_a_container_is_removed_once() -> None:
    grader = Grader(wire.Answer())
    process = Process(grader, 0, ())
    process.remove()
    process.remove()
    assert len(grader.asked) == 1
