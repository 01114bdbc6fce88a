"""The rules of a course as data. A policy is a list of them, read from the top.

Each kind says one thing. What it does with facts stands in `portal/assessment/policy/`.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import BeforeValidator, Discriminator, Field, Tag, field_validator, model_validator
from pydantic_core.core_schema import ValidationInfo

from lab_specs.schema import Slug, Strict, Text

MOST = 10**6  # no number that a course leaves open is so large
DECIMALS = 6
Cite = Annotated[str, Field(pattern=r"^[A-Z]+[0-9]*-[0-9]+$")]


def _listed(value: Any) -> Any:  # noqa: ANN401 - whatever stands in the file
    return [value] if isinstance(value, str) else value


Cites = Annotated[tuple[Cite, ...], BeforeValidator(_listed), Field(min_length=1)]


class Ref(Strict):
    """A value that the course's documents leave open. Somebody must set it; nobody guesses."""

    setting: Slug


def _open(value: Any) -> str:  # noqa: ANN401 - whatever stands in the file
    named = isinstance(value, Ref) or (isinstance(value, dict) and "setting" in value)
    return "setting" if named else "value"


T = TypeVar("T")
Open = Annotated[
    Annotated[Ref, Tag("setting")] | Annotated[T, Tag("value")], Discriminator(_open)
]  # what the course says, or a setting where it says nothing


class SettingFile(Strict):
    """A gap: what is asked, whom, and the answer once it is known."""

    id: Slug
    cite: Cites
    asks: Text
    who: Text
    kind: Literal["number", "switch", "choice", "table", "text"]
    choices: tuple[Text, ...] = ()
    value: Any = Field(None, description="left out until somebody decides")

    @field_validator("value")
    @classmethod
    def _fits(cls, value: Any, info: ValidationInfo) -> Any:  # noqa: ANN401 - by kind
        if value is None or "kind" not in info.data:
            return None
        return _answer(info.data["kind"], info.data.get("choices", ()), value)


def _answer(kind: str, choices: Sequence[str], value: Any) -> Any:  # noqa: ANN401 - by kind
    if kind == "choice":
        if value not in choices:
            raise ValueError(f"{value!r} is not one of {list(choices)}")
        return value
    if kind == "switch" or isinstance(value, bool):
        if not (kind == "switch" and isinstance(value, bool)):
            raise ValueError("expected yes or no" if kind == "switch" else f"expected a {kind}")
        return value
    if kind == "text":
        return str(value)
    if kind == "number":
        return _number(value)
    if not isinstance(value, dict) or not value:
        raise ValueError("expected a table such as {0: 2, 1: 3}")
    return {int(key): _number(worth) for key, worth in value.items()}


def _number(value: Any) -> Decimal:  # noqa: ANN401 - of a file
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        raise ValueError(f"{value!r} is not a number") from None
    # As a fraction, 1e-99999999 has a hundred million digits.
    if not number.is_finite() or abs(number) >= MOST or round(number, DECIMALS) != number:
        raise ValueError(f"{value!r} is not a number below a million with at most six decimals")
    return number


class Rule(Strict):
    """What every rule may say besides its own."""

    REFERS: ClassVar[dict[str, str]] = {}  # fields that hold names, and of what

    cite: Cites
    parts: tuple[Slug, ...] = Field((), description="mini-projects; none: all that count")
    tracks: tuple[Slug, ...] = Field((), description="only for students of these; none: for all")
    not_for: tuple[Slug, ...] = Field((), description="not for students of these tracks")
    only_if: Ref | None = Field(None, description="a switch that must be on")
    overridable: bool = Field(False, description="a lecturer may lift it, with a reason")
    ours: Text | None = Field(None, description="what here is ours, for the source is silent")


class OnTime(Rule):
    """What comes after its deadline, or never, costs the whole part."""

    REFERS: ClassVar[dict[str, str]] = {"needs": "deliverables"}

    rule: Literal["on_time"]
    needs: tuple[Slug, ...] = Field(min_length=1)
    otherwise: Text = Field(description="what the part is called then, such as 'absent'")
    exam_period: Open[bool] = Field(
        False, description="whether a demo in the exam period still counts after the deadline"
    )


class Complete(Rule):
    """A part counts only with all of these deliverables."""

    REFERS: ClassVar[dict[str, str]] = {"needs": "deliverables"}

    rule: Literal["complete"]
    needs: tuple[Slug, ...] = Field(min_length=1)
    otherwise: Text


class DemoOnce(Rule):
    """The first demo of a part is the one that counts."""

    rule: Literal["demo_once"]


class ShownInVideo(Rule):
    """A criterion that a video does not show is not reached."""

    rule: Literal["shown_in_video"]


class EveryCriterion(Rule):
    """To pass, every criterion of this kind must reach the pass level of its scale."""

    rule: Literal["every_criterion"]
    of: Literal["technical", "all"] = "technical"


class Mandatory(Rule):
    """Without each of these marks or mini-projects nobody passes."""

    REFERS: ClassVar[dict[str, str]] = {"components": "components"}

    rule: Literal["mandatory"]
    components: tuple[Slug, ...] = Field(min_length=1)


class Questions(Rule):
    """Each student asks at least so many questions at the talks of others."""

    rule: Literal["questions"]
    at_least: int = Field(ge=1)
    otherwise: Open[Literal["blocks", "noted"]]


class Attendance(Rule):
    """Whether being absent has a consequence of its own."""

    rule: Literal["attendance"]
    absence: Open[Literal["blocks", "noted"]]


class TeamSize(Rule):
    """A team outside these bounds gets no result until a lecturer agrees to it."""

    rule: Literal["team_size"]
    smallest: int = Field(ge=1)
    largest: int = Field(ge=1)

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.smallest > self.largest:
            raise ValueError("the smallest team is larger than the largest")
        return self


class Settled(Rule):
    """Nothing is worked out before this setting is given."""

    REFERS: ClassVar[dict[str, str]] = {"setting": "settings"}

    rule: Literal["settled"]
    setting: Slug


class Weigh(Rule):
    """The value is the weighted sum of marks. Weights are per cent and make 100."""

    REFERS: ClassVar[dict[str, str]] = {"percent": "marks"}

    rule: Literal["weigh"]
    percent: dict[Slug, Annotated[Decimal, Field(gt=0)]]
    missing: Open[Literal["zero", "blocks"]] = "blocks"

    @field_validator("percent")
    @classmethod
    def _sum(cls, percent: dict[str, Decimal]) -> dict[str, Decimal]:
        if sum(percent.values()) != 100:  # noqa: PLR2004 - per cent
            raise ValueError(f"weights make {sum(percent.values())}, not 100")
        return percent


class Count(Rule):
    """The value is read from a table: how many parts are done, and the grade for it."""

    rule: Literal["count"]
    table: Open[dict[int, Decimal]]


class Average(Rule):
    """Each part is the mean of its technical criteria; the value is the mean of the parts."""

    rule: Literal["average"]
    worth: dict[Text, Decimal]
    zero_when: tuple[Text, ...] = Field((), description="a part called so is worth nothing")

    @field_validator("worth")
    @classmethod
    def _rises(cls, worth: dict[str, Decimal]) -> dict[str, Decimal]:
        return _rising(worth)


class Adjust(Rule):
    """Non-technical criteria move the value: by the mean of what their levels are worth."""

    rule: Literal["adjust"]
    by: dict[Text, Decimal]

    @field_validator("by")
    @classmethod
    def _rises(cls, by: dict[str, Decimal]) -> dict[str, Decimal]:
        return _rising(by)


def _rising(table: dict[str, Decimal]) -> dict[str, Decimal]:
    numbers = list(table.values())
    if numbers != sorted(numbers):
        raise ValueError("a higher level may not be worth less; write the lowest level first")
    return table


class Bonus(Rule):
    """A lecturer may move a student's value by hand, within these bounds, with a reason."""

    rule: Literal["bonus"]
    at_most: Open[Annotated[Decimal, Field(ge=0)]]


class Cap(Rule):
    """Whoever misses a condition for passing gets at most this value."""

    rule: Literal["cap"]
    at: Decimal


class OwnScale(Rule):
    """A student may ask for a grade on another scale, within so many days of the start."""

    REFERS: ClassVar[dict[str, str]] = {"scale": "scales", "mark": "marks"}

    rule: Literal["own_scale"]
    scale: Slug
    mark: Slug
    days: int = Field(ge=1, description="how long after the edition's start one may ask")


class Checklist(Rule):
    """What a team ticks informs; it decides nothing."""

    rule: Literal["checklist"]


class Resit(Rule):
    """A second opportunity: the parts that were not passed, by appointment."""

    REFERS: ClassVar[dict[str, str]] = {"until": "tracks"}

    rule: Literal["resit"]
    allowed: Open[bool] = True
    until: dict[Slug, Slug] = Field(
        default_factory=dict, description="track ('all' for the rest): the date to arrange it by"
    )
    live: int | None = Field(None, ge=1, description="more parts than this: the rest as videos")
    minutes: int | None = Field(None, ge=1)


AnyRule = Annotated[
    OnTime
    | Complete
    | DemoOnce
    | ShownInVideo
    | EveryCriterion
    | Mandatory
    | Questions
    | Attendance
    | TeamSize
    | Settled
    | Weigh
    | Count
    | Average
    | Adjust
    | Bonus
    | Cap
    | OwnScale
    | Checklist
    | Resit,
    Field(discriminator="rule"),
]
