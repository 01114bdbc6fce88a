"""Where attacks are tried: the tools of a worker, decoys, witnesses, and an honest neighbour."""

import secrets
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self, TypeVar

from grader import traces
from grader.attack import Attack, Expected, Tried, wrong_end
from grader.decoys import Decoys, Heard
from grader.engine import WORKER
from grader.ground import Ground, Target, maker
from grader.job import Job
from grader.judges import JudgePool
from grader.pipeline import Grader, Outcome
from grader.settings import GraderSettings
from grader.verify import Silence
from grader.witness import Witness, WitnessedEngine
from lab_specs.faults import Code
from lab_specs.loader import load_lab
from lab_specs.report import Verdict
from lab_specs.schema import LabSpec

AT_ONCE = 2
TRIES = 3
DISK_GB = 1.0  # for one build: less than a worker gives, so that the limit is soon reached
OVERDUE = 60.0  # seconds beyond its limit after which an attack is taken to never end
REACHED = "reached"  # a file beside its repository, which commands for this machine make
HONEST = "honest"  # the folder of the neighbour
HONEST_END = Expected(
    title="An honest attempt that adds numbers",
    lab="sums",
    verdict=Verdict.PASSED,
    fails=frozenset({"knows_the_secret"}),
    seconds=30,
    held="It is honest and does no harm",
)
SEEDS = 10**17
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Beside:
    """An honest attempt: when it ran, and what was wrong with its verdict."""

    began: float
    ended: float
    wrong: str


@dataclass
class Arena:
    """One run of attacks. `worker` is in every label, `mark`s are in every repository."""

    folder: Path
    scratch: Path
    grader: Grader
    witness: Witness
    decoys: Decoys | None
    worker: str
    seed: int = field(default_factory=lambda: SEEDS + secrets.randbelow(SEEDS))
    honest: list[Beside] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    images: set[str] = field(default_factory=set)
    _turns: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(AT_ONCE))
    _taking: threading.Lock = field(default_factory=threading.Lock)
    _over: threading.Event = field(default_factory=threading.Event)
    _neighbour: threading.Thread = field(init=False)

    @classmethod
    @contextmanager
    def opened(cls, folder: Path, settings: GraderSettings) -> Iterator[Self]:
        """An arena with its neighbour at work; the attacks of `folder` may be tried in it."""
        worker = f"attack-{secrets.token_hex(4)}"
        with ExitStack() as stack:
            scratch = Path(stack.enter_context(TemporaryDirectory(prefix="attack-")))
            settings = settings.model_copy(
                update={
                    "shelf": [*settings.shelf, folder / "labs"],
                    "local_repositories": scratch / "repositories",
                    "workdir": scratch / "work",
                    "build_disk_gb": DISK_GB,
                    "concurrency": AT_ONCE + 1,  # with the neighbour
                }
            )
            witness = stack.enter_context(Witness.watching(worker))
            engine = WitnessedEngine(witness)
            judges = JudgePool(
                engine, settings.judge_image, spares=settings.spare_judges, labels={WORKER: worker}
            )
            stack.callback(judges.close)
            decoys = _decoys(stack)
            grader = Grader(engine, judges, settings)
            arena = cls(folder, scratch, grader, witness, decoys, worker)
            stack.callback(lambda: traces.remove_images(arena.images))
            arena._neighbour = threading.Thread(target=arena._be_honest, daemon=True)
            arena._neighbour.start()
            stack.callback(arena._dismiss)
            yield arena

    def attempt(self, attack: Attack) -> Tried:
        """Try one attack, and look at what it left."""
        if attack.expected.decoys and self.decoys is None:
            return Tried(attack, not_tried="only root can set up the decoys it aims at")
        with self._turn(alone=attack.expected.alone):
            began, deaf = time.monotonic(), len(self.decoys.heard) if self.decoys else 0
            tried = self._try(attack)
            then = self._try(attack.victim) if attack.victim else None
        wrong = [*tried.wrong, *self._remains(tried)]
        if then:
            wrong += [f"victim: {one}" for one in [*then.wrong, *self._remains(then)]]
        heard = self._heard(tried.mark, deaf)
        wrong += [f"decoy {one.decoy} heard {one.said!r}" for one in heard]
        return replace(tried, wrong=[*wrong, *self._beside(began)])

    def aftermath(self) -> list[str]:
        """What is wrong once all attacks are over and the judges are gone."""
        self._dismiss()
        self.grader.judges.close()
        unnamed = self.witness.of("")
        wrong = [f"a judge: {problem}" for one in unnamed for problem in one.wrong]
        wrong += traces.of_worker(self.worker, [v for one in unnamed for v in one.volumes])
        wrong += [
            f"image {image} of {mark}" for mark, image in traces.images_left(self.marks).items()
        ]
        work = self.grader.settings.workdir
        wrong += [f"folder {path.name}" for path in (work.iterdir() if work.exists() else ())]
        return wrong

    @contextmanager
    def _turn(self, *, alone: bool) -> Iterator[None]:
        turns = AT_ONCE if alone else 1
        with self._taking:  # so that two who want to be alone never wait for each other
            for _ in range(turns):
                self._turns.acquire()
        try:
            yield
        finally:
            self._turns.release(turns)

    def _dismiss(self) -> None:
        self._over.set()
        self._neighbour.join(OVERDUE)

    def _try(self, attack: Attack) -> Tried:
        mark = f"mark{secrets.token_hex(6)}"
        self.marks.append(mark)
        wrong: list[str] = []
        with ExitStack() as stack:
            try:
                target, lab = self._target(attack, mark, stack), self._lab(attack.expected.lab)
            except Exception as error:  # noqa: BLE001 - one that is not made harms no other
                unmade = f"it could not be made: {type(error).__name__}: {error}"
                return Tried(attack, wrong=[unmade], mark=mark)
            began = time.monotonic()
            try:
                limit = attack.expected.seconds + OVERDUE
                outcome = _within(limit, lambda: self._grade(self._name(mark), lab, target))
            except TimeoutError:
                return Tried(attack, time.monotonic() - began, wrong=["it did not end"], mark=mark)
            seconds = time.monotonic() - began
            if (self._place(mark) / REACHED).exists():
                wrong.append("its command was run on this machine")
        if image := outcome.provenance.get("image"):
            self.images.add(str(image))
        wrong += wrong_end(attack.expected, outcome, seconds, [str(self.seed)])
        return Tried(attack, seconds, outcome, wrong, mark=mark)

    def _remains(self, tried: Tried) -> list[str]:
        """What is wrong with the containers of a finished attempt, and what it left behind."""
        name = self._name(tried.mark)
        seen = self.witness.of(name)
        wrong = [problem for one in seen for problem in one.wrong]
        if tried.outcome and tried.outcome.checks and not seen:
            wrong.append("nobody saw its containers")
        volumes = [volume for one in seen for volume in one.volumes]
        left = traces.left_behind(name, tried.mark, volumes)
        return [*wrong, *(f"left behind: {one}" for one in left)]

    def _name(self, mark: str) -> str:
        return f"{self.worker}-{mark}"

    def _place(self, mark: str) -> Path:
        return self.scratch / "repositories" / mark

    def _target(self, attack: Attack, mark: str, stack: ExitStack) -> Target:
        words = {"MARK": mark, **(self.decoys.addresses if self.decoys else {})}
        if self.decoys:  # an engine without a network of its own stands on this machine's
            words.setdefault("HOST", words["GATEWAY"])
        scratch = self._place(mark)
        ground = Ground(attack.folder, self.folder, scratch, mark, words, stack)
        scratch.mkdir(parents=True)
        stack.callback(subprocess.run, ["rm", "-rf", str(scratch)], check=True)
        make = attack.expected.make
        return maker(self.folder, make)(ground) if make else ground.plant()

    def _grade(self, attempt: str, lab: LabSpec, target: Target) -> Outcome:
        job = Job(
            attempt=attempt,
            lab=lab.id,
            repository=target.link,
            commit=target.commit,
            context=target.context,
            dockerfile=target.dockerfile,
            seed=self.seed,
            seed_name="of the arena",
            worker=self.worker,
        )
        hosts = [*self.grader.settings.git_hosts, *target.hosts]
        settings = self.grader.settings.model_copy(update={"git_hosts": hosts})
        grader = replace(self.grader, settings=settings)
        for _ in range(TRIES):  # a fault of ours is tried again, as a worker does
            outcome = grader.grade(job, lab, Silence())
            if outcome.verdict is not Verdict.CRASHED or outcome.code is Code.LAB_BROKEN:
                break
        return outcome

    def _lab(self, name: str) -> LabSpec:
        folders = [shelf / name for shelf in self.grader.settings.shelf]
        return load_lab(next(folder for folder in folders if folder.is_dir()))

    def _be_honest(self) -> None:
        """Hand in honest work again and again, beside whatever attacks there are."""
        attack = Attack(HONEST, self.folder / HONEST, HONEST_END)
        while not self._over.is_set():
            began = time.monotonic()
            try:
                tried = self._try(attack)
                wrong = "; ".join([*tried.wrong, *self._remains(tried)])
            except Exception as error:  # noqa: BLE001 - a neighbour without a verdict was harmed
                wrong = f"{type(error).__name__}: {error}"
            self.honest.append(Beside(began, time.monotonic(), wrong))

    def _heard(self, mark: str, since: int) -> list[Heard]:
        """What the decoys heard, but for what another attack has signed with its mark."""
        heard = self.decoys.heard[since:] if self.decoys else []
        others = [one.encode() for one in self.marks if one != mark]
        return [one for one in heard if not any(other in one.said for other in others)]

    def _beside(self, began: float) -> list[str]:
        """What was wrong with the honest attempts that ran since `began`; there must be one."""
        now = time.monotonic()
        while not self.honest or self.honest[-1].ended < now:
            if time.monotonic() > now + OVERDUE:
                return ["the honest attempt beside it did not end"]
            time.sleep(0.05)
        wrong = [one.wrong for one in self.honest if one.ended >= began and one.began <= now]
        return [f"honest attempt beside it: {one}" for one in wrong if one]


def _decoys(stack: ExitStack) -> Decoys | None:
    try:
        return stack.enter_context(Decoys.standing())
    except PermissionError:
        return None


def _within(seconds: float, work: Callable[[], Answer]) -> Answer:
    """What `work` answers. Raises TimeoutError when it does not end; its thread runs on."""
    answer: Future[Answer] = Future()

    def run() -> None:
        try:
            answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whoever waits for it raises it
            answer.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return answer.result(timeout=seconds)
