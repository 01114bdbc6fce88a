"""A small picture of where a team's newest attempt stands: no names of people, no levels."""

import hashlib
from dataclasses import dataclass

from portal.github.models import Watch
from portal.submissions.messages import Words, words_of
from portal.submissions.models import Attempt
from portal.submissions.queries import HEAVY

LONGEST = 40  # characters of a title
LETTER = 7  # width of a character, about
MARGIN = 10
NONE = Words("Nothing handed in", "", "")
# Each with a contrast of at least 4.5 to the white letters on it
COLOURS = {"good": "#1a7f37", "warn": "#9a6700", "bad": "#cf222e", "live": "#0969da", "": "#59636e"}


@dataclass(frozen=True, slots=True)
class Badge:
    """Two words and a colour, and where they stand."""

    title: str
    label: str
    colour: str

    @property
    def left(self) -> int:
        """The width of the left part."""
        return LETTER * len(self.title) + 2 * MARGIN

    @property
    def right(self) -> int:
        """The width of the right part."""
        return LETTER * len(self.label) + 2 * MARGIN

    @property
    def width(self) -> int:
        """The width of the whole."""
        return self.left + self.right

    @property
    def etag(self) -> str:
        """What changes when the picture does."""
        said = f"{self.title}\n{self.label}\n{self.colour}"
        return f'"{hashlib.sha256(said.encode()).hexdigest()[:16]}"'


def of(watch: Watch) -> Badge:
    """The badge of a team's work for a mini-project."""
    attempt = (
        Attempt.objects.filter(
            submission__mini_project=watch.mini_project_id, submission__team=watch.team_id
        )
        .defer(*HEAVY)
        .order_by("-submission", "-number")
        .first()
    )
    words = words_of(attempt) if attempt else NONE
    title = watch.mini_project.title
    short = title if len(title) <= LONGEST else title[: LONGEST - 1] + "…"
    return Badge(short, words.label, COLOURS[words.tone])
