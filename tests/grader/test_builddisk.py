"""A build that fills the disk is ended: the student's fault only when nobody else did it."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from grader import builddisk
from grader.build import build
from grader.builddisk import Watched, watched
from grader.docker_engine import DockerEngine
from grader.fetch import FetchPolicy, fetch
from grader.job import Job
from grader.room import GB
from grader.settings import GraderSettings
from lab_specs.faults import Code, PlatformFault, StudentFault
from lab_specs.messages import explain
from tests.grader.repositories import repository

SETTINGS = GraderSettings(build_disk_gb=8, free_disk_gb=5)


class Disk:
    """A disk whose free space a test says, and whose layers, too."""

    def __init__(self) -> None:
        self.free = 100 * GB
        self.written: int | None = 100 * GB


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    disk = Disk()
    monkeypatch.setattr(builddisk, "LOOK_EVERY", 0.01)
    monkeypatch.setattr(builddisk, "engine_folder", lambda: Path("/engine"))
    monkeypatch.setattr(builddisk, "_free", lambda _: disk.free)
    monkeypatch.setattr(builddisk, "_written", lambda *_: disk.written)
    return disk


class Builds:
    """Several builds at once; each knows whether it was stopped."""

    def __init__(self, stack: ExitStack) -> None:
        self.stack = stack
        self.stopped: list[int] = []
        self.count = 0

    def add(self) -> Watched:
        number, self.count = self.count, self.count + 1
        build = self.stack.enter_context(watched(SETTINGS, lambda: self.stopped.append(number)))
        assert build is not None
        return build

    def until_stopped(self, count: int) -> list[int]:
        end = time.monotonic() + 20
        while len(self.stopped) < count:
            assert time.monotonic() < end
            time.sleep(0.01)
        time.sleep(0.1)  # nobody else follows
        return self.stopped


@pytest.fixture
def builds() -> Iterator[Builds]:
    with ExitStack() as stack:
        yield Builds(stack)


def test_a_build_within_its_limit_goes_on(disk: Disk, builds: Builds) -> None:
    build = builds.add()
    disk.free = 92 * GB
    assert builds.until_stopped(0) == []
    assert not build.ended


def test_one_alone_is_guilty(disk: Disk, builds: Builds) -> None:
    build = builds.add()
    disk.free -= 9 * GB
    assert builds.until_stopped(1) == [0]
    assert (build.ended, build.guilty, build.used) == (True, True, 9 * GB)


def test_one_alone_is_innocent_of_what_others_wrote(disk: Disk, builds: Builds) -> None:
    build = builds.add()
    disk.free, disk.written = disk.free - 9 * GB, GB
    assert builds.until_stopped(1) == [0]
    assert (build.ended, build.guilty) == (True, False)


def test_where_layers_cannot_be_measured_the_disk_decides(disk: Disk, builds: Builds) -> None:
    build = builds.add()
    disk.free, disk.written = disk.free - 9 * GB, None
    builds.until_stopped(1)
    assert build.guilty


def test_of_several_the_youngest_ends_and_the_others_count_anew(disk: Disk, builds: Builds) -> None:
    old, young = builds.add(), builds.add()
    disk.free -= 9 * GB
    assert builds.until_stopped(1) == [1]
    assert (young.ended, young.guilty, old.ended) == (True, False, False)
    disk.free -= 7 * GB
    assert builds.until_stopped(1) == [1]
    disk.free -= 2 * GB
    assert builds.until_stopped(2) == [1, 0]


def test_a_disk_that_is_nearly_full_ends_a_build_without_guilt(disk: Disk, builds: Builds) -> None:
    disk.free = 2 * GB
    build = builds.add()
    assert builds.until_stopped(0) == []
    disk.free = GB // 2
    builds.until_stopped(1)
    assert (build.ended, build.guilty) == (True, False)


def test_the_watch_ends_with_the_last_build_and_begins_again(disk: Disk) -> None:
    for _ in range(2):
        with watched(SETTINGS, lambda: None):
            thread = builddisk.WATCH.thread
            assert thread is not None
        thread.join(20)
        assert builddisk.WATCH.thread is None
    assert builddisk.WATCH.builds == []


def test_without_settings_or_disk_nothing_is_watched(
    disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watched(None, lambda: None) as build:
        assert build is None
    monkeypatch.setattr(builddisk, "engine_folder", lambda: None)
    with watched(SETTINGS, lambda: None) as build:
        assert build is None


FILL = """FROM mlops-python:3.11
RUN echo {mark} && for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do \
head -c 20000000 /dev/urandom > /$n; sleep 0.1; done
"""


@pytest.fixture
def fill(tmp_path: Path) -> Iterator[Callable[[GraderSettings], None]]:
    """Builds an image that writes 300 MB."""
    home = tmp_path / "r"
    commit = repository(home, {"Dockerfile": FILL.format(mark=uuid4().hex)})
    tag = f"mlops-test-{uuid4().hex[:12]}:x"

    def run(settings: GraderSettings) -> None:
        job = Job(attempt="a", lab="l", repository=home.as_uri(), commit=commit, seed=1)
        source = fetch(job, tmp_path / "work", FetchPolicy(hosts=(), local_root=tmp_path))
        build(
            source,
            tag=tag,
            labels={},
            seconds=100,
            on_log=lambda _: None,
            stand_ins={},
            settings=settings,
        )

    yield run
    DockerEngine().remove_image(tag)


@pytest.mark.docker
def test_a_real_build_that_writes_too_much_is_ended(
    fill: Callable[[GraderSettings], None],
) -> None:
    with pytest.raises(StudentFault) as caught:
        fill(GraderSettings(build_disk_gb=0.1, free_disk_gb=0))
    fault = caught.value
    assert fault.code is Code.BUILD_TOO_LARGE
    assert fault.facts["limit_mb"] == 100
    assert 100 <= fault.facts["used_mb"] < 300
    words = explain(fault.code, fault.facts)
    assert "RUN echo" in words.happened
    assert "at most 100 MB" in words.expected


@pytest.mark.docker
def test_a_real_build_beside_a_disk_that_fills_is_tried_again(
    fill: Callable[[GraderSettings], None], tmp_path: Path
) -> None:
    """Somebody else takes the space: 150 MB of the build's own are below half of the limit."""
    settings = GraderSettings(build_disk_gb=0.65, free_disk_gb=0)
    folder = builddisk.engine_folder()
    assert folder is not None

    def others() -> None:
        with (tmp_path / "filler").open("wb") as file:
            for _ in range(60):
                file.write(bytes(20_000_000))
                file.flush()

    filler = threading.Thread(target=others)
    filler.start()
    with pytest.raises(PlatformFault) as caught:
        fill(settings)
    filler.join()
    assert caught.value.code is Code.ENGINE_UNAVAILABLE


@pytest.mark.docker
def test_a_real_build_with_room_is_built(fill: Callable[[GraderSettings], None]) -> None:
    fill(GraderSettings(build_disk_gb=2, free_disk_gb=0))
