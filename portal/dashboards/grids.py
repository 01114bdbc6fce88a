"""Numbers with words around them: one grid makes a figure and the table of the same numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import plotly.graph_objects as go

Number = int | float | None
# Names of colours in the stylesheet.
RANKED = ("--bad", "--warn", "--accent", "--good")  # from the lowest level to the highest
PLAIN = ("--accent", "--strong-line", "--warn", "--good", "--muted", "--bad")
MOST_TICKS = 8
APART = 0.04  # of a level: lines that would lie on one another


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a grid: its name, and a number per column (None: nothing is known)."""

    name: str
    numbers: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows by columns. `says` is what the figure shows, in a sentence.

    `kind`: bars side by side in one stack per row; columns, one per row; heat, a coloured cell
    per number; steps, a line per column over the rows.
    """

    id: str
    title: str
    says: str
    kind: Literal["bars", "columns", "heat", "steps"]
    columns: Sequence[str]
    rows: Sequence[Row]
    scale: Sequence[str] = ()  # names of the numbers 0, 1, … where they stand for levels
    ranked: bool = False  # the columns are levels, the lowest first

    @property
    def figure(self) -> dict[str, Any]:
        """The figure as Plotly's JavaScript takes it. Colours come from the stylesheet."""
        figure = {"bars": _bars, "columns": _columns, "heat": _heat, "steps": _steps}[self.kind]
        found: dict[str, Any] = figure(self).to_plotly_json()
        found["layout"].pop("template", None)
        return found

    def told(self, number: Number) -> str:
        """A number as the table says it."""
        if number is None:
            return "–"  # noqa: RUF001 - a dash is meant
        if self.scale:
            return self.scale[int(number)]
        return f"{number:.0%}" if isinstance(number, float) else str(number)

    def tone(self, place: int) -> str:
        """The colour of a column."""
        if self.ranked:
            return RANKED[min(place, len(RANKED) - 1)]
        return PLAIN[place % len(PLAIN)]

    @property
    def lines(self) -> list[tuple[str, list[str]]]:
        """The rows of the table, in words."""
        return [(row.name, [self.told(number) for number in row.numbers]) for row in self.rows]


def _bars(grid: Grid) -> go.Figure:
    names = [row.name for row in reversed(grid.rows)]
    traces = [
        go.Bar(
            name=column,
            y=names,
            x=[row.numbers[place] for row in reversed(grid.rows)],
            orientation="h",
            meta=grid.tone(place),
        )
        for place, column in enumerate(grid.columns)
    ]
    return go.Figure(traces).update_layout(
        barmode="stack",
        height=90 + 34 * len(names),
        xaxis=_counted(sum(number or 0 for number in row.numbers) for row in grid.rows),
    )


def _columns(grid: Grid) -> go.Figure:
    traces = [
        go.Bar(
            name=column,
            x=[row.name for row in grid.rows],
            y=[row.numbers[place] for row in grid.rows],
            meta=grid.tone(place),
        )
        for place, column in enumerate(grid.columns)
    ]
    counts = _counted(number or 0 for row in grid.rows for number in row.numbers)
    return go.Figure(traces).update_layout(height=300, yaxis=counts)


def _counted(numbers: Iterable[float]) -> dict[str, Any]:
    """An axis of whole numbers."""
    most = int(max(numbers, default=0))
    return {"rangemode": "tozero", "nticks": min(most + 1, MOST_TICKS), "tickformat": "d"}


def _heat(grid: Grid) -> go.Figure:
    rows = list(reversed(grid.rows))
    heat = go.Heatmap(
        x=list(grid.columns),
        y=[row.name for row in rows],
        z=[list(row.numbers) for row in rows],
        zmin=0,
        zmax=1,
        xgap=1,
        ygap=1,
        showscale=False,
        hovertemplate="%{y}, %{x}: %{z:.0%}<extra></extra>",
    )
    return go.Figure(heat).update_layout(height=120 + 18 * len(rows))


def _steps(grid: Grid) -> go.Figure:
    traces = [
        go.Scatter(
            name=column,
            x=[row.name for row in grid.rows],
            y=[_apart(row.numbers[place], place) for row in grid.rows],
            text=[grid.told(row.numbers[place]) for row in grid.rows],
            hovertemplate="%{x}: %{text}",
            mode="lines+markers",
            line_shape="hv",
            meta=grid.tone(place),
        )
        for place, column in enumerate(grid.columns)
    ]
    ticks = {"tickvals": list(range(len(grid.scale))), "ticktext": list(grid.scale)}
    return go.Figure(traces).update_layout(
        height=340, yaxis={**ticks, "range": [-0.2, len(grid.scale) - 0.8]}
    )


def _apart(number: Number, place: int) -> Number:
    return None if number is None else number + APART * place
