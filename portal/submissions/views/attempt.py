"""One attempt: live while it is graded, then its outcome and the evidence for it."""

import hashlib
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django_htmx.http import HttpResponseStopPolling

from lab_specs.faults import Code
from lab_specs.messages import explain, last_lines
from portal.common.errors import Refused
from portal.courses.dates import Calendar
from portal.courses.queries import standing
from portal.courses.rules import is_staff
from portal.people.requests import Request
from portal.submissions import domain
from portal.submissions.figures import grids_of
from portal.submissions.messages import PHASES, words_of
from portal.submissions.models import Attempt
from portal.submissions.outcome import outcome_of
from portal.submissions.queries import HEAVY, attempts_visible_to, visible_to
from portal.submissions.states import LIVE, State
from portal.submissions.waiting import expected_wait

COARSE = 5  # seconds; an expectation that flickers helps nobody


@dataclass(frozen=True, slots=True)
class Step:
    """One phase: past, now, stopped or "" for not begun, and the seconds that it took, if known."""

    title: str
    place: str
    seconds: float | None


@require_safe
def attempt(request: Request, pk: int) -> HttpResponse:
    """The whole page."""
    found = get_object_or_404(attempts_visible_to(request.user), pk=pk)
    work = found.submission
    others = Attempt.objects.filter(
        submission__mini_project=work.mini_project, submission__team=work.team
    )
    context = _shown(found) | {
        "dates": Calendar.of(work.mini_project.edition),
        "staff": is_staff(standing(request.user), edition=work.mini_project.edition_id),
        "others": others.select_related("submission__mini_project")
        .defer(*HEAVY)
        .order_by("-submission", "-number"),
    }
    return render(request, "submissions/attempt.html", context)


@require_safe
def live(request: Request, pk: int) -> HttpResponse:
    """What changed since the page was shown: 204 nothing, 200 news, 286 the end."""
    found = get_object_or_404(attempts_visible_to(request.user), pk=pk)
    context = _shown(found)
    if not found.live:
        context["staff"] = is_staff(
            standing(request.user), edition=found.submission.mini_project.edition_id
        )
        page = render(request, "submissions/_attempt.html", context)
        return HttpResponseStopPolling(page.content)
    if request.GET.get("seen") == context["seen"]:
        return HttpResponse(status=204)
    return render(request, "submissions/_attempt.html", context)


@require_POST
def cancel(request: Request, pk: int) -> HttpResponse:
    """Stop an attempt."""
    found = get_object_or_404(attempts_visible_to(request.user), pk=pk)
    if domain.cancel(attempt=found, by=request.user):
        messages.info(request, "Cancelled.")
    else:
        messages.info(request, "The attempt had ended already.")
    return redirect("submissions:attempt", found.pk)


@require_POST
def rerun(request: Request, pk: int) -> HttpResponse:
    """Grade a submission once more, for a reason."""
    submission = get_object_or_404(visible_to(request.user), pk=pk)
    reason = request.POST.get("reason", "")
    try:
        again = domain.rerun(submission=submission, by=request.user, reason=reason)
    except Refused as error:
        messages.error(request, str(error))
        newest = submission.attempts.order_by("-number")[0]
        return redirect("submissions:attempt", newest.pk)
    messages.success(request, "Queued once more, behind what students hand in now.")
    return redirect("submissions:attempt", again.pk)


def _shown(found: Attempt) -> dict[str, Any]:
    now = timezone.now()
    wait = expected_wait(found, now=now) if found.live else None
    seconds = _coarse(wait.seconds) if wait and wait.seconds is not None else None
    pause = found.not_before - now if found.not_before else None
    again = max(COARSE, _coarse(pause.total_seconds())) if pause and found.live else None
    code = Code(found.fault) if found.fault else None
    position = wait.position if wait else None
    unheard = not (found.announced_at or found.retries) and found.state == State.QUEUED
    news = (found.state, found.retries, unheard, position, seconds, again, found.log_tail)
    return {
        "attempt": found,
        "work": found.submission,
        "mini_project": found.submission.mini_project,
        "edition": found.submission.mini_project.edition,
        "zone": found.submission.mini_project.edition.zone,
        "words": words_of(found),
        "steps": steps(found),
        "position": position,
        "wait_seconds": seconds,
        "again_seconds": again,
        "unheard": unheard,
        "seen": hashlib.sha256(repr(news).encode()).hexdigest()[:16],
        "fault": explain(code, found.facts) if code else None,
        "fault_log": last_lines(found.facts),
        "outcome": outcome_of(found),
        "figures": grids_of(found),
        "transitions": found.transitions.select_related("by"),
    }


def _coarse(seconds: float) -> int:
    return round(seconds / COARSE) * COARSE


def steps(found: Attempt) -> list[Step]:
    """The phases in order. What took how long is known at the end; the wait, from the start."""
    took = {part["name"]: part["seconds"] for part in found.phases}
    stopped = found.phases[-1]["name"] if found.fault and found.phases else None
    if found.started_at:
        took[State.QUEUED] = max(0.0, (found.started_at - found.queued_at).total_seconds())
    if found.live:
        here = LIVE.index(State(found.state))
        places = ["past"] * here + ["now"] + [""] * (len(LIVE) - here - 1)
    else:  # a phase that was never begun is not told as done
        places = [
            "stopped" if state == stopped else "past" if state in took else "" for state in LIVE
        ]
    return [
        Step(title, place, took.get(state))
        for (state, title), place in zip(PHASES, places, strict=True)
    ]
