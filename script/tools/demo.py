"""Submits four solutions to a running demonstration portal and shows what came out.

The work goes in as a student's does, over HTTP; what came out is read from the database.
Words: the portal's address and everybody's password.
"""

import shutil
import sys
import time
from dataclasses import dataclass

import django

django.setup()

from django.conf import settings  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn  # noqa: E402
from rich.table import Table  # noqa: E402
from rich.text import Text  # noqa: E402

from grader.solutions import Variant, make_repository, variants  # noqa: E402
from lab_specs.report import Outcome, Report, Verdict  # noqa: E402
from portal.courses.catalog import shelf  # noqa: E402
from portal.courses.models import MiniProject  # noqa: E402
from portal.submissions.models import Attempt  # noqa: E402
from portal.submissions.states import LIVE, State  # noqa: E402
from script.tools.visitor import Visitor  # noqa: E402

COURSE = "mlops-demo"  # the real courses stand beside it
LABS = ("training", "serving")
REFERENCE, BROKEN = "alice", "charlie"  # who hands in what
STEPS = {state: step for step, state in enumerate((*LIVE, State.DONE))}
PAUSE = 0.3  # seconds between two looks at the rows
console = Console()


@dataclass
class Shown:
    """One solution on its way through the portal."""

    person: str
    variant: Variant
    attempt: int

    @property
    def row(self) -> Attempt:
        """The attempt as it is now."""
        return Attempt.objects.get(pk=self.attempt)


def main() -> int:
    """Submit, wait, show. 0 only if every verdict is the expected one."""
    base, password = sys.argv[1:]
    shown = []
    for person, pick in ((REFERENCE, _reference), (BROKEN, _broken)):
        with Visitor(base, person, password) as visitor:
            shown += [_submit(visitor, person, pick(lab)) for lab in LABS]
    _watch(shown)
    console.print(_table(shown))
    return 0 if all(_as_expected(one) for one in shown) else 1


def _reference(lab: str) -> Variant:
    return next(variants(lab))


def _broken(lab: str) -> Variant:
    """A believable mistake that is found by a check, not at the start."""
    return next(variant for variant in variants(lab) if variant.fails)


def _submit(visitor: Visitor, person: str, variant: Variant) -> Shown:
    if settings.LOCAL_REPOSITORIES is None:
        raise ValueError("the demo takes repositories from PORTAL_LOCAL_REPOSITORIES")
    folder = settings.LOCAL_REPOSITORIES / variant.name.replace(": ", "-")
    shutil.rmtree(folder, ignore_errors=True)
    make_repository(variant, folder)
    project = MiniProject.objects.get(slug=variant.lab, edition__course__code=COURSE)
    lookup = visitor.look_up(project.pk, variant.lab, f"file://{folder}")
    return Shown(person, variant, visitor.confirm(lookup))


def _watch(shown: list[Shown]) -> None:
    """Show how far each attempt is until all have ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[state]}"))
    with Progress(*columns, TimeElapsedColumn(), console=console) as progress:
        bars = [progress.add_task(s.variant.name, total=len(LIVE), state="") for s in shown]
        while not progress.finished:
            for bar, one in zip(bars, shown, strict=True):
                state = State(one.row.state)
                step = STEPS.get(state, len(LIVE))  # cancelled is an end, too
                progress.update(bar, completed=step, state=f"{state:<10}")
            time.sleep(PAUSE)


def _as_expected(one: Shown) -> bool:
    row, variant = one.row, one.variant
    if variant.fails is not None:
        return row.verdict in {Verdict.PASSED, Verdict.FAILED} and _failed(row) == variant.fails
    top = shelf()[variant.lab].file.levels[-1]
    return row.verdict == Verdict.PASSED and set(row.levels.values()) == {top}


def _failed(row: Attempt) -> frozenset[str]:
    report = Report.model_validate(row.report)
    return frozenset(check.id for check in report.checks if check.outcome is Outcome.FAILED)


def _table(shown: list[Shown]) -> Table:
    table = Table("", "who", "solution", "verdict", "levels", "failed checks", "s")
    for one in shown:
        row = one.row
        same = len(set(row.levels.values())) == 1
        levels = f"{next(iter(row.levels.values()))} everywhere" if same else _lines(row.levels)
        why = row.fault or ("\n".join(sorted(_failed(row))) if row.report else "")
        ended = row.finished_at or row.queued_at
        words = (one.person, one.variant.name, str(row.verdict), levels, why)
        mark = "as expected" if _as_expected(one) else "NOT AS EXPECTED"
        table.add_row(mark, *map(Text, words), f"{(ended - row.queued_at).total_seconds():.0f}")
    return table


def _lines(levels: dict[str, str]) -> str:
    return "\n".join(f"{criterion}: {level}" for criterion, level in levels.items())


if __name__ == "__main__":
    sys.exit(main())
