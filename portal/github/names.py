"""Names for repositories: what GitHub takes, different for everybody, the same every time.

Pure. GitHub takes ASCII letters, digits, hyphens, underscores and points, at most 100 of them, and
knows no difference between a and A.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from string import Formatter

from portal.common.errors import Refused

LONGEST = 100  # characters that GitHub takes
LONGEST_PART = 40  # so that a long title leaves room for who it is
LITERAL = re.compile(r"[A-Za-z0-9_-]*")
FIELDS = ("course", "edition", "team", "login")
WHOSE = ("team", "login")  # one of these must be there: a name for everybody is no name
NAMELESS = "work"
# Letters that are no accented form of an ASCII letter, as people spell them without such a key
SPELT = str.maketrans(
    {"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th"}
)


def slug(text: str) -> str:
    """A text as part of a name; "" when nothing of it can be written in ASCII."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(SPELT))
    letters = plain.encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", letters).strip("-")[:LONGEST_PART].strip("-")


def demand_pattern(pattern: str) -> str:
    """The pattern, tidied. Refused when no name could be made from it."""
    pattern = pattern.strip()
    try:
        parts = list(Formatter().parse(pattern))
    except ValueError:
        parts = []
    plain = all(LITERAL.fullmatch(text) and not (spec or how) for text, _, spec, how in parts)
    names = {name for _, name, _, _ in parts if name is not None}
    if not parts or not plain or not names <= set(FIELDS) or len(pattern) > LONGEST:
        raise Refused(
            "That is no pattern for names. Expected letters, digits, - and _, with "
            + ", ".join(f"{{{name}}}" for name in FIELDS)
            + " where something is to be filled in."
        )
    if not names & set(WHOSE):
        raise Refused("Everybody would get the same name. Put {team} or {login} into the pattern.")
    return pattern


def named(
    pattern: str, people: Sequence[Mapping[str, str]], taken: Iterable[str] = ()
) -> list[str]:
    """A name for each, in their order; one that is taken gets a number. `people`: by FIELDS.

    Whoever comes later changes no name of those before them.
    """
    used = {name.lower() for name in taken}
    found = []
    for values in people:
        parts = {name: slug(values.get(name, "")) for name in FIELDS}
        name = _free(_tidy(pattern.format_map(parts)), used)
        used.add(name.lower())
        found.append(name)
    return found


def _tidy(name: str) -> str:
    """No hyphens in a row or at an end, where a part is empty."""
    return re.sub(r"-{2,}", "-", name).strip("-_")[:LONGEST].strip("-_") or NAMELESS


def _free(name: str, used: set[str]) -> str:
    number, found = 1, name
    while found.lower() in used:
        number += 1
        end = f"-{number}"
        found = name[: LONGEST - len(end)].rstrip("-_") + end
    return found
