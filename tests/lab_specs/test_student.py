"""What a student leaves on a volume is hostile, and is refused unread."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from lab_specs import wire
from lab_specs.faults import Code, StudentFault
from lab_specs.student import Process, Run, Student, Volume


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
    names = volume.names()
    assert names == sorted(names)
    assert len(names) == 50


def test_copying_takes_plain_files_and_nothing_else(volume: Volume, tmp_path: Path) -> None:
    other = Volume("copy", tmp_path / "copy", 8)
    other.path.mkdir()
    source = Volume("source", tmp_path / "source", 8)
    (source.path / "models").mkdir(parents=True)
    source.write("models/best.pt", b"weights")
    (source.path / "secret").symlink_to("/etc/passwd")
    other.copy_from(source)
    assert other.names() == ["models/best.pt"]
    other.truncate("models/best.pt", 0.5)
    assert other.read("models/best.pt") == b"wei"


def test_clearing_leaves_an_empty_folder(volume: Volume) -> None:
    volume.write("a", b"")
    (volume.path / "b" / "c").mkdir(parents=True)
    (volume.path / "d").symlink_to("/etc")
    volume.clear()
    assert list(volume.path.iterdir()) == []
    assert Path("/etc").is_dir()


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


def test_a_run_that_ended_well_is_itself() -> None:
    assert run().require("train") == run()


@pytest.mark.parametrize(
    ("ended", "code"),
    [
        ({"exit_code": 3}, Code.COMMAND_FAILED),
        ({"exit_code": 137, "timed_out": True}, Code.TIME_LIMIT),
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
    one = Student(grader, {"out": 4}, 30).run(["train"], env={"SEED": "1"})
    assert (one.exit_code, one.seconds, one.log) == (0, 2.0, "done")
    assert grader.asked == [
        wire.Start(command=("train",), env={"SEED": "1"}),
        wire.Wait(container=4, seconds=30),
        wire.Remove(container=4),
    ]


def test_an_image_that_cannot_start_is_the_students_fault() -> None:
    grader = Grader(wire.Answer(code=Code.COMMAND_NOT_FOUND, facts={"error": "no such file"}))
    with pytest.raises(StudentFault) as caught:
        Student(grader, {}, 30).start(["train"])
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
