"""`python -m grader verify`: a lab is true when its solutions pass and its broken variants fail.

Each variant goes through the same pipeline as a student's submission, on real containers.
"""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grader.docker_engine import DockerEngine
from grader.job import Job
from grader.judges import JudgePool
from grader.pipeline import Grader, Outcome
from grader.settings import GraderSettings
from grader.solutions import TEMPLATE, Variant, make_repository, variants
from lab_specs.report import Outcome as CheckOutcome
from lab_specs.report import Verdict
from lab_specs.schema import LabSpec

PUBLIC_SEED = 20_240_923
console = Console()


class Silence:
    """An observer for whom nobody watches."""

    def phase(self, name: str) -> None:
        """Say nothing."""

    def log(self, text: str) -> None:
        """Say nothing."""

    def note(self, text: str) -> None:
        """Say nothing."""


@dataclass(frozen=True)
class Proof:
    """What a variant came to, and whether that is what it must come to."""

    variant: Variant
    outcome: Outcome
    holds: bool

    @property
    def got(self) -> str:
        """What came out, in a few words."""
        if self.outcome.code:
            return f"{self.outcome.verdict}: {self.outcome.code} {dict(self.outcome.facts)}"[:300]
        failed = sorted(failed_checks(self.outcome))
        return f"{self.outcome.verdict}" + (f", fails {', '.join(failed)}" if failed else "")


def verify(labs: Sequence[LabSpec], settings: GraderSettings) -> int:
    """Prove labs and print a table; 0 when every variant came to its end, else 1.

    Raises ValueError when the solutions of a lab are missing or wrong.
    """
    pairs = [(lab, variant) for lab in labs for variant in variants(lab.id)]
    with tempfile.TemporaryDirectory() as folder:
        settings = settings.model_copy(update={"local_repositories": Path(folder)})
        engine = DockerEngine()
        judges = JudgePool(engine, settings.judge_image, spares=1, labels={})
        grader = Grader(engine, judges, settings)
        try:
            with ThreadPoolExecutor(settings.concurrency) as hands:
                proofs = list(
                    hands.map(
                        lambda pair: _tell(prove(pair[1], pair[0], grader, Path(folder))),
                        pairs,
                    )
                )
        finally:
            judges.close()
    console.print(_table(proofs))
    wrong = [proof for proof in proofs if not proof.holds]
    console.print(f"{len(proofs) - len(wrong)} of {len(proofs)} variants came to their end.")
    return 1 if wrong else 0


def prove(variant: Variant, lab: LabSpec, grader: Grader, folder: Path) -> Proof:
    """Grade one variant with the public seed and hold the outcome against what it must be."""
    repository = folder / variant.name.replace(": ", "_").replace(" ", "_")
    commit = make_repository(variant, repository)
    job = Job(
        attempt=f"verify-{repository.name}",
        lab=lab.id,
        repository=f"file://{repository}",
        commit=commit,
        seed=PUBLIC_SEED,
        seed_name=f"public {PUBLIC_SEED}",
    )
    outcome = grader.grade(job, lab, Silence())
    return Proof(variant, outcome, holds(variant, lab, outcome))


def holds(variant: Variant, lab: LabSpec, outcome: Outcome) -> bool:
    """Whether the outcome is the one that the variant must come to."""
    if variant.rejected:
        return outcome.verdict is Verdict.REJECTED and outcome.code is variant.rejected
    if outcome.verdict is Verdict.CRASHED:
        return False
    if variant.name.endswith(TEMPLATE):
        return not any(check.outcome is CheckOutcome.PASSED for check in outcome.checks)
    if variant.fails is not None:
        return bool(outcome.checks) and failed_checks(outcome) == variant.fails
    top = set(outcome.levels.values()) == {lab.file.levels[-1]}
    return outcome.verdict is Verdict.PASSED and (top or not variant.top)


def failed_checks(outcome: Outcome) -> frozenset[str]:
    """Ids of the checks that failed; skipped ones are not among them."""
    return frozenset(c.id for c in outcome.checks if c.outcome is CheckOutcome.FAILED)


def _tell(proof: Proof) -> Proof:
    mark = "holds" if proof.holds else "DOES NOT HOLD"
    console.print(Text(f"{proof.variant.name}: {mark} ({proof.got})"))
    return proof


def _table(proofs: Sequence[Proof]) -> Table:
    table = Table("", "variant", "must come to", "came to", "seconds")
    for proof in proofs:
        seconds = sum(float(phase["seconds"]) for phase in proof.outcome.phases)
        mark = "✔" if proof.holds else "✘"
        words = (proof.variant.name, proof.variant.expectation, proof.got)
        table.add_row(mark, *map(Text, words), f"{seconds:.1f}")
    return table
