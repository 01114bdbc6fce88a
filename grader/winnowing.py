"""Fingerprints of code: what two files have in common, wherever in them it stands.

After Schleimer, Wilkerson and Aiken, "Winnowing: Local Algorithms for Document Fingerprinting"
(SIGMOD 2003): every `K` tokens in a row have a hash, and of `WINDOW` hashes in a row the smallest
is kept. So whatever is the same over `K + WINDOW - 1` tokens leaves the same fingerprint in both.

White space, comments and docstrings are no tokens; in Python all names are one token, all numbers
another, all strings a third. The expressions below read each character once, whatever is fed to
them: those of a library of lexers took minutes for a file of blank lines.
"""

import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from keyword import kwlist
from zlib import crc32

K, WINDOW = 24, 9  # of Python: three lines, and four to be found for certain
WORDS_K, WORDS_WINDOW = 10, 5  # of what says more with each word
BASE, MODULUS = 1_000_003, 2**61 - 1
NAME, NUMBER, STRING = "v", "0", "s"
KEYWORDS = frozenset(kwlist)

PYTHON = re.compile(
    r"""
    (?P<skip>[\s\\]+|\#[^\n]*)
  | [rbfuRBFU]{0,2}(?P<long>\"{3}(?:[^"\\]|\\.|\"(?!\"\"))*(?:\"{3}|\Z)
                          |'{3}(?:[^'\\]|\\.|'(?!''))*(?:'{3}|\Z))
  | [rbfuRBFU]{0,2}(?P<string>\"(?:[^"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?)
  | (?P<number>\d[\w.]*)
  | (?P<name>\w+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
WORDS = re.compile(
    r"(?P<skip>[\s\\\"']+|(?<!\S)\#[^\n]*)|(?P<word>[\w./@:=-]+)|(?P<sign>.)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Spot:
    """A fingerprint and the lines, from 1, that it was taken from."""

    print: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Token:
    """A normalised token and its line."""

    word: str
    line: int


def fingerprints(text: str, *, python: bool) -> tuple[Spot, ...]:
    """The fingerprints of a file, from top to bottom. A file of fewer than `K` tokens has none."""
    found = tuple(tokens(text, python=python))
    k, window = (K, WINDOW) if python else (WORDS_K, WORDS_WINDOW)
    kept = winnow(tuple(hashes([each.word for each in found], k)), window)
    return tuple(Spot(value, found[at].line, found[at + k - 1].line) for at, value in kept)


def tokens(text: str, *, python: bool) -> Iterator[Token]:
    """What a file says, without what can be changed and still says the same."""
    line, counted = 1, 0
    for match in (PYTHON if python else WORDS).finditer(text):
        line += text.count("\n", counted, match.start())
        counted = match.start()
        kind = match.lastgroup or ""
        if kind not in ("skip", "long"):
            yield Token(_word(kind, match[kind]), line)


def hashes(words: Sequence[str], k: int) -> Iterator[int]:
    """One number for every `k` words in a row, each from the one before it."""
    gone = pow(BASE, k, MODULUS)
    value = 0
    for at, word in enumerate(words):
        value = (value * BASE + _number(word)) % MODULUS
        if at >= k:
            value = (value - _number(words[at - k]) * gone) % MODULUS
        if at >= k - 1:
            yield value


def winnow(values: Sequence[int], window: int) -> Iterator[tuple[int, int]]:
    """Where the smallest of every `window` numbers in a row stands, and which it is.

    Of equals the one that was chosen before is kept, or else the last: a file that says one
    thing over and over leaves few fingerprints.
    """
    smallest = deque[int]()  # places, of growing numbers
    told = -1
    for at, value in enumerate(values):
        while smallest and values[smallest[-1]] >= value:
            smallest.pop()
        smallest.append(at)
        if smallest[0] <= at - window:
            smallest.popleft()
        full = at >= window - 1 or at == len(values) - 1  # a short file is one window
        here = told > at - window and values[told] == values[smallest[0]]
        if full and (told < 0 or not here):
            told = smallest[0]
            yield told, values[told]


def _word(kind: str, text: str) -> str:
    match kind:
        case "string":
            return STRING
        case "number":
            return NUMBER
        case "name":
            return text if text in KEYWORDS else NAME
        case _:
            return text.lower()


@lru_cache(maxsize=65_536)
def _number(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass")) + 1
