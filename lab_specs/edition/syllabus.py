"""What an edition says about itself besides its rules: dates, people, aims, work to hand in."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from lab_specs.edition.rules import Cites, Open
from lab_specs.schema import Slug, Strict, Text

Languages = dict[Slug, Text]  # a text per language, such as {en: …, de: …}
END_OF_DAY = time(23, 59, 59)


class After(Strict):
    """So many days after a session, by the clock on the wall. Moves when the session moves."""

    session: Slug
    days: int = Field(ge=0, le=366)
    at: time = END_OF_DAY


def _when(value: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    return "after" if isinstance(value, dict | After) else "moment"


When = Annotated[
    Annotated[datetime, Tag("moment")] | Annotated[After, Tag("after")], Discriminator(_when)
]  # a local time of the edition, or a span after a session


class Note(Strict):
    """A fact of the course that needs no machinery, in our words."""

    cite: Cites
    says: Text


class Track(Strict):
    """A group of students for whom some rules differ."""

    id: Slug
    title: Text
    distance: bool = False


class Session(Strict):
    """A day of teaching. `day` may move; without it, nothing can be due relative to it."""

    id: Slug
    title: Text
    week: int | None = Field(None, ge=1, le=53)
    day: date | None = None
    kind: Literal["theory", "lab", "talks", "exam", "project", "other"] = "theory"


class Module(Strict):
    """A tool or topic of a session; core ones matter for passing."""

    id: Slug
    title: Text
    session: Slug
    core: bool


class Deliverable(Strict):
    """One thing to hand in for a mini-project."""

    id: Slug
    kind: Literal["code", "report", "demo", "presentation", "update", "text", "link"]
    title: Text
    due: When | None = Field(None, description="none: when the mini-project is due")
    minutes: tuple[int, int] | None = Field(None, description="length of an oral, from and to")
    headings: tuple[Text, ...] = Field((), description="advice to the reviewer, never a gate")
    words: tuple[int, int] | None = Field(None, description="advice: from and to")
    languages: tuple[Slug, ...] = ()
    template: Text | None = None
    snapshot: bool = Field(
        False, description="taken by itself when it is due: the default branch as it stands then"
    )


class PullRequests(Strict):
    """How a commit is to come about on GitHub: evidence for people, never a verdict by itself."""

    protected: bool = Field(
        False, description="the default branch is protected, by itself or by a ruleset"
    )
    reviews: int = Field(0, ge=0, le=10, description="approvals by others than the author")
    actions: bool = Field(False, description="GitHub Actions ran on the commit and ended well")

    @model_validator(mode="after")
    def _asks(self) -> Self:
        if not (self.protected or self.reviews or self.actions):
            raise ValueError("asks for nothing: say protected, reviews or actions, or leave it out")
        return self


Limit = Literal["ways", "once_per_part", "per_week", "most_minutes", "exam_minutes", "whole_team"]


class DemoRules(Strict):
    """When and how a demonstration may be booked."""

    cite: Cites
    ways: tuple[Literal["contact", "video", "call", "exam"], ...] = Field(min_length=1)
    once_per_part: bool = False
    per_week: int | None = Field(None, ge=1)
    week: Open[Literal["calendar", "teaching"]] | None = Field(
        None, description="which week the limit counts in"
    )
    most_minutes: int | None = Field(None, ge=1, description="of one demo")
    exam_minutes: int | None = Field(None, ge=1, description="of all in the exam period")
    whole_team: bool = False
    because: dict[Limit, Cites] = Field(
        default_factory=dict, description="which rule says what, where `cite` names several"
    )


class MarkFile(Strict):
    """A component of the result that is marked by hand, such as an exam on paper."""

    id: Slug
    cite: Cites
    title: Text
    highest: Decimal = Field(gt=0)
    by: Literal["student", "team"] = "student"
    form: Literal["written", "oral", "project", "talk"]
    minutes: int | None = Field(None, ge=1)
    session: Slug | None = None
    part: Slug | None = Field(None, description="the mini-project that it looks at")
    translations: Languages = Field(default_factory=dict)


class Outcome(Strict):
    """A learning outcome, objective or competence, and what it leans on."""

    id: Slug
    text: Languages
    kind: Literal["knowledge", "skill", "social", "competence", "objective"]
    code: Text | None = Field(None, description="as the course writes it")
    competences: tuple[Text, ...] = ()
    level: Languages = Field(default_factory=dict, description="of a taxonomy, per language")


class Activity(Strict):
    """What students do, the objectives it serves, and its hours by column."""

    id: Slug
    title: Text
    objectives: tuple[Slug, ...] = ()
    hours: dict[Slug, Decimal] = Field(default_factory=dict)


class Description(Strict):
    """The course in one language."""

    title: Text
    summary: Text
    contents: tuple[Text, ...] = ()


class Tick(Strict):
    """An item of a checklist that a team may tick."""

    id: Slug
    week: int = Field(ge=1)
    says: Text
