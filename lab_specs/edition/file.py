"""The shape of `lab_specs/courses/<edition>.yaml`."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Field, model_validator

from lab_specs.edition import syllabus
from lab_specs.edition.checks import check_edition
from lab_specs.edition.rules import AnyRule, Cites, SettingFile
from lab_specs.edition.scales import Scale
from lab_specs.edition.syllabus import After
from lab_specs.schema import Criterion, Slug, Strict, Text


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is not a time zone, expected one like 'Europe/Brussels'")
    return name


class MiniProjectFile(Strict):
    """One piece of work of an edition."""

    id: Slug
    title: Text
    cite: Cites | None = None
    labs: tuple[Slug, ...] = Field(
        (), description="a student may take any of them; none: rubric only"
    )
    later_lab: Text | None = Field(
        None, description="what checks it once such a lab is on the shelf; until then the rubric"
    )
    lab_decides: bool = Field(True, description="no: the lab is evidence, own criteria decide")
    counts: bool = Field(True, description="no: feedback only")
    deadline: syllabus.When | None = Field(None, description="local time of the edition")
    by_team: bool = False
    alone_or_team: bool = Field(False, description="each student chooses; a team of one is one")
    second_assessor: bool = False
    free_choice: bool = Field(False, description="students propose what they build")
    criteria: tuple[Criterion, ...] = Field((), description="criteria beside those of the labs")
    ours: Text | None = Field(None, description="what here is ours, for the source is silent")
    deliverables: tuple[syllabus.Deliverable, ...] = ()
    pull_requests: syllabus.PullRequests | None = None
    outcomes: tuple[Slug, ...] = ()
    theory: tuple[Text, ...] = Field((), description="what is asked at the demo")
    extensions: tuple[Text, ...] = Field((), description="own experiments that can raise a level")
    translations: syllabus.Languages = Field(default_factory=dict)


class EditionFile(Strict):
    """One run of a course. Without `scale` and `rules` it has rubrics, but no results."""

    course: Text
    course_code: Slug
    edition: Text
    timezone: Annotated[str, AfterValidator(_known_zone)]
    language: str = "en"
    levels: tuple[Text, ...] = Field(min_length=2, description="scale of the non-lab criteria")
    pass_level: Text | None = Field(None, description="none: the second of the levels")
    source: Text | None = Field(None, description="where the facts come from")
    ours: Text | None = Field(None, description="what here is ours, for the source is silent")
    notes: tuple[syllabus.Note, ...] = ()
    descriptions: dict[Slug, syllabus.Description] = Field(default_factory=dict)
    staff: tuple[Literal["coordinator", "responsible", "lecturer", "assistant"], ...] = ()
    repositories: Literal["any", "private", "team", "public"] = "any"
    starts: date | None = None
    ends: date | None = Field(None, description="after this day nothing is awaited any more")
    dates: dict[Slug, date] = Field(default_factory=dict, description="other days, by name")
    tracks: tuple[syllabus.Track, ...] = ()
    sessions: tuple[syllabus.Session, ...] = ()
    modules: tuple[syllabus.Module, ...] = ()
    outcomes: tuple[syllabus.Outcome, ...] = ()
    activities: tuple[syllabus.Activity, ...] = ()
    checklist: tuple[syllabus.Tick, ...] = ()
    demos: syllabus.DemoRules | None = None
    marks: tuple[syllabus.MarkFile, ...] = ()
    mini_projects: tuple[MiniProjectFile, ...] = Field(min_length=1)
    rules_version: int = Field(1, ge=1)
    scale: Scale | None = None
    other_scales: dict[Slug, Scale] = Field(default_factory=dict)
    settings: tuple[SettingFile, ...] = ()
    rules: tuple[AnyRule, ...] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        check_edition(self)
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which every deadline of the edition is read."""
        return ZoneInfo(self.timezone)

    @property
    def passing(self) -> str:
        """The lowest level of the edition's own scale that passes."""
        return self.pass_level or self.levels[1]

    @property
    def scale_cites(self) -> tuple[str, ...]:
        """The rules that say on which scale a result is told."""
        return self.scale.cite if self.scale else ()

    def moment(
        self, when: datetime | After | None, held: Mapping[str, date] | None = None
    ) -> datetime | None:
        """A deadline of the file as a moment, UTC. `held`: sessions that moved, and to when.

        None when there is no deadline, or when its session has no date.
        """
        if isinstance(when, After):
            days = {each.id: each.day for each in self.sessions} | dict(held or {})
            day = days.get(when.session)
            if day is None:
                return None
            when = datetime.combine(day + timedelta(days=when.days), when.at)
        if when is None:
            return None
        return (when if when.tzinfo else when.replace(tzinfo=self.zone)).astimezone(UTC)

    def end_of(self, day: date | None) -> datetime | None:
        """The last second of a day in the edition's zone."""
        return self.moment(datetime.combine(day, time(23, 59, 59))) if day else None

    def cites(self) -> Iterator[tuple[str, str]]:
        """Every rule id that the file names, and the field that does."""
        yield from ((cite, "notes") for each in self.notes for cite in each.cite)
        for name in ("settings", "marks", "mini_projects", "rules"):
            for number, each in enumerate(getattr(self, name)):
                place = getattr(each, "id", None) or getattr(each, "rule", number)
                for cite in each.cite or ():
                    yield cite, f"{name}.{place}"
        for name in ("scale", "demos"):
            each = getattr(self, name)
            for cite in each.cite if each else ():
                yield cite, name
        for name, scale in self.other_scales.items():
            for cite in scale.cite:
                yield cite, f"other_scales.{name}"
