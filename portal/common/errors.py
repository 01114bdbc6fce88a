"""Requests that the portal turns down, in words for the person who asked."""


class Refused(Exception):  # noqa: N818 - says what happened
    """What was asked cannot be done now; the text says why and what to do instead."""
