"""Who works with whom: people join teams and leave them, and the history says when and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.utils import timezone

from lab_specs.edition.file import EditionFile
from lab_specs.edition.rules import TeamSize
from portal.common.errors import Refused
from portal.courses.models import Edition, Membership, SizeAgreed, Team, TeamChange
from portal.courses.queries import students_of
from portal.people.models import User

NAME_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many members a team may have. Without a rule, any number."""

    smallest: int = 1
    largest: int | None = None
    cite: str = ""

    def holds(self, size: int) -> bool:
        """Whether a team of this size needs nobody's agreement."""
        return self.smallest <= size and (self.largest is None or size <= self.largest)

    def __str__(self) -> str:
        span = f"{self.smallest} to {self.largest}"
        if self.smallest == self.largest:
            span = str(self.smallest)
        return f"{span} members ({self.cite})" if self.cite else "any number of members"


def bounds(file: EditionFile) -> Bounds:
    """What the rules of an edition say about the size of a team."""
    rules = [each for each in file.rules if isinstance(each, TeamSize)]
    if not rules:
        return Bounds()
    cites = dict.fromkeys(cite for rule in rules for cite in rule.cite)
    smallest, largest = min(r.smallest for r in rules), max(r.largest for r in rules)
    return Bounds(smallest, largest, ", ".join(cites))


def found(
    *, edition: Edition, name: str, people: Sequence[User], by: User | None = None, reason: str = ""
) -> Team:
    """A new shared team. Refused when somebody is no student, or is in another one already."""
    name = name.strip()
    if not 0 < len(name) <= NAME_LENGTH:
        raise Refused(f"A team needs a name of at most {NAME_LENGTH} characters.")
    _demand_students(edition, people)
    try:
        with transaction.atomic():
            team = Team.objects.create(edition=edition, name=name, solo=False)
            for person in people:
                _add(team, person, by=by, reason=reason)
    except IntegrityError:
        raise Refused(
            "That name is taken, or one of these people is in another team already."
        ) from None
    return team


def join(*, team: Team, person: User, by: User, reason: str = "") -> None:
    """Somebody comes into a team. More than the rules allow needs a reason, which is kept."""
    reason = reason.strip()
    with transaction.atomic():
        Team.objects.select_for_update().get(pk=team.pk)
        size = team.memberships.count() + 1
        limits = bounds(team.edition.file)
        if limits.largest is not None and size > limits.largest:
            if not reason:
                raise Refused(
                    f"{team} would have {size}, and the rules want {limits}. Say why that is"
                    " right, and it is done."
                )
            agree(team=team, size=size, by=by, reason=reason)
        try:
            with transaction.atomic():
                _add(team, person, by=by, reason=reason)
        except IntegrityError:
            raise Refused(
                f"{person.name} is in another team already, and has to leave it first."
            ) from None


def leave(*, team: Team, person: User, by: User, reason: str) -> None:
    """Somebody goes. What the team handed in stays the team's."""
    if not reason.strip():
        raise Refused("Say why: the team's history keeps it.")
    with transaction.atomic():
        gone, _ = Membership.objects.filter(team=team, person=person).delete()
        if not gone:
            raise Refused(f"{person.name} is not in {team}.")
        _note(team, person, joined=False, by=by, reason=reason)


def place(*, edition: Edition, person: User, name: str, by: User | None, reason: str) -> None:
    """Put somebody into the team of this name, out of any other; a new team when needed."""
    before = Membership.objects.filter(edition=edition, person=person, solo=False).first()
    if before and before.team.name == name:
        return
    if before:
        _note(before.team, person, joined=False, by=by, reason=reason)
        before.delete()
    team, _ = Team.objects.get_or_create(edition=edition, name=name, solo=False)
    _add(team, person, by=by, reason=reason)


def agree(*, team: Team, size: int, by: User, reason: str) -> None:
    """A lecturer agrees to a size outside the bounds; it holds while the team has that size."""
    if not reason.strip():
        raise Refused("Say why this size is right: it stands with the result.")
    SizeAgreed.objects.create(
        team=team, size=size, by=by, reason=reason.strip()[:500], at=timezone.now()
    )


def _add(team: Team, person: User, *, by: User | None, reason: str) -> None:
    _demand_students(team.edition, [person])
    Membership.objects.create(team=team, person=person, edition=team.edition, solo=False)
    _note(team, person, joined=True, by=by, reason=reason)


def _demand_students(edition: Edition, people: Sequence[User]) -> None:
    known = set(students_of(edition).filter(person__in=people).values_list("person_id", flat=True))
    strangers = sorted(person.name for person in people if person.pk not in known)
    if strangers:
        raise Refused(f"Not a student of this edition: {', '.join(strangers)}.")


def _note(team: Team, person: User, *, joined: bool, by: User | None, reason: str) -> None:
    TeamChange.objects.create(
        team=team,
        person=person,
        joined=joined,
        by=by,
        reason=reason.strip()[:500],
        at=timezone.now(),
    )
