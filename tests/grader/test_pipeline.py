"""Every end of an attempt: its verdict, what it leaves as evidence, and that it clears up."""

import json
import os
import re
import time
from collections.abc import Generator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grader.build import Image
from grader.engine import ImageGoneError
from grader.fetch import FetchPolicy, Source
from grader.job import Job
from grader.judges import JudgePool
from grader.pipeline import SOURCE_LABEL, AbandonedError, Grader, Outcome
from grader.settings import GraderSettings
from lab_specs import wire
from lab_specs.faults import Code, PlatformFault, StudentFault
from lab_specs.figures import Figure
from lab_specs.report import Outcome as CheckOutcome
from lab_specs.report import Verdict
from lab_specs.schema import SidecarName, SidecarShare
from tests.grader.fake_engine import FakeEngine, Script
from tests.grader.labs import make_lab, reported

COMMIT = "a" * 40
SEED = 123_456_789
JUDGE = "judge:1"
LOG = "log: Step 1: it builds"
LAB = make_lab()
STAYS = ("stays",)
SCRIPTS = {
    (): Script(log=b"hello\n"),
    STAYS: Script(exit_code=None, log=b"up\n"),
}
Asks = Generator[wire.Message | bytes, wire.Answer | None, None]


class Diary:
    """An observer that keeps all, and may want no more at a given word."""

    def __init__(self, until: str = "") -> None:
        self.said: list[str] = []
        self._until = until

    def phase(self, name: str) -> None:
        self._hear(name)

    def log(self, text: str) -> None:
        self._hear(f"log: {text}")

    def note(self, text: str) -> None:
        self._hear(f"note: {text}")

    def _hear(self, text: str) -> None:
        self.said.append(text)
        if self._until and text.startswith(self._until):
            raise AbandonedError


class Bench:
    """A grader whose engine is in memory, and whose fetching and building are told what to do."""

    def __init__(self, folder: Path) -> None:
        self.lab = LAB
        self.engine = FakeEngine(SCRIPTS)
        self.engine.images = {JUDGE: {}}
        self.engine.talk = self.talk
        self.last: wire.Message | None = reported()
        self.asks: tuple[wire.Message, ...] = (wire.Start(), wire.Wait(container=0, seconds=5))
        self.fetching: Exception | None = None
        self.building: Exception | None = None
        self.built: list[dict[str, Any]] = []
        self.folder = folder
        self.pool = JudgePool(self.engine, JUDGE, spares=0, labels={})
        self.grader = Grader(
            self.engine,
            self.pool,
            GraderSettings(workdir=folder, judge_image=JUDGE, git_hosts=["git.example.org"]),
            fetch=self.fetch,
            build=self.build,
            stand_ins=lambda: {"python:3.11-slim": "sha256:base"},
        )

    def fetch(self, job: Job, target: Path, policy: FetchPolicy) -> Source:
        assert policy.hosts == ("git.example.org",)
        if self.fetching:
            raise self.fetching
        (target / "app").mkdir(parents=True)
        (target / "app" / "Dockerfile").write_text("FROM python:3.11-slim AS base\nFROM base\n")
        return Source(
            path=target,
            repository=job.repository,
            commit=job.commit,
            tree="b" * 40,
            context="app",
            dockerfile="app/Dockerfile",
            files=3,
            bytes=99,
            manifest_used=True,
        )

    def build(self, source: Source, **given: Any) -> Image:
        assert source.path.is_dir()
        given["on_log"]("Step 1: it builds")
        if self.building:
            raise self.building
        self.built.append(given)
        self.engine.images[given["tag"]] = given["labels"]
        return Image(
            id=f"sha256:{given['tag']}",
            reference=given["tag"],
            seconds=1.0,
            cached=False,
            stand_ins=("python:3.11-slim",),
            log="Step 1",
        )

    def build_by_name(self, source: Source, **given: Any) -> Image:
        """On an engine whose images have no other id than their name."""
        return replace(self.build(source, **given), id=given["tag"])

    def talk(self, brief: bytes) -> Asks:
        for ask in self.asks:
            _ = yield ask
        yield wire.Phase(phase="judging", note="It starts")
        yield wire.Inspect(container=0, with_log=True)
        if self.last:
            yield self.last

    def grade(self, diary: Diary | None = None, **job: Any) -> Outcome:
        usual = {"attempt": "7", "lab": "manners", "repository": "https://git.example.org/a/b"}
        given = usual | {"commit": COMMIT, "seed": SEED, "seed_name": "edition 1"} | job
        return self.grader.grade(Job(**given), self.lab, diary or Diary())

    def left(self) -> list[str]:
        """Containers, volumes and files that are still there."""
        self.pool.close()
        files = [path.name for path in self.folder.iterdir()]
        return [*self.engine.containers, *self.engine.volumes, *files]


class Vanish:
    """Takes the image away right after it was looked up for the first time."""

    def __init__(self, engine: FakeEngine, name: str) -> None:
        self.engine, self.name, self.calls = engine, name, 0

    def __call__(self, reference: str) -> str | None:
        self.calls += 1
        found = self.engine.image_id(reference)
        if self.calls == 1:
            del self.engine.images[self.name]
        return found


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    assert bench.left() == []


def names(outcome: Outcome) -> list[str]:
    return [phase["name"] for phase in outcome.phases]


def test_passed(bench: Bench) -> None:
    diary = Diary()
    outcome = bench.grade(diary)
    assert (outcome.verdict, outcome.code) == (Verdict.PASSED, None)
    assert outcome.levels == {"manners": "advanced"}
    assert [check.id for check in outcome.checks] == ["starts", "is_quick"]
    assert names(outcome) == ["fetching", "building", "running", "judging"]
    assert all(0 <= phase["seconds"] < 30 for phase in outcome.phases)
    heard = [said for said in diary.said if not said.startswith("log")]
    assert heard == ["fetching", "building", "running", "note: It starts", "judging"]
    assert outcome.log == "Step 1: it builds\nhello\n"


def test_the_evidence_of_a_verdict(bench: Bench) -> None:
    outcome = bench.grade()
    proof = dict(outcome.provenance)
    assert re.fullmatch(r"sha256:mlops-work:[0-9a-f]{32}", proof.pop("image"))
    assert proof == {
        "commit": COMMIT,
        "lab_digest": LAB.digest,
        "judge_image": f"sha256:{JUDGE}",
        "seed": "edition 1",
        "limits": LAB.file.limits.model_dump(),
        "stretch": 1.0,
        "runs": [{"wall_seconds": 0.5, "cpu_seconds": None, "exit_code": 0, "timed_out": False}],
        "source": {
            "tree": "b" * 40,
            "context": "app",
            "dockerfile": "app/Dockerfile",
            "files": 3,
            "bytes": 99,
            "manifest_used": True,
        },
        "stand_ins": ["python:3.11-slim"],
    }
    assert str(SEED) not in json.dumps(proof) + repr(outcome)


def test_figures_travel_and_decide_nothing(bench: Bench) -> None:
    figure = Figure(id="loss", title="Loss", x="step", y="loss", kind="lines", series=())
    plain = reported(is_quick=CheckOutcome.FAILED)
    report = plain.report.model_copy(update={"figures": (figure,)})
    before = bench.grade()
    bench.last = plain.model_copy(update={"report": report})
    after = bench.grade()
    assert (before.figures, after.figures) == ((), (figure,))
    bench.last = plain
    assert bench.grade().levels == after.levels


def test_failed(bench: Bench) -> None:
    bench.last = reported(starts=CheckOutcome.FAILED, is_quick=CheckOutcome.SKIPPED)
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.FAILED, None)
    assert outcome.levels == {"manners": "not yet proficient"}
    assert len(outcome.checks) == 2


def test_a_level_that_is_enough_passes(bench: Bench) -> None:
    bench.last = reported(is_quick=CheckOutcome.FAILED)
    outcome = bench.grade()
    assert outcome.verdict is Verdict.PASSED
    assert outcome.levels == {"manners": "proficient"}


def test_a_check_that_broke_is_ours(bench: Bench) -> None:
    bench.last = reported(is_quick=CheckOutcome.ERROR)
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.CRASHED, Code.LAB_BROKEN)


@pytest.mark.parametrize(
    ("fault", "verdict"),
    [
        (StudentFault(Code.REPOSITORY_NOT_FOUND, link="l"), Verdict.REJECTED),
        (PlatformFault(Code.HOST_UNREACHABLE, host="h"), Verdict.CRASHED),
        (OSError("disk full"), Verdict.CRASHED),
    ],
)
def test_what_stops_the_fetch(bench: Bench, fault: Exception, verdict: Verdict) -> None:
    bench.fetching = fault
    outcome = bench.grade()
    assert outcome.verdict is verdict
    assert outcome.code is getattr(fault, "code", Code.INTERNAL)
    assert names(outcome) == ["fetching"]
    assert outcome.provenance["commit"] == COMMIT
    assert (outcome.levels, outcome.checks) == ({}, ())


@pytest.mark.parametrize("code", [Code.BUILD_FAILED, Code.BUILD_TIMED_OUT])
def test_what_stops_the_build(bench: Bench, code: Code) -> None:
    bench.building = StudentFault(code, log="pip: no")
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, code)
    assert outcome.facts == {"log": "pip: no"}
    assert names(outcome) == ["fetching", "building"]
    assert outcome.log == "Step 1: it builds\n"
    assert outcome.provenance["source"]["files"] == 3


def test_an_image_that_cannot_start_is_rejected(bench: Bench) -> None:
    bench.asks = (wire.Start(command=STAYS),)
    bench.last = wire.Rejected(code=Code.NEVER_LISTENED, facts={"port": 8000})
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, Code.NEVER_LISTENED)
    assert outcome.facts == {"port": 8000}
    assert outcome.log.endswith("up\n")


def test_a_judge_that_dies_is_ours(bench: Bench) -> None:
    bench.last = None
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.CRASHED, Code.JUDGE_FAILED)
    assert outcome.facts["log"] == "the judge's own words\n"


def test_a_judge_image_that_is_missing_is_ours_and_says_what_to_do(bench: Bench) -> None:
    del bench.engine.images[JUDGE]
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.CRASHED, Code.ENGINE_UNAVAILABLE)
    assert "script/setup" in outcome.facts["problem"]
    assert names(outcome) == []


def test_the_sidecars_of_a_lab_are_evidence_and_must_be_there(bench: Bench) -> None:
    share = SidecarShare(memory_mb=64, cpus=0.5, pids=16, tmp_mb=1)
    bench.lab = make_lab(sidecars={SidecarName.DEVICE: share})
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.CRASHED, Code.ENGINE_UNAVAILABLE)
    assert "device" in outcome.facts["problem"]
    bench.engine.images["mlops-device:latest"] = {}
    proof = bench.grade().provenance
    assert proof["sidecars"] == {"device": "sha256:mlops-device:latest"}


def test_an_unknown_exception_is_a_crash_without_its_traceback(bench: Bench) -> None:
    bench.building = ZeroDivisionError("x" * 10_000)
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.CRASHED, Code.INTERNAL)
    assert outcome.facts["problem"].startswith("ZeroDivisionError: xxx")
    assert len(outcome.facts["problem"]) <= 500


@pytest.mark.parametrize(
    "until",
    ["fetching", "building", LOG, "running", "note: It starts", "judging", f"{LOG}\nhello"],
)
def test_abandoned_passes_through_and_leaves_nothing(bench: Bench, until: str) -> None:
    with pytest.raises(AbandonedError):
        bench.grade(Diary(until))
    assert bench.left() == []


def test_the_image_of_a_commit_is_built_once(bench: Bench) -> None:
    first, second = bench.grade(), bench.grade(attempt="8")
    assert len(bench.built) == 1
    assert names(second) == ["running", "judging"]
    assert second.provenance["image"] == first.provenance["image"]
    assert second.provenance["source"] == first.provenance["source"]
    assert second.provenance["stand_ins"] == ["python:3.11-slim"]
    assert second.provenance["image_reused"] is True
    assert "image_reused" not in first.provenance
    assert f"commit {COMMIT[:12]} was built before" in second.log


def test_an_image_that_vanished_before_its_use_is_built_again(bench: Bench) -> None:
    bench.grade()
    start = bench.engine.start

    def gone(**given: Any) -> str:
        if given["image"] in bench.engine.images:
            return start(**given)
        raise ImageGoneError(Code.ENGINE_UNAVAILABLE, problem="no such image")

    bench.engine.start = gone  # type: ignore[method-assign]
    name = bench.built[0]["tag"]
    bench.engine.image_id = lambda name: name if name in bench.engine.images else None  # type: ignore[method-assign]
    bench.grader = replace(bench.grader, build=bench.build_by_name)
    bench.engine.use_image = vanish = Vanish(bench.engine, name)  # type: ignore[method-assign]
    outcome = bench.grade()
    assert vanish.calls == 2
    assert (outcome.verdict, outcome.code) == (Verdict.PASSED, None)
    assert len(bench.built) == 2
    assert "image_reused" not in outcome.provenance
    assert names(outcome) == ["running", "fetching", "building", "running", "judging"]


def test_an_image_too_large_is_refused_and_not_kept(bench: Bench) -> None:
    bench.engine.image_bytes = lambda _: 8_000_000_001  # type: ignore[method-assign]
    outcome = bench.grade()
    assert (outcome.verdict, outcome.code) == (Verdict.REJECTED, Code.IMAGE_TOO_LARGE)
    assert outcome.facts == {"size_mb": 8000, "limit_mb": 8000}
    assert bench.built[0]["tag"] not in bench.engine.images
    assert bench.built[0]["settings"].build_disk_gb == 8


def test_an_image_is_used_by_its_name(bench: Bench) -> None:
    bench.grade()
    bench.grade()
    assert bench.engine.used == [bench.built[0]["tag"]] * 2, "the cache keeps what is used"


@pytest.mark.parametrize(
    "change", [{"commit": "b" * 40}, {"context": "app"}, {"dockerfile": "Other"}], ids=str
)
def test_what_makes_another_image(bench: Bench, change: dict[str, str]) -> None:
    first, second = bench.grade(), bench.grade(**change)
    assert len(bench.built) == 2
    assert first.provenance["image"] != second.provenance["image"]


def test_a_new_base_makes_a_new_image(bench: Bench) -> None:
    bench.grade()
    bench.engine.images["mlops-python:3.11"] = {}
    bench.grade()
    assert len(bench.built) == 2


def test_what_the_build_is_told(bench: Bench) -> None:
    bench.grade()
    told = bench.built[0]
    assert told["seconds"] == LAB.file.build_seconds
    assert told["stand_ins"] == {"python:3.11-slim": "sha256:base"}
    assert json.loads(told["labels"][SOURCE_LABEL])["source"]["tree"] == "b" * 40


def test_attempts_that_share_cores_get_longer_clocks(bench: Bench) -> None:
    # Sixteen attempts of half a core each, on four cores
    settings = bench.grader.settings.model_copy(update={"concurrency": 16})
    bench.grader = replace(bench.grader, settings=settings)
    outcome = bench.grade()
    assert outcome.provenance["stretch"] == 2.0
    assert outcome.provenance["limits"] == LAB.file.limits.model_dump(), "those of the lab"
    assert bench.built[0]["seconds"] == 2 * LAB.file.build_seconds
    student = next(one for one in bench.engine.started if one.image != JUDGE)
    total = 2 * LAB.file.limits.total_seconds
    assert total < student.limits.deadline - time.time() < total + 70


def test_a_student_container_names_its_attempt(bench: Bench) -> None:
    bench.grade(token="6b3c", worker="host 17")
    bench.grade()
    first, on_a_laptop = (one.labels for one in bench.engine.started if one.image != JUDGE)
    assert on_a_laptop == {"mlops.attempt": "7", "mlops.role": "student"}
    assert first == on_a_laptop | {"mlops.token": "6b3c", "mlops.worker": "host 17"}
    assert str(SEED) not in repr(bench.engine.started)


def test_a_log_too_long_is_shortened(bench: Bench) -> None:
    bench.engine.scripts[()] = Script(log=b"a line\n" * 50_000)
    outcome = bench.grade()
    assert len(outcome.log) <= 16_100
    assert "left out" in outcome.log


def test_a_build_of_many_lines_is_heard_quickly_and_its_ends_are_kept(bench: Bench) -> None:
    build = bench.build

    def talkative(source: Source, **given: Any) -> Image:
        for number in range(20_000):
            given["on_log"](f"line {number}")
        return build(source, **given)

    bench.grader = replace(bench.grader, build=talkative)
    began = time.process_time()
    outcome = bench.grade()
    assert time.process_time() - began < 3, "the whole log was read again for each line"
    lines = outcome.log.splitlines()
    assert lines[:2] == ["line 0", "line 1"]
    assert "line 19999" in lines
    assert sum("left out" in line for line in lines) == 1
    assert 15_000 < len(outcome.log) < 16_100


def test_what_a_service_said_last_is_kept(bench: Bench) -> None:
    bench.engine.scripts[()] = Script(exit_code=None, log=b"Traceback of the last request\n")
    bench.asks = (wire.Start(), wire.Inspect(container=0))
    bench.last = reported(starts=CheckOutcome.FAILED)
    assert "Traceback of the last request" in bench.grade().log


def test_a_repository_as_deep_as_a_trap_is_removed(bench: Bench) -> None:
    fetch = bench.fetch

    def deep(job: Job, target: Path, policy: FetchPolicy) -> Source:
        source = fetch(job, target, policy)
        place = os.open(target, os.O_RDONLY)
        for _ in range(2000):
            os.mkdir("d", dir_fd=place)
            inner = os.open("d", os.O_RDONLY, dir_fd=place)
            os.close(place)
            place = inner
        os.close(place)
        return source

    bench.grader = replace(bench.grader, fetch=deep)
    assert bench.grade().verdict is Verdict.PASSED
