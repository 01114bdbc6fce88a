"""The deadlines of an edition, for everybody in it: few queries, whatever their number."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Self, TypeVar

from lab_specs.edition.file import EditionFile, MiniProjectFile
from portal.courses import deadlines
from portal.courses.deadlines import Due, Longer, Moved
from portal.courses.models import Edition, Extension, Membership, MiniProject, SessionDate
from portal.courses.queries import answers

T = TypeVar("T")
NEWS_LASTS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What moves deadlines in one edition. Teams and mini-projects by their keys."""

    file: EditionFile
    moved: Mapping[str, Moved]
    longer: Mapping[tuple[int, int], Sequence[Longer]]  # (mini-project, team)
    tracks: Mapping[int, Sequence[str]]  # of the members of each team
    answers: Mapping[str, Any]  # to settings that the file leaves open

    @classmethod
    def of(cls, edition: Edition) -> Self:
        """At most five queries."""
        return cls(
            file=edition.file,
            moved=moves(edition),
            longer=_extensions(edition),
            tracks=_tracks(edition) if edition.file.tracks else {},
            answers=answers(edition) if edition.file.settings else {},
        )

    def part(self, mini_project: MiniProject) -> MiniProjectFile | None:
        """The mini-project as the file has it; None for one that was made by hand since."""
        return next((p for p in self.file.mini_projects if p.id == mini_project.slug), None)

    def due(
        self, mini_project: MiniProject, team: int | None, item: str = "", track: str = ""
    ) -> Due:
        """When an item is due for a team. `team` None: somebody of `track` who has none yet."""
        part = self.part(mini_project)
        if part is None:
            return Due(mini_project.deadline)
        return deadlines.due(
            self.file,
            part,
            item,
            moved=self.moved,
            longer=self.longer.get((mini_project.pk, team), ()) if team else (),
            tracks=self.tracks.get(team, [track]) if team else [track],
            answers=self.answers,
        )

    def code_due(self, mini_project: MiniProject, team: int | None, track: str = "") -> Due:
        """When the commit is due that a team hands in."""
        part = self.part(mini_project)
        item = deadlines.code_of(part) if part else ""
        return self.due(mini_project, team, item, track)

    def news(self, today: date) -> list[str]:
        """The sessions that moved, for people to read until two weeks after the new day."""
        return [
            f"“{session.title}” moved to {move.on:%a %-d %b} because {move.reason}."
            " What is due after it moved along."
            for session in self.file.sessions
            if (move := self.moved.get(session.id)) and today <= move.on + NEWS_LASTS
        ]

    def owner(self, mini_project: MiniProject, *, shared: T | None, solo: T | None) -> T | None:
        """Which of a student's two teams owns the work, if they are in it."""
        part = self.part(mini_project)
        if part and part.alone_or_team:
            return shared or solo
        return shared if mini_project.by_team else solo

    def late(self, mini_project: MiniProject, team: int, at: datetime) -> bool:
        """Whether a commit that was handed in at this moment is late."""
        return deadlines.late(at, self.code_due(mini_project, team).moment)


def moves(edition: Edition) -> dict[str, Moved]:
    """The sessions that moved: where to last, and why."""
    rows = SessionDate.objects.filter(edition=edition).order_by("pk")
    return {row.session: Moved(row.on, row.reason) for row in rows}


def _extensions(edition: Edition) -> dict[tuple[int, int], list[Longer]]:
    """Per mini-project and team: the newest extension of each item."""
    rows = Extension.objects.filter(mini_project__edition=edition).order_by("pk")
    newest = {(row.mini_project_id, row.team_id, row.deliverable): row for row in rows}
    found: dict[tuple[int, int], list[Longer]] = defaultdict(list)
    for (project, team, item), row in newest.items():
        found[project, team].append(Longer(row.until, row.reason, item))
    return found


def _tracks(edition: Edition) -> dict[int, list[str]]:
    rows = Membership.objects.filter(
        edition=edition, person__enrolments__edition=edition
    ).values_list("team_id", "person__enrolments__track")
    found: dict[int, list[str]] = defaultdict(list)
    for team, track in rows:
        found[team].append(track)
    return found
