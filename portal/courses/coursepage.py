"""What the page of an edition's rules and dates shows, to staff and to students."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from inspect import getdoc
from typing import Any

from lab_specs.edition.rules import AnyRule, Ref, SettingFile
from lab_specs.edition.syllabus import Deliverable, Session
from portal.courses.dates import Calendar
from portal.courses.deadlines import Due
from portal.courses.models import Answer, Edition, Enrolment, Extension, MiniProject, SessionDate
from portal.courses.queries import place_of
from portal.people.models import User

SAID_ELSEWHERE = {"rule", "cite", "ours", "overridable"}


@dataclass(frozen=True, slots=True)
class Held:
    """A session, the day on which it is held, and how it got there, newest first."""

    session: Session
    day: date | None
    moves: Sequence[SessionDate]


@dataclass(frozen=True, slots=True)
class Item:
    """A deliverable with its deadline."""

    deliverable: Deliverable
    due: Due


@dataclass(frozen=True, slots=True)
class Work:
    """A mini-project, when it is due, and what is handed in for it."""

    mini_project: MiniProject
    due: Due
    items: Sequence[Item]
    by_rubric: str


@dataclass(frozen=True, slots=True)
class Setting:
    """Something that the course's documents leave open, and who answered it how."""

    asked: SettingFile
    answers: Sequence[Answer]

    @property
    def value(self) -> Any:  # noqa: ANN401 - by the setting's kind
        """The answer; None while nobody has given one."""
        if self.asked.value is not None:
            return self.asked.value
        return self.answers[0].value if self.answers else None

    @property
    def told(self) -> str:
        """The answer in words."""
        return in_words(self.value)


def in_words(value: Any) -> str:  # noqa: ANN401 - by the setting's kind
    """The answer to a setting, for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {worth}" for key, worth in value.items())
    return str(value)


@dataclass(frozen=True, slots=True)
class Told:
    """A rule in words: what its kind means, and what it says here."""

    cites: Sequence[str]
    means: str
    says: Sequence[tuple[str, str]]
    ours: str


def course_page(edition: Edition, person: User, *, staff: bool) -> dict[str, Any]:
    """Everything on the page, in a constant number of queries."""
    calendar = Calendar.of(edition)
    place = place_of(person, edition)
    enrolment = Enrolment.objects.filter(edition=edition, person=person)
    mine = enrolment.select_related("lecturer").first()
    team = edition.teams.filter(pk=place.shared or 0).prefetch_related("members").first()
    moves = list(SessionDate.objects.filter(edition=edition).select_related("by"))
    answers = list(Answer.objects.filter(edition=edition).select_related("by"))
    file = edition.file
    extensions = Extension.objects.filter(mini_project__edition=edition)
    tracks = {each.id: each.title for each in file.tracks}
    return {
        "mine": mine,
        "track": tracks.get(place.track, place.track),
        "team": team,
        "sessions": [held(each, moves) for each in file.sessions],
        "work": [
            work(each, calendar, None if staff else (place.shared, place.solo), place.track)
            for each in edition.mini_projects.order_by("order")
        ],
        "settings": [
            Setting(each, [answer for answer in answers if answer.setting == each.id])
            for each in file.settings
        ],
        "extensions": extensions.select_related("mini_project", "team", "by") if staff else [],
        "rules": [told(each) for each in file.rules],
        "versions": edition.rule_versions.select_related("loaded_by").defer("body"),
        "file": file,
    }


def held(session: Session, moves: Sequence[SessionDate]) -> Held:
    """A session where it is held now."""
    own = [each for each in moves if each.session == session.id]
    return Held(session, own[0].on if own else session.day, own)


def work(
    mini_project: MiniProject,
    calendar: Calendar,
    teams: tuple[int | None, int | None] | None,
    track: str,
) -> Work:
    """A mini-project as it is due for whoever works in these teams; None: for everybody."""
    shared, solo = teams or (None, None)
    team = calendar.owner(mini_project, shared=shared, solo=solo)
    part = calendar.part(mini_project)
    items = [
        Item(each, calendar.due(mini_project, team, each.id, track))
        for each in (part.deliverables if part else ())
    ]
    due = calendar.due(mini_project, team, "", track)
    return Work(mini_project, due, items, by_rubric(mini_project, calendar))


def by_rubric(mini_project: MiniProject, calendar: Calendar) -> str:
    """What is to be said where no lab checks the work, or not all of it; else ""."""
    part = calendar.part(mini_project)
    if part is None or not (part.labs or part.later_lab):
        return ""
    if mini_project.labs:
        later = (part.later_lab or "").rstrip(".")
        return f"A lab checks a part of this; the rest people judge. {later}." if later else ""
    later = part.later_lab or f"The lab {', '.join(part.labs)} will, once it is on the shelf"
    return f"No lab checks this yet: rubric, report and demo decide alone. {later.rstrip('.')}."


def told(rule: AnyRule) -> Told:
    """A rule for people to read."""
    says = []
    for name in type(rule).model_fields:
        value = getattr(rule, name)
        if name not in SAID_ELSEWHERE and value != type(rule).model_fields[name].default:
            says.append((name.replace("_", " "), words(value)))
    return Told(rule.cite, (getdoc(type(rule)) or "").split("\n")[0], says, rule.ours or "")


def words(value: Any) -> str:  # noqa: ANN401 - whatever a rule's field holds
    """A field of a rule as text."""
    if isinstance(value, Ref):
        return f"as the setting “{value.setting}” says"
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "not said"}[value]
    if isinstance(value, dict):
        return ", ".join(f"{key}: {worth}" for key, worth in value.items())
    if isinstance(value, tuple):
        return ", ".join(str(each) for each in value)
    return str(value)
