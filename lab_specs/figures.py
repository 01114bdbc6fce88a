"""Figures that a lab's checks show of an attempt, made to fit whatever stands in them.

A figure is evidence to look at: it never decides a level. Its numbers and names often come from
files and answers of a student's container, so nothing in here raises over them: what cannot be
drawn is left out, long series are thinned, texts are cut. What is fitted once stays as it is.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from math import isfinite
from numbers import Real
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from lab_specs.faults import plain_text

FIGURES = 6  # of one report
SERIES = 12  # of one figure
POINTS = 400  # of one series
NAMED_POINTS = 60  # of one series whose places are texts
READ = 100_000  # points of a series that are looked at
LARGEST = 1e15  # no curve that people compare goes beyond; a float tells whole numbers up to here
SMALLEST = 1e-12
PLACE, NAME, LABEL, SENTENCE = 24, 40, 60, 400  # characters of a text

Number = int | float
Place = int | float | str
Item = TypeVar("Item")


def number(value: object) -> Number | None:
    """The value as a finite number, a broken one with seven digits; None when it is none.

    Whole numbers are told as such. Truth values are no numbers.
    """
    if isinstance(value, bool) or not isinstance(value, Real):
        return None
    try:
        found = float(value)
    except (OverflowError, ValueError):
        return None
    if not isfinite(found) or abs(found) > LARGEST:
        return None
    found = found if found.is_integer() else float(f"{found:.7g}")
    if abs(found) < SMALLEST:
        return 0
    return int(found) if found.is_integer() else found


def label(value: object, cap: int = LABEL) -> str:
    """The value as one line of text of at most `cap` characters; empty when it is no text."""
    if isinstance(value, str):
        return " ".join(plain_text(value, cap).split())
    found = number(value)
    return "" if found is None else str(found)


def thinned(items: list[Item], most: int) -> list[Item]:
    """At most `most` of the items (two or more), evenly spread; the first and the last stay."""
    if len(items) <= most:
        return items
    return [items[round(at * (len(items) - 1) / (most - 1))] for at in range(most)]


def _items(values: object) -> list[Any]:
    if not isinstance(values, Iterable) or isinstance(values, str | bytes | Mapping):
        return []
    return list(islice(values, READ))


def _place(value: object) -> Place | None:
    found = number(value)
    return found if found is not None else label(value, PLACE) or None


def _series(values: object) -> list[Any]:
    return _items(values)[:SERIES]


def _id(value: object) -> str:
    return re.sub(r"[^a-z0-9]+", "-", label(value).lower()).strip("-") or "figure"


Id = Annotated[str, BeforeValidator(_id)]
Label = Annotated[str, BeforeValidator(label)]
Sentence = Annotated[str, BeforeValidator(lambda said: label(said, SENTENCE))]


class Series(BaseModel):
    """One line of a figure, one kind of points, or one bar per place.

    `x` and `y` are read in pairs; one whose `y` is no finite number, or whose `x` is neither such
    a number nor a text, is left out. If one `x` is a text, all of them are.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, BeforeValidator(lambda said: label(said, NAME))]
    x: tuple[Place, ...] = ()
    y: tuple[Number, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _fit(cls, said: Any) -> Any:  # noqa: ANN401 - whatever a check hands over
        if not isinstance(said, Mapping):
            return said
        pairs = zip(_items(said.get("x")), _items(said.get("y")), strict=False)
        read = [(_place(x), number(y)) for x, y in pairs]
        points = [(x, y) for x, y in read if x is not None and y is not None]
        named = any(isinstance(x, str) for x, _ in points)
        points = thinned(points, NAMED_POINTS if named else POINTS)
        places = [str(x) if named else x for x, _ in points]
        return {**said, "x": places, "y": [y for _, y in points]}


class Figure(BaseModel):
    """What `show` takes: `x` and `y` name the axes, `says` tells in a sentence what is shown.

    `lines` joins the points of each series, `points` does not, `bars` stands them side by side.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Id
    title: Label
    x: Label
    y: Label
    kind: Literal["lines", "points", "bars"]
    series: Annotated[tuple[Series, ...], BeforeValidator(_series)]
    says: Sentence = ""
