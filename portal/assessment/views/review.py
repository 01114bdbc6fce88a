"""A lecturer reads the evidence and decides, criterion by criterion."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from portal.assessment import domain
from portal.assessment.queries import Line, review_queue, rubric
from portal.common.errors import Refused
from portal.courses.models import Level
from portal.courses.queries import standing
from portal.people.requests import Request
from portal.submissions.messages import words_of
from portal.submissions.models import Attempt
from portal.submissions.outcome import CriterionOutcome, outcome_of
from portal.submissions.queries import attempts_visible_to


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion on the review page: its line, its checks, and what the form shows."""

    line: Line
    outcome: CriterionOutcome | None
    chosen: str
    comment: str
    error: str = ""

    @property
    def seen(self) -> int:
        """The version of the decision that the form shows; 0 for none."""
        return self.line.assessment.version if self.line.assessment else 0


@require_safe
def review(request: Request, pk: int) -> HttpResponse:
    """All criteria of an attempt's work, beside the evidence."""
    attempt = _taught_by(request, pk)
    lines = _lines(attempt)
    outcomes = {each.slug: each for each in outcome_of(attempt)}
    context = _shown(attempt, lines) | {
        "judged": [_judged(line, outcomes) for line in lines],
        "transitions": attempt.transitions.select_related("by"),
        **_neighbours(attempt),
    }
    return render(request, "assessment/review.html", context)


@require_POST
def decide(request: Request, pk: int, criterion: int) -> HttpResponse:
    """Take the decision on one criterion."""
    attempt = _taught_by(request, pk)
    line = _line(attempt, criterion)
    level, comment = request.POST.get("level", ""), request.POST.get("comment", "")
    error = ""
    try:
        domain.decide(
            team=attempt.submission.team,
            criterion=line.criterion,
            level=_level(line, level),
            by=request.user,
            attempt=attempt,
            comment=comment,
            seen=_number(request.POST.get("seen", "")),
        )
    except Refused as refusal:
        error = str(refusal)
    if not request.htmx:
        if error:
            messages.error(request, f"{line.criterion.title}: {error}")
        else:
            messages.success(request, f"{line.criterion.title}: saved.")
        place = reverse("assessment:review", args=[attempt.pk])
        return redirect(f"{place}#criterion-{line.criterion.pk}")
    lines = _lines(attempt)
    fresh = next(each for each in lines if each.criterion.pk == criterion)
    outcomes = {each.slug: each for each in outcome_of(attempt)}
    judged = _judged(fresh, outcomes)
    if error:
        judged = Judged(fresh, judged.outcome, chosen=level, comment=comment, error=error)
    context = _shown(attempt, lines) | {"each": judged, "saved": not error}
    status = 422 if error else 200
    return render(request, "assessment/_criterion.html", context, status=status)


@require_POST
def draft(request: Request, pk: int, criterion: int) -> HttpResponse:
    """Keep what the assessor has typed so far; it decides nothing."""
    attempt = _taught_by(request, pk)
    line = _line(attempt, criterion)
    chosen = [each for each in line.levels if str(each.pk) == request.POST.get("level", "")]
    domain.keep_draft(
        team=attempt.submission.team,
        criterion=line.criterion,
        level=chosen[0] if chosen else None,
        comment=request.POST.get("comment", ""),
        by=request.user,
    )
    return render(request, "assessment/_draft.html", {"each": line})


def _taught_by(request: Request, pk: int) -> Attempt:
    """The attempt, for the staff of its edition; there is nothing here for anybody else."""
    return get_object_or_404(
        attempts_visible_to(request.user),
        pk=pk,
        submission__mini_project__edition__in=standing(request.user).staffed,
    )


def _lines(attempt: Attempt) -> list[Line]:
    work = attempt.submission
    return rubric(mini_project=work.mini_project, team=work.team, attempt=attempt)


def _line(attempt: Attempt, criterion: int) -> Line:
    for line in _lines(attempt):
        if line.criterion.pk == criterion:
            return line
    raise Http404


def _level(line: Line, pk: str) -> Level:
    for level in line.levels:
        if str(level.pk) == pk:
            return level
    raise Refused("Choose one of the levels first.")


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _judged(line: Line, outcomes: dict[str, CriterionOutcome]) -> Judged:
    """What the form shows first: the decision that holds, else what the checks propose."""
    held = line.assessment
    by_name = {level.name: str(level.pk) for level in line.levels}
    return Judged(
        line=line,
        outcome=outcomes.get(line.criterion.slug) if line.criterion.lab else None,
        chosen=str(held.level_id) if held else by_name.get(line.proposed, ""),
        comment=held.comment if held else "",
    )


def _shown(attempt: Attempt, lines: Sequence[Line]) -> dict[str, Any]:
    work = attempt.submission
    return {
        "attempt": attempt,
        "work": work,
        "mini_project": work.mini_project,
        "edition": work.mini_project.edition,
        "zone": work.mini_project.edition.zone,
        "words": words_of(attempt),
        "decided": sum(line.assessment is not None for line in lines),
        "criteria": len(lines),
    }


def _neighbours(attempt: Attempt) -> dict[str, Any]:
    """The queue around this attempt; from outside the queue, on to its first."""
    queue = [each.attempt.pk for each in review_queue(attempt.submission.mini_project.edition)]
    others = [pk for pk in queue if pk != attempt.pk]
    here = queue.index(attempt.pk) if attempt.pk in queue else 0
    return {
        "before": queue[here - 1] if here > 0 else None,
        "after": others[here] if here < len(others) else None,
        "waiting": len(others),
    }
