"""The list of the courses' numbered rules, `rules.yaml`, as data."""

from pathlib import Path

from pydantic import Field

from lab_specs.edition.rules import Cite
from lab_specs.loader import load_yaml
from lab_specs.schema import Strict, Text

BOOK = Path(__file__).parent / "rules.yaml"


class Entry(Strict):
    """One numbered rule of a course, in a line."""

    says: Text
    gap: bool = False
    home: tuple[Text, ...] = Field((), description="files beside the editions that cite the id")
    to_come: Text | None = Field(None, description="what has no test yet")


class Book(Strict):
    """Every id, in the order of the file."""

    rules: dict[Cite, Entry]


def load_book(path: Path = BOOK) -> Book:
    """Raises `SpecError`."""
    return load_yaml(path, Book)
