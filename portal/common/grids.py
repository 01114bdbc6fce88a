"""Numbers with words around them: one grid makes a figure and the table of the same numbers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from html import escape
from typing import Any, Literal

import plotly.graph_objects as go

from lab_specs.figures import thinned

Number = int | float | None
# Names of colours in the stylesheet.
RANKED = ("--bad", "--warn", "--accent", "--good")  # from the lowest level to the highest
PLAIN = ("--accent", "--warn", "--good", "--bad", "--strong-line", "--muted")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x")  # where colours fail
DASHES = ("solid", "dot")  # where there are more lines than colours
MOST_TICKS = 8
MOST_LINES = 400  # of a table
MARKED = 60  # points of a line that are marked one by one
APART = 0.04  # of a level: lines that would lie on one another


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a grid: its name or place, and a number per column (None: nothing is known)."""

    name: str | int | float
    numbers: Sequence[Number]


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows by columns. `says` is what the figure shows, in a sentence.

    `kind`: bars side by side in one stack per row; columns, one per row; heat, a coloured cell
    per number; steps, a line per column over the rows; lines and points, over rows that are places.
    """

    id: str
    title: str
    says: str
    kind: Literal["bars", "columns", "heat", "steps", "lines", "points"]
    columns: Sequence[str]
    rows: Sequence[Row]
    scale: Sequence[str] = ()  # names of the numbers 0, 1, … where they stand for levels
    ranked: bool = False  # the columns are levels, the lowest first
    axes: tuple[str, str] | None = None  # of rows and numbers that are measured, not counted

    @property
    def figure(self) -> dict[str, Any]:
        """The figure as Plotly's JavaScript takes it. Colours come from the stylesheet."""
        makers = {"bars": _bars, "columns": _columns, "heat": _heat, "steps": _steps}
        literal = self._literal()
        figure = makers.get(self.kind, _places)(literal)
        if self.axes:
            figure.update_layout(_measured(literal))
        found: dict[str, Any] = figure.to_plotly_json()
        found["layout"].pop("template", None)
        return found

    def told(self, number: Number) -> str:
        """A number as the table says it."""
        if number is None:
            return "–"  # noqa: RUF001 - a dash is meant
        if self.axes:
            return f"{number:.6g}" if isinstance(number, float) else str(number)
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
        """The rows of the table, in words: all of them, or as many as a page can hold."""
        return [
            (str(row.name), [self.told(number) for number in row.numbers])
            for row in thinned(list(self.rows), MOST_LINES)
        ]

    def _literal(self) -> "Grid":
        """The grid as Plotly shows it literally: it would read tags and links in texts."""
        return replace(
            self,
            rows=[
                Row(_literal(row.name) if isinstance(row.name, str) else row.name, row.numbers)
                for row in self.rows
            ],
            columns=[_literal(each) for each in self.columns],
            scale=[_literal(each) for each in self.scale],
            axes=self.axes and (_literal(self.axes[0]), _literal(self.axes[1])),
        )


def _literal(text: str) -> str:
    return escape(text, quote=False)


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
    figure = go.Figure(traces).update_layout(height=300)
    if grid.axes:
        return figure
    counts = _counted(number or 0 for row in grid.rows for number in row.numbers)
    return figure.update_layout(yaxis=counts)


def _counted(numbers: Iterable[float]) -> dict[str, Any]:
    """An axis of whole numbers."""
    most = int(max(numbers, default=0))
    return {"rangemode": "tozero", "nticks": min(most + 1, MOST_TICKS), "tickformat": "d"}


def _places(grid: Grid) -> go.Figure:
    traces = []
    for place, column in enumerate(grid.columns):
        known = [row for row in grid.rows if row.numbers[place] is not None]
        marks = "lines+markers" if len(known) <= MARKED else "lines"
        trace = go.Scatter(
            name=column,
            x=[row.name for row in known],
            y=[row.numbers[place] for row in known],
            mode="markers" if grid.kind == "points" else marks,
            marker={"symbol": SYMBOLS[place % len(SYMBOLS)]},
            line={"dash": DASHES[place // len(PLAIN) % len(DASHES)]},
            meta=grid.tone(place),
        )
        traces.append(trace)
    return go.Figure(traces)


def _measured(grid: Grid) -> dict[str, Any]:
    """Axes with names, and room for the names of many columns."""
    across, up = grid.axes or ("", "")
    # Powers of ten would be written with a style of their own, which our policy refuses.
    plain = {"exponentformat": "e", "minexponent": 5}
    xaxis: dict[str, Any] = {"title": {"text": across}, **plain}
    if grid.kind == "columns" or any(isinstance(row.name, str) for row in grid.rows):
        names = [row.name for row in grid.rows]
        xaxis |= {"type": "category", "categoryorder": "array", "categoryarray": names}
    return {
        "height": 320 + 20 * len(grid.columns),
        "xaxis": xaxis,
        "yaxis": {"title": {"text": up}, **plain},
        "legend": {"y": 1.02, "yanchor": "bottom"},
    }


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
