"""Who may do what in an edition: plain predicates over what is known of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person is in one edition."""

    STUDENT = "student"
    ASSISTANT = "assistant"
    LECTURER = "lecturer"


STAFF = frozenset({Role.ASSISTANT, Role.LECTURER})


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's roles, per edition, and the teams that they belong to. Ids throughout."""

    person: int
    roles: Mapping[int, Role]
    teams: frozenset[int]

    @property
    def staffed(self) -> list[int]:
        """The editions in which the person teaches."""
        return [edition for edition, role in self.roles.items() if role in STAFF]


def is_staff(standing: Standing, *, edition: int) -> bool:
    """Whether the person is an assistant or lecturer of this very edition."""
    return standing.roles.get(edition) in STAFF


def is_lecturer(standing: Standing, *, edition: int) -> bool:
    """Whether the person is a lecturer of this very edition."""
    return standing.roles.get(edition) is Role.LECTURER


def is_member(standing: Standing, *, team: int) -> bool:
    """Whether the work of this team is the person's own, alone or with others."""
    return team in standing.teams


def may_see(standing: Standing, *, edition: int, team: int) -> bool:
    """Whether the person may read the work of a team: its members and the edition's staff."""
    return is_member(standing, team=team) or is_staff(standing, edition=edition)
