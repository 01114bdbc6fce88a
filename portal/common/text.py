"""Text from outside, made fit to be stored: PostgreSQL takes neither NUL nor half a character."""

import math
from collections.abc import Mapping, Sequence
from typing import Any


def storable(text: str) -> str:
    """The text without NUL characters and without lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def tail(text: str, size: int) -> str:
    """The end of a text, at most `size` bytes of UTF-8."""
    return storable(text).encode()[-size:].decode("utf-8", "ignore")


def storable_json(value: Any) -> Any:  # noqa: ANN401 - any JSON value goes in and comes out
    """A JSON value with every text in it, keys too, made storable; NaN and infinity as words."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {storable(str(key)): storable_json(item) for key, item in value.items()}
    if isinstance(value, Sequence):
        return [storable_json(item) for item in value]
    return value
