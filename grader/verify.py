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
    repeat: int = 0

    @property
    def levels(self) -> str:
        """The level of each criterion, or the fault that kept it from having one."""
        if self.outcome.code:
            return f"{self.outcome.verdict}: {self.outcome.code}"
        return ", ".join(self.outcome.levels.values())

    @property
    def got(self) -> str:
        """What came out, in a few words."""
        if self.outcome.code:
            return f"{self.outcome.verdict}: {self.outcome.code} {dict(self.outcome.facts)}"[:300]
        failed = sorted(failed_checks(self.outcome))
        return f"{self.outcome.verdict}" + (f", fails {', '.join(failed)}" if failed else "")


def verify(
    labs: Sequence[LabSpec],
    settings: GraderSettings,
    *,
    only: Sequence[str] = (),
    repeats: int = 1,
) -> int:
    """Prove labs and print a table; 0 when every variant came to its end, else 1.

    Each repeat draws other hidden data, so it also costs 1 when a variant's levels differ between
    repeats. `only` names variants; without it all are tried. Raises ValueError when the solutions
    of a lab are missing or wrong.
    """
    pairs = [(lab, variant) for lab in labs for variant in variants(lab.id)]
    _demand_known(only, [variant for _, variant in pairs])
    tries = [
        (variant, lab, repeat)
        for repeat in range(repeats)
        for lab, variant in pairs
        if not only or variant.name in only
    ]
    proofs = _prove_all(tries, settings)
    console.print(_table(proofs))
    wrong = [proof for proof in proofs if not proof.holds]
    console.print(f"{len(proofs) - len(wrong)} of {len(proofs)} variants came to their end.")
    unsteady = wavering(proofs)
    if repeats > 1:
        console.print(_levels_table(proofs))
        console.print(Text(f"Levels that differ: {', '.join(unsteady) or 'none'}."))
    return 1 if wrong or unsteady else 0


def _prove_all(
    tries: Sequence[tuple[Variant, LabSpec, int]], settings: GraderSettings
) -> list[Proof]:
    """Each try on real containers, as many at once as a worker takes."""
    with tempfile.TemporaryDirectory() as folder:
        settings = settings.model_copy(update={"local_repositories": Path(folder)})
        engine = DockerEngine()
        judges = JudgePool(engine, settings.judge_image, spares=1, labels={})
        grader = Grader(engine, judges, settings)

        def one(variant: Variant, lab: LabSpec, repeat: int) -> Proof:
            return _tell(prove(variant, lab, grader, Path(folder), repeat))

        try:
            with ThreadPoolExecutor(settings.concurrency) as hands:
                return list(hands.map(one, *zip(*tries, strict=True)))
        finally:
            judges.close()


def _demand_known(only: Sequence[str], known: Sequence[Variant]) -> None:
    names = [variant.name for variant in known]
    unknown = [name for name in only if name not in names]
    if unknown:
        raise ValueError(f"There is no variant {', '.join(unknown)}. There are: {', '.join(names)}")


def prove(variant: Variant, lab: LabSpec, grader: Grader, folder: Path, repeat: int = 0) -> Proof:
    """Grade one variant with a public seed and hold the outcome against what it must be."""
    name = variant.name.replace(": ", "_").replace(" ", "_")
    repository = folder / (f"{name}_{repeat + 1}" if repeat else name)
    seed = PUBLIC_SEED + repeat
    commit = make_repository(variant, repository)
    job = Job(
        attempt=f"verify-{repository.name}",
        lab=lab.id,
        repository=f"file://{repository}",
        commit=commit,
        seed=seed,
        seed_name=f"public {seed}",
    )
    outcome = grader.grade(job, lab, Silence())
    return Proof(variant, outcome, holds(variant, lab, outcome), repeat)


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


def wavering(proofs: Sequence[Proof]) -> list[str]:
    """Names of the variants whose levels were not the same in every repeat."""
    seen: dict[str, set[str]] = {}
    for proof in proofs:
        seen.setdefault(proof.variant.name, set()).add(proof.levels)
    return [name for name, levels in seen.items() if len(levels) > 1]


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


def _levels_table(proofs: Sequence[Proof]) -> Table:
    """One row for each variant and for each of the levels that it reached, with its repeats."""
    reached: dict[tuple[str, str], list[str]] = {}
    for proof in proofs:
        reached.setdefault((proof.variant.name, proof.levels), []).append(str(proof.repeat + 1))
    table = Table("variant", "levels", "times", "in repeats", title="Levels, repeat by repeat")
    for (name, levels), repeats in sorted(reached.items()):
        table.add_row(Text(name), Text(levels), str(len(repeats)), " ".join(repeats))
    return table
