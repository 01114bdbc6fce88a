"""Untrusted output as text that can be stored and shown: no escapes, no secrets, bounded."""

import re
from collections.abc import Iterable

MASK = "•••"
SHORTEST_SECRET = 4  # what is shorter could stand anywhere, and hides nothing

ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # colours and cursor moves
    r"|\x1b\][^\x07\x1b\n]*(?:\x07|\x1b\\)"  # titles and hyperlinks
    r"|\x1b[ -/]*[0-~]"  # the short ones
)
# A progress bar drawn again and again. Sought at line starts only: elsewhere, time is quadratic.
OVERWRITTEN = re.compile(r"^[^\n]*\r(?=[^\n])", re.MULTILINE)
# Controls except tab and newline, line separators, turned writing direction, half characters.
UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


def tidy(raw: bytes | str, limit: int) -> str:
    """At most `limit` characters of `raw`: its beginning and its end, as plain text.

    Of a line that was drawn again after carriage returns, only the last drawing stays.
    Where something is left out, a line says how much. Tidying twice changes nothing more.
    """
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else raw
    text = ESCAPES.sub("", text).replace("\r\n", "\n")
    return _shortened(UNSAFE.sub("", OVERWRITTEN.sub("", text)), limit)


def mask(text: str, secrets: Iterable[str]) -> str:
    """The text with each of the secrets hidden; secrets under four characters are left."""
    worthy = {secret for secret in secrets if len(secret) >= SHORTEST_SECRET}
    if not worthy:
        return text
    longest_first = sorted(worthy, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), MASK, text)


def _shortened(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    notice = f"\n… {len(text) - limit} or more characters left out …\n"
    room = limit - len(notice)
    if room <= 0:
        return text[len(text) - limit :]
    head = room // 3  # the end of a log says more than its beginning
    return text[:head] + notice + text[len(text) - (room - head) :]
