"""The scales on which a result is told."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from lab_specs.edition.rules import Cites, Open
from lab_specs.schema import Strict, Text

Step = Annotated[Decimal, Field(gt=0)]


class Points(Strict):
    """A number between 0 and the highest; enough of it passes. Halves round up."""

    kind: Literal["points"]
    cite: Cites
    highest: Decimal = Field(gt=0)
    pass_at: Open[Decimal]
    round_to: Open[Step] | None = Field(None, description="none: told as exactly as it is")


class Grades(Strict):
    """One of a list of grades, lowest first."""

    kind: Literal["grades"]
    cite: Cites
    grades: tuple[Decimal, ...] = Field(min_length=2)
    pass_at: Open[Decimal]

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if list(self.grades) != sorted(set(self.grades)):
            raise ValueError("grades: lowest first, each once")
        if isinstance(self.pass_at, Decimal) and self.pass_at not in self.grades:
            raise ValueError(f"pass_at: {self.pass_at} is not one of the grades")
        return self


class Words(Strict):
    """Passed or not, and nothing else."""

    kind: Literal["words"]
    cite: Cites
    failed: Text
    passed: Text


Scale = Annotated[Points | Grades | Words, Field(discriminator="kind")]
