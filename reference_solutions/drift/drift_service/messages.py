"""What requests look like. Whatever is not like this never reaches the model."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, model_validator

MOST_ROWS = 10_000

# Strict: "7" is no number. JSON as Python reads it knows NaN, and no score would survive one.
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Rows = Annotated[list[list[Number]], Field(min_length=1, max_length=MOST_ROWS)]
Label = Annotated[int, Field(strict=True)]


class MisfitError(ValueError):
    """Rows that do not fit the features."""


class Batch(BaseModel):
    """Rows to predict."""

    rows: Rows


class Feedback(Batch):
    """Rows that were predicted before, and what they turned out to be."""

    labels: list[Label]

    @model_validator(mode="after")
    def _one_label_per_row(self) -> Self:
        if len(self.labels) != len(self.rows):
            raise ValueError(f"{len(self.rows)} rows need as many labels, not {len(self.labels)}")
        return self


class Reference(Feedback):
    """What the model learns from, and what traffic is held against."""

    features: Annotated[list[str], Field(min_length=1)]
    period: Annotated[int, Field(strict=True, ge=1, le=100)]

    @model_validator(mode="after")
    def _rows_fit_features(self) -> Self:
        if len(set(self.features)) != len(self.features):
            raise ValueError("two features have the same name")
        demand_width(self.rows, len(self.features))
        return self


class Predictions(BaseModel):
    """One label per row, and the model that gave them."""

    predictions: list[int]
    version: int


def demand_width(rows: list[list[float]], width: int) -> None:
    """Raise `MisfitError` unless each row holds `width` numbers."""
    for number, row in enumerate(rows):
        if len(row) != width:
            raise MisfitError(f"row {number} has {len(row)} numbers, it needs {width}")
