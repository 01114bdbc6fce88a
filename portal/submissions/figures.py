"""The figures of an attempt, as a page draws them: measured by its checks, never deciding."""

from collections import Counter

from lab_specs.figures import Figure
from portal.common.grids import Grid, Row
from portal.submissions.models import Attempt

KINDS = {"lines": "lines", "points": "points", "bars": "columns"}  # a lab's word: a grid's


def grids_of(attempt: Attempt) -> list[Grid]:
    """The figures that the attempt's checks showed, in their order; none without a report.

    A figure is fitted again as it is read: nothing that a page draws rests on what is stored.
    """
    stored = (attempt.report or {}).get("figures", ())
    return [grid_of(Figure.model_validate(each)) for each in stored]


def grid_of(figure: Figure) -> Grid:
    """One row per place, in order, with a number of each series; a place may occur repeatedly."""
    cells: dict[tuple[int | float | str, int], dict[int, int | float]] = {}
    places = [x for series in figure.series for x in series.x]
    named = any(isinstance(x, str) for x in places)
    for column, series in enumerate(figure.series):
        seen: Counter[int | float | str] = Counter()
        for x, y in zip(series.x, series.y, strict=True):
            place = str(x) if named else x
            cells.setdefault((place, seen[place]), {})[column] = y
            seen[place] += 1
    rows = list(cells) if named else sorted(cells)
    columns = range(len(figure.series))
    return Grid(
        id=f"figure-{figure.id}",
        title=figure.title,
        says=figure.says,
        kind=KINDS[figure.kind],  # type: ignore[arg-type]
        columns=[each.name or f"Series {at}" for at, each in enumerate(figure.series, start=1)],
        rows=[Row(key[0], [cells[key].get(column) for column in columns]) for key in rows],
        axes=(figure.x, figure.y),
    )
