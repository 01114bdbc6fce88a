"""Levels and verdict from a stored report, as the lab counts now. Arithmetic; nothing is run."""

from collections.abc import Mapping
from dataclasses import dataclass

from lab_specs.report import Report, Verdict, levels_reached, verdict_of
from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.submissions.models import Attempt

SCORED = {Verdict.PASSED, Verdict.FAILED}  # the verdicts that follow from levels


@dataclass(frozen=True, slots=True)
class Score:
    """What a report is worth in a lab."""

    levels: Mapping[str, str]
    verdict: Verdict


def score(report: Report, lab: LabSpec) -> Score:
    """Each check counts for the criterion and level that the lab binds it to now.

    A check that the lab has dropped counts no more. Refused when a check of the lab is not in
    the report: only a run can tell how it ends.
    """
    ended = {check.id: check for check in report.checks}
    missing = [check.id for check in lab.checks if check.id not in ended]
    if missing:
        raise Refused(f"The lab has checks that this run did not have: {', '.join(missing)}.")
    checks = tuple(
        ended[check.id].model_copy(update={"criterion": check.criterion, "level": check.level})
        for check in lab.checks
    )
    levels = levels_reached(checks, lab.criteria, lab.file.levels)
    verdict = verdict_of(Report(checks=checks), levels, lab.file.levels, lab.file.pass_level)
    return Score(levels, verdict)


def score_of(attempt: Attempt, lab: LabSpec) -> Score:
    """The score of an attempt's stored report. Refused when it has none that could be scored."""
    if attempt.verdict not in SCORED or attempt.report is None:
        raise Refused("Only an attempt that passed or failed has a report to score again.")
    return score(Report.model_validate(attempt.report), lab)


def difference(attempt: Attempt, scored: Score) -> str:
    """What another score changes, in words; empty when it changes nothing."""
    before, after = attempt.levels, scored.levels
    changes = [
        f"{criterion}: {before.get(criterion, 'none')} → {after.get(criterion, 'none')}"
        for criterion in sorted({*before, *after})
        if before.get(criterion) != after.get(criterion)
    ]
    if attempt.verdict != scored.verdict:
        changes.append(f"verdict: {attempt.verdict} → {scored.verdict}")
    return "; ".join(changes)
