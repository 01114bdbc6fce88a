"""Whatever a container prints, what is shown is plain, bounded and honest about cuts."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.output import MASK, mask, tidy

# Pieces that interact: escapes cut in half, nested, beside carriage returns and cuts.
pieces = st.lists(
    st.sampled_from(["\x1b", "[", "31m", "]0;", "\x07", "\r", "\n", "\t", "\\", "a", "é", "\ud800"])
    | st.text(max_size=5),
    max_size=40,
).map("".join)
limits = st.integers(min_value=0, max_value=120)


@given(pieces | st.binary(), limits)
def test_never_longer_than_the_limit_and_always_plain(raw: str | bytes, limit: int) -> None:
    text = tidy(raw, limit)
    assert len(text) <= limit
    text.encode("utf-8")
    assert all(c in "\n\t" or ord(c) >= 32 for c in text)
    assert not set("\x1b\r\x7f\x9b\u2028\u202e") & set(text)


@given(pieces | st.binary(), limits)
def test_tidying_twice_changes_nothing_more(raw: str | bytes, limit: int) -> None:
    once = tidy(raw, limit)
    assert tidy(once, limit) == once


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"])))
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert tidy(text.encode(), 10_000) == text


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"\x1b[1;31mred\x1b[0m\n", "red\n"),
        (b"\x1b]8;;https://x\x1b\\link\x1b]8;;\x07", "link"),
        (b"a\x1b(Bb\x1b7c", "abc"),
        (b" 10%\r 50%\r100%\ndone\r\n", "100%\ndone\n"),
        (b"100%\r", "100%"),
        (b"a\x00b\x08c\x0b", "abc"),
        (b"caf\xc3\xa9 \xff", "café \ufffd"),
        ("x\u202etxt.exe", "xtxt.exe"),
        ("one\ttab", "one\ttab"),
    ],
)
def test_what_terminals_do_is_gone(raw: bytes | str, shown: str) -> None:
    assert tidy(raw, 1000) == shown


def test_a_cut_keeps_both_ends_and_says_how_much_is_gone() -> None:
    text = tidy("first\n" + "x" * 5_000 + "\nlast", 1_000)
    assert len(text) == 1_000
    assert text.startswith("first\n")
    assert text.endswith("\nlast")
    assert "\n… 4011 or more characters left out …\n" in text


def test_megabytes_of_returns_and_escapes_take_no_time() -> None:
    began = time.process_time()
    for piece in ("\r", "\x1b", "\x1b]", "\x1b[", "a\r", "\x1b[1"):
        tidy(piece * (1_000_000 // len(piece)), 1_000)
    assert time.process_time() - began < 20


def test_secrets_are_masked_the_longest_first() -> None:
    text = "token abcd-1234 and abcd, seed 7"
    assert mask(text, ["abcd", "abcd-1234", "", "7"]) == f"token {MASK} and {MASK}, seed 7"


@given(st.text(), st.lists(st.text(min_size=4)))
def test_no_secret_survives(text: str, secrets: list[str]) -> None:
    assert not any(secret in mask(text, secrets).split(MASK) for secret in secrets)
    assert mask(text, []) == text
