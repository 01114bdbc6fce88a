"""All that people do to others' work, results and dates, as the log of an edition tells it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet, Value

from portal.assessment.models import (
    AssessmentEvent,
    MarkEvent,
    Override,
    Presence,
    Publication,
    SecondOpinionEvent,
)
from portal.assessment.models.decisions import RESIT
from portal.assessment.models.given import OfOwner
from portal.assessment.models.published import Step
from portal.courses.coursepage import in_words
from portal.courses.models import Answer, Extension, SessionDate, SizeAgreed
from portal.similarity.models import Comparison
from portal.submissions.models import Attempt, Record, Rerun, Transition
from portal.submissions.queries import HEAVY
from portal.submissions.states import State

Told = dict[str, Any]  # a deed, whose work it is about, and other fields of an entry
PROJECT, WORK = "attempt__submission__mini_project", "attempt__submission__team"
UNREAD = tuple(f"attempt__{column}" for column in HEAVY)
BY_HAND = Q(target=State.CANCELLED) | Q(
    source="", attempt__number__gt=1, attempt__rerun__isnull=True
)
STEPS = {
    Step.FREEZE: "froze the results",
    Step.PUBLISH: "published the results",
    Step.UNFREEZE: "unfroze the results",
}
PRESENT = {True: "present", False: "absent", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of one model, and how each is told; the names lead to what every row has."""

    rows: QuerySet[Any]
    told: Callable[[Any], Told]
    edition: str = "edition"
    at: str = "at"
    by: str = "by"
    reason: str = "reason"


def _step(row: Transition) -> Told:
    deed = "cancelled" if row.target == State.CANCELLED else "ran again"
    return {"deed": deed, **_of_attempt(row.attempt)}


def _score(row: Record) -> Told:
    return {"deed": "scored again", "detail": row.change, **_of_attempt(row.attempt)}


def _of_attempt(attempt: Attempt) -> Told:
    work = attempt.submission
    return {"whose": work.team.name, "work": work.mini_project.title, "attempt": attempt.pk}


def _rerun(row: Any) -> Told:  # noqa: ANN401 - a Rerun with the count of its attempts
    title, detail = row.mini_project.title, f"{row.count} attempts"
    return {"deed": "ran all again", "whose": "All teams", "work": title, "detail": detail}


def _comparison(row: Comparison) -> Told:
    detail = f"without the template {row.template}" if row.template else ""
    title = row.mini_project.title
    return {"deed": "compared the groups", "whose": "All teams", "work": title, "detail": detail}


def _decision(row: AssessmentEvent) -> Told:
    proposed = f" (the checks proposed {row.proposed})" if row.overrides else ""
    return {
        "deed": "overrode" if row.overrides else "confirmed" if row.proposed else "decided",
        "whose": row.team.name,
        "work": row.mini_project.title,
        "attempt": row.attempt_id,
        "detail": f"{row.criterion.title}: {row.level.name}{proposed}",
    }


def _opinion(row: SecondOpinionEvent) -> Told:
    detail = f"{row.criterion.title}: {row.level.name}"
    work = {"work": row.mini_project.title, "attempt": row.attempt_id, "detail": detail}
    return {"deed": "decided as second assessor", "whose": row.team.name, **work}


def _mark(row: MarkEvent) -> Told:
    given = "gave a mark" if row.version == 1 else "changed a mark"
    chance = ", resit" if row.chance == RESIT else ""
    if row.points is None:
        return {"deed": "took a mark back", "whose": _owner(row), "detail": f"{row.mark}{chance}"}
    detail = f"{row.mark}{chance}: {row.points.normalize():f}"
    return {"deed": given, "whose": _owner(row), "detail": detail}


def _override(row: Override) -> Told:
    if row.points is None:
        deed = "lifted a rule" if row.holds else "let a rule hold again"
        return {"deed": deed, "whose": _owner(row), "work": row.part, "detail": row.rule}
    detail = f"{row.points.normalize():+f} ({row.rule})"
    return {"deed": "moved the value", "whose": _owner(row), "detail": detail}


def _owner(row: OfOwner) -> str:
    owner = row.team or row.student
    return owner.name if owner else ""


def _presence(row: Presence) -> Told:
    detail = f"{row.event}: {PRESENT[row.present]}"
    return {"deed": "noted presence", "whose": row.student.name, "detail": detail}


def _publication(row: Publication) -> Told:
    return {"deed": STEPS[Step(row.kind)], "detail": f"rules {row.rules_version}"}


def _extension(row: Extension) -> Told:
    until = f"{row.until.astimezone(row.mini_project.edition.zone):%a %-d %b %Y, %H:%M}"
    return {
        "deed": "gave more time",
        "whose": row.team.name,
        "work": row.mini_project.title,
        "detail": f"{row.deliverable or 'all of it'} until {until}",
    }


def _session(row: SessionDate) -> Told:
    return {"deed": "moved a session", "detail": f"{row.session} to {row.on:%a %-d %b %Y}"}


def _answer(row: Answer) -> Told:
    detail = f"{row.setting}: {in_words(row.value)}"
    return {"deed": "settled what was open", "detail": detail}


def _size(row: SizeAgreed) -> Told:
    return {"deed": "agreed to a size", "whose": row.team.name, "detail": f"{row.size} in the team"}


ON_ATTEMPTS = (PROJECT, WORK)
DECIDED = ("team", "mini_project", "criterion", "level")
SOURCES = {
    "step": Source(
        Transition.objects.filter(BY_HAND).select_related(*ON_ATTEMPTS).defer(*UNREAD),
        _step,
        edition=f"{PROJECT}__edition",
        reason="note",
    ),
    "score": Source(
        Record.objects.select_related(*ON_ATTEMPTS).defer("body", *UNREAD),
        _score,
        edition=f"{PROJECT}__edition",
    ),
    "rerun": Source(
        Rerun.objects.select_related("mini_project").annotate(count=Count("attempts")),
        _rerun,
        edition="mini_project__edition",
    ),
    "comparison": Source(
        Comparison.objects.select_related("mini_project").annotate(reason=Value("")),
        _comparison,
        edition="mini_project__edition",
        at="asked_at",
    ),
    "decision": Source(
        AssessmentEvent.objects.select_related(*DECIDED),
        _decision,
        edition="mini_project__edition",
        at="decided_at",
        by="assessor",
        reason="comment",
    ),
    "opinion": Source(
        SecondOpinionEvent.objects.select_related(*DECIDED),
        _opinion,
        edition="mini_project__edition",
        at="decided_at",
        by="assessor",
        reason="comment",
    ),
    "mark": Source(MarkEvent.objects.select_related("student", "team"), _mark),
    "override": Source(Override.objects.select_related("student", "team"), _override),
    "presence": Source(Presence.objects.select_related("student"), _presence),
    "publication": Source(Publication.objects.all(), _publication),
    "extension": Source(
        Extension.objects.select_related("team", "mini_project__edition"),
        _extension,
        edition="mini_project__edition",
    ),
    "session": Source(SessionDate.objects.all(), _session),
    "answer": Source(Answer.objects.all(), _answer),
    "size": Source(SizeAgreed.objects.select_related("team"), _size, edition="team__edition"),
}
