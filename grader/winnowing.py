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
from functools import lru_cache
from keyword import kwlist
from typing import NamedTuple
from zlib import crc32

K, WINDOW = 24, 9  # of Python: three lines, and four to be found for certain
WORDS_K, WORDS_WINDOW = 10, 5  # of what says more with each word
BASE, MODULUS = 1_000_003, 2**61 - 1
NAME = "v"
SAME = {"number": "0", "string": "s"}
BETWEEN = ("skip", "long")  # no tokens
LONG = ("skip", "long", "string")  # may go over lines
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


class Spot(NamedTuple):
    """A fingerprint and the lines, from 1, that it was taken from."""

    print: int
    first: int
    last: int


def fingerprints(text: str, *, python: bool) -> tuple[Spot, ...]:
    """The fingerprints of a file, from top to bottom. A file of fewer than `K` tokens has none."""
    words, lines = tokens(text, python=python)
    k, window = (K, WINDOW) if python else (WORDS_K, WORDS_WINDOW)
    kept = winnow(tuple(hashes(words, k)), window)
    return tuple(Spot(value, lines[at], lines[at + k - 1]) for at, value in kept)


def tokens(text: str, *, python: bool) -> tuple[list[str], list[int]]:
    """What a file says, without what can be changed and still says the same; each with its line."""
    words: list[str] = []
    lines: list[int] = []
    line = 1
    for match in (PYTHON if python else WORDS).finditer(text):
        kind, said = match.lastgroup or "", match[0]
        if kind not in BETWEEN:
            words.append(_word(kind, said))
            lines.append(line)
        if kind in LONG:
            line += said.count("\n")
    return words, lines


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
    if kind == "name":
        return text if text in KEYWORDS else NAME
    return SAME.get(kind) or text.lower()


@lru_cache(maxsize=65_536)
def _number(word: str) -> int:
    return crc32(word.encode("utf-8", "surrogatepass")) + 1
