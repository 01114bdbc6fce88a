"""Requests that the portal turns down, in words for the person who asked."""

import math
from datetime import timedelta


class Refused(Exception):  # noqa: N818 - says what happened
    """What was asked cannot be done now; the text says why and what to do instead."""


class TooOften(Refused):
    """It was asked too often in a short time."""

    def __init__(self, words: str, wait: timedelta) -> None:
        self.seconds = math.ceil(wait.total_seconds())  # what Retry-After says
        super().__init__(f"{words} Try again in {in_words(self.seconds)}.")


def in_words(seconds: int) -> str:
    """A wait as people say it."""
    if seconds == 1:
        return "one second"
    if seconds <= 90:  # noqa: PLR2004 - more is easier to read in minutes
        return f"{seconds} seconds"
    return f"{math.ceil(seconds / 60)} minutes"
