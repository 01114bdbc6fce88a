"""Enrolling people, moving dates, settling what is open: the only place that does.

Teams are made in `portal.courses.teams`.
"""

from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from pydantic import ValidationError

from lab_specs.edition.file import EditionFile
from portal.common.errors import Refused
from portal.common.text import storable
from portal.common.typed import near
from portal.courses.access import demand_staff
from portal.courses.models import (
    REASON_LENGTH,
    Answer,
    Contact,
    Edition,
    Enrolment,
    Extension,
    Membership,
    MiniProject,
    SessionDate,
    Team,
)
from portal.courses.queries import held_on, student_called, students_of
from portal.courses.rules import Role
from portal.people.models import User


def enrol(*, edition: Edition, person: User, role: Role) -> Enrolment:
    """Give a person their role in an edition, in place of an earlier one."""
    enrolment, _ = Enrolment.objects.update_or_create(
        edition=edition, person=person, defaults={"role": role}
    )
    return enrolment


def team_for(*, person: User, mini_project: MiniProject) -> Team:
    """The team that owns what this person hands in; a solo team is made on first need.

    Refused for those who are no students of the edition, and where work is done by teams for
    a student who is in none.
    """
    edition = mini_project.edition
    if not students_of(edition).filter(person=person).exists():
        raise Refused("Only the students of this edition hand in work.")
    solo = not mini_project.by_team
    teams = Team.objects.filter(edition=edition, memberships__person=person)
    if any(
        part.id == mini_project.slug and part.alone_or_team for part in edition.file.mini_projects
    ):
        found = teams.order_by("solo").first()  # who is in a team works in it
    else:
        found = teams.filter(solo=solo).first()
    if found is not None:
        return found
    if not solo:
        raise Refused("This work is done by teams, and you are in none yet. Ask your lecturer.")
    return solo_team(edition=edition, person=person)


def solo_team(*, edition: Edition, person: User) -> Team:
    """The team of one that owns what a student does alone; made on first need."""
    try:
        with transaction.atomic():
            team = Team.objects.create(edition=edition, name=person.name, solo=True)
            Membership.objects.create(team=team, person=person, edition=edition, solo=True)
    except IntegrityError:  # there is one, or a second request of the same person was faster
        return Team.objects.get(edition=edition, memberships__person=person, solo=True)
    return team


def move_session(*, edition: Edition, session: str, on: date, by: User, reason: str) -> None:
    """Hold a session on another day. What is due relative to it moves with it."""
    demand_staff(by, edition)
    known = {each.id: each for each in edition.file.sessions}
    if session not in known:
        raise Refused("This edition has no such session.")
    _demand_near(on)
    if held_on(edition).get(session, known[session].day) == on:
        raise Refused(f"“{known[session].title}” is on {on:%a %-d %b %Y} already.")
    with transaction.atomic():
        SessionDate.objects.create(
            edition=edition, session=session, on=on, by=by, reason=_why(reason), at=timezone.now()
        )
        held = held_on(edition)
        for part in edition.file.mini_projects:
            deadline = edition.file.moment(part.deadline, held)
            edition.mini_projects.filter(slug=part.id).update(deadline=deadline)


def answer(*, edition: Edition, setting: str, value: Any, by: User, reason: str) -> None:  # noqa: ANN401 - by the setting's kind
    """Settle what the edition's file leaves open. Refused for a value that cannot be."""
    demand_staff(by, edition)
    asked = next((each for each in edition.file.settings if each.id == setting), None)
    if asked is None:
        raise Refused("This edition has no such setting.")
    if asked.value is not None:
        raise Refused("The edition's file answers this itself; only a new file changes it.")
    content = edition.file.model_dump(mode="json")
    for each in content["settings"]:
        if each["id"] == setting:
            each["value"] = value
    try:
        EditionFile.model_validate(content)
    except ValidationError as error:
        message = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise Refused(f"That cannot be: {message}.") from None
    Answer.objects.create(
        edition=edition,
        setting=setting,
        value=value,
        by=by,
        reason=_why(reason),
        at=timezone.now(),
    )


def note_contact(*, edition: Edition, username: str, by: User, says: str) -> Contact:
    """Write down that somebody spoke or wrote with a student, for the staff alone."""
    demand_staff(by, edition)
    student = student_called(edition, username)
    if student is None:
        raise Refused(f"No student of this edition signs in as “{username}”.")
    return Contact.objects.create(
        edition=edition, student=student, by=by, reason=_why(says), at=timezone.now()
    )


def ask_scale(*, edition: Edition, student: User, scale: str) -> None:
    """A student asks for a grade on another scale of the file, once; the rules say until when."""
    if scale not in edition.file.other_scales:
        raise Refused("This edition has no such scale.")
    today = timezone.now().astimezone(edition.zone).date()
    own = students_of(edition).filter(person=student, scale="")
    if own.update(scale=scale, scale_asked_on=today) != 1:
        raise Refused("You have asked for another scale already. Talk to your lecturer.")


def extend(
    *,
    mini_project: MiniProject,
    team: Team,
    until: datetime,
    by: User,
    reason: str,
    deliverable: str = "",
) -> Extension:
    """Give a team, or a student's solo team, more time. The last word for each item holds."""
    demand_staff(by, mini_project.edition)
    if team.edition_id != mini_project.edition_id:
        raise Refused("That team belongs to another edition.")
    _demand_near(until)
    part = next(
        (each for each in mini_project.edition.file.mini_projects if each.id == mini_project.slug),
        None,
    )
    if deliverable and deliverable not in [each.id for each in (part.deliverables if part else ())]:
        raise Refused(f"{mini_project} has no such deliverable.")
    return Extension.objects.create(
        mini_project=mini_project,
        team=team,
        deliverable=deliverable,
        until=until,
        by=by,
        reason=_why(reason),
        at=timezone.now(),
    )


def _why(reason: str) -> str:
    if not reason.strip():
        raise Refused("Say why: those whom it concerns read it.")
    return storable(reason.strip())[:REASON_LENGTH]


def _demand_near(day: date) -> None:
    if not near(day):
        raise Refused(f"Nobody can mean the year {day.year}. Look at it again.")
