"""One attempt from a repository to an outcome: fetch, build, run, judge.

Knows nothing of the portal: a job goes in, an outcome comes out, an observer hears of progress.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

import structlog

from grader.build import Image, build
from grader.cache import REPOSITORY
from grader.dockerfile import instructions
from grader.engine import ATTEMPT, TOKEN, WORKER, Engine, ImageGoneError
from grader.fetch import FetchPolicy, Source, fetch
from grader.images import PYTHON, SIDECARS, TORCH, stand_ins
from grader.job import Job
from grader.judge import judge
from grader.judges import JudgePool
from grader.output import tidy
from grader.room import GB
from grader.run import run
from grader.scratch import scratch
from grader.session import Session
from grader.settings import GraderSettings
from grader.stretch import stretch
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault
from lab_specs.figures import Figure
from lab_specs.report import CheckResult, Report, Verdict, levels_reached, verdict_of
from lab_specs.schema import LabSpec

LOG_HEAD, LOG_TAIL = 5_000, 11_000  # characters of the log that an attempt keeps
LOG_GAP = "\n… some of the log is left out …\n"
SOURCE_LABEL = "mlops.source"
DOCKERFILE_CAP = 1_000_000  # bytes
logger = structlog.get_logger()


class AbandonedError(Exception):
    """Raised by an observer: nobody wants this outcome any more (superseded, lease lost)."""


class Observer(Protocol):
    """Hears of progress. Any call may raise `AbandonedError` to end the attempt."""

    def phase(self, name: str) -> None:
        """A phase begins: fetching, building, running, judging."""

    def log(self, text: str) -> None:
        """The end of the log so far, tidied."""

    def note(self, text: str) -> None:
        """What is done now, such as the title of the check that runs."""


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """All that an attempt left: stored whole, so that levels can be computed again."""

    verdict: Verdict
    code: Code | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    levels: Mapping[str, str] = field(default_factory=dict)
    checks: tuple[CheckResult, ...] = ()
    figures: tuple[Figure, ...] = ()
    phases: tuple[Mapping[str, Any], ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    log: str = ""


@dataclass
class Progress:
    """What is known of the attempt so far: it goes into the outcome, however the attempt ends."""

    observer: Observer
    phases: list[dict[str, Any]] = field(default_factory=list)
    provenance: dict[str, Any] = field(default_factory=dict)
    _head: str = ""
    _tail: str = ""
    _gap: str = ""

    @property
    def log(self) -> str:
        """What was heard: its beginning and, which says more, its end."""
        return self._head + self._gap + self._tail

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Time a phase and tell the observer of it."""
        self.observer.phase(name)
        began = time.monotonic()
        try:
            yield
        finally:
            self.phases.append({"name": name, "seconds": round(time.monotonic() - began, 3)})

    def hear(self, text: str) -> None:
        """Keep a line of the log and show it. A build may say many thousand of them."""
        line = tidy(text, LOG_TAIL).rstrip("\n") + "\n"
        if not self._tail and len(self._head) + len(line) <= LOG_HEAD:
            self._head += line
        else:
            self._tail += line
        if len(self._tail) > LOG_TAIL:
            self._tail, self._gap = self._tail[-LOG_TAIL:], LOG_GAP
        self.observer.log(self.log)


@dataclass(frozen=True)
class Grader:
    """The tools of a worker: its engine, its judges, its settings."""

    engine: Engine
    judges: JudgePool
    settings: GraderSettings
    fetch: Callable[[Job, Path, FetchPolicy], Source] = fetch
    build: Callable[..., Image] = build
    stand_ins: Callable[[], Mapping[str, str]] = stand_ins

    def grade(self, job: Job, lab: LabSpec, observer: Observer) -> Outcome:
        """Grade one job. Raises nothing but `AbandonedError`: every other end is an outcome."""
        progress = Progress(observer)
        try:
            report = self._steps(job, lab, progress)
        except Fault as fault:
            verdict = Verdict.REJECTED if isinstance(fault, StudentFault) else Verdict.CRASHED
            return _outcome(progress, verdict=verdict, code=fault.code, facts=fault.facts)
        except AbandonedError:
            raise
        except Exception as error:
            logger.exception("attempt crashed", attempt=job.attempt)
            facts = {"problem": f"{type(error).__name__}: {error}"[:500]}
            return _outcome(progress, verdict=Verdict.CRASHED, code=Code.INTERNAL, facts=facts)
        levels = levels_reached(report.checks, lab.criteria, lab.file.levels)
        verdict = verdict_of(report, levels, lab.file.levels, lab.file.pass_level)
        code = Code.LAB_BROKEN if verdict is Verdict.CRASHED else None
        said = {"levels": levels, "checks": report.checks, "figures": report.figures}
        return _outcome(progress, verdict=verdict, code=code, **said)

    def _steps(self, job: Job, lab: LabSpec, progress: Progress) -> Report:
        self.judges.warm(lab)
        progress.provenance |= self._provenance(job, lab)
        image = self._image(job, lab, progress)
        try:
            return self._judged(job, lab, image, progress)
        except ImageGoneError:  # whoever trims the cache was faster than we
            return self._judged(job, lab, self._image(job, lab, progress), progress)

    def _judged(self, job: Job, lab: LabSpec, image: str, progress: Progress) -> Report:
        labels = attempt_labels(job)
        taken = self.judges.take(lab)
        watch = progress.observer.note
        session = Session(self.engine, taken, lab, image, labels, watch, self._stretch(lab))
        try:
            with progress.phase("running"):
                last = run(session, job.seed)
            with progress.phase("judging"):
                return judge(session, last)
        finally:
            # Hearing may abandon the attempt; the judge goes all the same.
            said = session.last_words()
            progress.provenance["runs"] = session.runs
            self.judges.discard(taken, session.close)
            if said:
                progress.hear(said)

    def _image(self, job: Job, lab: LabSpec, progress: Progress) -> str:
        """The id of the attempt's image: made now, or made before from the same commit."""
        tag = f"{REPOSITORY}:{self._image_key(job, lab)}"
        image = self.engine.use_image(tag)
        if image:
            source = self.engine.image_labels(tag).get(SOURCE_LABEL, "{}")
            progress.provenance |= {"image": image, "image_reused": True, **json.loads(source)}
            progress.hear(
                f"The image of commit {job.commit[:12]} was built before and is used again."
            )
            return image
        with scratch(self.settings.workdir, "attempt") as folder:
            return self._build(job, lab, progress, folder, tag)

    def _build(self, job: Job, lab: LabSpec, progress: Progress, folder: Path, tag: str) -> str:
        with progress.phase("fetching"):
            policy = replace(fetch_policy(self.settings), key=job.key)
            source = self.fetch(job, folder / "source", policy)
        names = self.stand_ins()
        # A label is written before the build knows its bases; an image that is used again
        # must say them all the same, so they are read from the Dockerfile here.
        evidence: dict[str, Any] = {
            "stand_ins": _named(source, names),
            "source": {
                "tree": source.tree,
                "context": source.context,
                "dockerfile": source.dockerfile,
                "files": source.files,
                "bytes": source.bytes,
                "manifest_used": source.manifest_used,
            },
        }
        progress.provenance |= evidence
        progress.provenance.pop("image_reused", None)  # it was to be, and was gone
        with progress.phase("building"):
            made = self.build(
                source,
                tag=tag,
                labels={SOURCE_LABEL: json.dumps(evidence)},
                seconds=lab.file.build_seconds * self._stretch(lab),
                on_log=progress.hear,
                stand_ins=names,
                settings=self.settings,
            )
            self._refuse_large(tag)
        progress.provenance |= {"image": made.id, "stand_ins": list(made.stand_ins)}
        return made.id

    def _refuse_large(self, tag: str) -> None:
        size, limit = self.engine.image_bytes(tag), int(self.settings.build_disk_gb * GB)
        if size > limit:
            self.engine.remove_image(tag)
            facts = {"size_mb": size // 10**6, "limit_mb": limit // 10**6}
            raise StudentFault(Code.IMAGE_TOO_LARGE, **facts)

    def _image_key(self, job: Job, lab: LabSpec) -> str:
        """One commit, built the same way on the same bases, gives one image."""
        bases = [self.engine.image_id(name) or "" for name in (PYTHON, TORCH)]
        parts = [job.commit, job.context, job.dockerfile, lab.id, *bases]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]

    def _provenance(self, job: Job, lab: LabSpec) -> dict[str, Any]:
        judge_image = self.engine.image_id(self.settings.judge_image)
        if judge_image is None:
            problem = f"the judge image {self.settings.judge_image} is missing; run script/setup"
            raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem=problem)
        sidecars = {name: self.engine.image_id(SIDECARS[name]) for name in lab.file.sidecars}
        if missing := [name for name, image in sidecars.items() if image is None]:
            problem = f"the images of {', '.join(missing)} are missing; run script/setup images"
            raise PlatformFault(Code.ENGINE_UNAVAILABLE, problem=problem)
        return {
            "commit": job.commit,
            "lab_digest": lab.digest,
            "judge_image": judge_image,
            **({"sidecars": sidecars} if sidecars else {}),
            "seed": job.seed_name,
            "limits": lab.file.limits.model_dump(),
            "stretch": round(self._stretch(lab), 3),
        }

    def _stretch(self, lab: LabSpec) -> float:
        return stretch(
            concurrency=self.settings.concurrency,
            cpus=lab.file.cpus,
            cores=self.engine.cores(),
        )


def attempt_labels(job: Job) -> dict[str, str]:
    """What a container of the attempt says of itself; a laptop's has no worker and no lease."""
    told = {ATTEMPT: job.attempt, TOKEN: job.token, WORKER: job.worker}
    return {name: value for name, value in told.items() if value}


def _named(source: Source, names: Iterable[str]) -> list[str]:
    """Those of the base images `names` that the Dockerfile starts from."""
    with (source.path / source.dockerfile).open("rb") as file:
        text = file.read(DOCKERFILE_CAP).decode(errors="replace")
    bases = [one.arguments for one in instructions(text) if one.keyword == "FROM"]
    return [name for name in names if any(name in words for words in bases)]


def fetch_policy(settings: GraderSettings) -> FetchPolicy:
    """Where repositories may come from, and how large they may be."""
    return FetchPolicy(
        hosts=tuple(settings.git_hosts),
        local_root=settings.local_repositories,
        workdir=settings.workdir,
    )


def _outcome(progress: Progress, **ended: Any) -> Outcome:  # noqa: ANN401 - fields of Outcome
    return Outcome(
        phases=tuple(progress.phases), provenance=progress.provenance, log=progress.log, **ended
    )
