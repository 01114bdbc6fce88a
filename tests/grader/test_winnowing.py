"""Fingerprints find what is the same, whatever was changed that changes nothing."""

import keyword
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.winnowing import (
    BASE,
    MODULUS,
    WINDOW,
    WORDS_K,
    WORDS_WINDOW,
    K,
    fingerprints,
    hashes,
    tokens,
    winnow,
)

CODE = '''
"""What this is for."""
import json

def load(path, size=10):
    # read it
    rows = []
    with open(path, encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            if row["label"] in ("a", 'b') and len(rows) < size:
                rows.append({"x": row["x"] * 0.5, "y": row["label"]})
    return sorted(rows, key=lambda row: row["x"], reverse=True)

class Model:
    def fit(self, rows):
        self.mean = sum(row["x"] for row in rows) / len(rows)
        return self

    def predict(self, rows):
        return [row["x"] > self.mean for row in rows if row is not None]
'''
DOCKERFILE = """# serve
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY serve.py model.json ./
EXPOSE 8080
CMD ["python", "serve.py", "--port", "8080"]
"""
words = st.lists(st.sampled_from(["v", "(", ")", "if", "=", ".", "0", "s", ":"]), max_size=120)


def prints(text: str, *, python: bool = True) -> list[int]:
    return [spot.print for spot in fingerprints(text, python=python)]


def test_the_example_leaves_enough() -> None:
    assert len(prints(CODE)) > 10
    assert len(prints(DOCKERFILE, python=False)) > 5


@pytest.mark.parametrize(
    "change",
    [
        lambda code: code.replace("rows", "data").replace("row", "r").replace("Model", "Net"),
        lambda code: code.replace("# read it", "# my own words").replace("What this", "Mine"),
        lambda code: code.replace("    ", "\t"),
        lambda code: code.replace("(", "( ").replace(",", " ,\n        "),
        lambda code: code.replace("\n", "\n\n"),
        lambda code: code.replace("0.5", "0.25").replace('"label"', "'kind'"),
        lambda code: f"# Ours\n\n{code}\n# the end",
    ],
)
def test_names_comments_white_space_and_values_hide_nothing(change: object) -> None:
    changed = change(CODE)  # type: ignore[operator]
    assert changed != CODE
    assert prints(changed) == prints(CODE)


@given(st.data())
@settings(max_examples=30)
def test_any_renaming_hides_nothing(data: st.DataObject) -> None:
    names = sorted(set(re.findall(r"\b(rows?|file|line|path|size|Model|fit|load)\b", CODE)))
    fresh = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
    new = data.draw(
        st.lists(
            fresh.filter(lambda name: not keyword.iskeyword(name)),
            min_size=len(names),
            max_size=len(names),
        )
    )
    table = dict(zip(names, new, strict=True))
    renamed = re.sub(r"\b[A-Za-z]+\b", lambda found: table.get(found[0], found[0]), CODE)
    assert prints(renamed) == prints(CODE)


def test_words_of_a_dockerfile_are_kept_and_comments_are_not() -> None:
    python = False
    same = prints(DOCKERFILE, python=python)
    assert prints(DOCKERFILE.replace("# serve", "# ours").upper(), python=python) == same
    assert prints(DOCKERFILE.replace(" ", "   "), python=python) == same
    other = DOCKERFILE.replace("serve.py", "app.py").replace("/app", "/srv")
    assert set(prints(other, python=python)) != set(same)


def test_lines_are_told_where_a_fingerprint_stands() -> None:
    first = fingerprints(CODE, python=True)[0]
    assert CODE.splitlines()[first.first - 1].startswith(("import", "def load"))
    assert first.first < first.last <= CODE.count("\n")
    moved = fingerprints(f"\n\n\n{CODE}", python=True)[0]
    assert (moved.first, moved.last) == (first.first + 3, first.last + 3)


@given(words)
def test_each_hash_follows_from_the_one_before(said: list[str]) -> None:
    def whole(some: list[str]) -> int:
        (value,) = hashes(some, len(some))
        return value

    expected = [whole(said[at : at + 5]) for at in range(len(said) - 4)]
    assert list(hashes(said, 5)) == expected
    assert BASE < MODULUS


@given(st.lists(st.integers(0, 9), max_size=80), st.integers(1, 12))
def test_every_window_keeps_its_smallest(values: list[int], window: int) -> None:
    kept = dict(winnow(values, window))
    assert all(values[at] == value for at, value in kept.items())
    for start in range(max(1, len(values) - window + 1) if values else 0):
        inside = range(start, min(start + window, len(values)))
        assert min(values[at] for at in inside) in {kept.get(at) for at in inside}


@given(words, words, words, st.integers(0, 30))
def test_what_is_long_enough_is_always_found(
    before: list[str], after: list[str], shared: list[str], more: int
) -> None:
    long_enough = (shared * (K + WINDOW))[: K + WINDOW - 1 + more]
    if len(long_enough) < K + WINDOW - 1:
        return
    one, other = " ".join(before + long_enough), " ".join(long_enough + after)
    assert set(prints(one)) & set(prints(other))


def test_one_thing_over_and_over_leaves_few() -> None:
    assert len(prints("(" * 10_000)) <= 10_000 // WINDOW + 1
    assert len(prints("a b " * 10_000, python=False)) <= 2 * 20_000 // WORDS_WINDOW
    assert WORDS_K < K


@given(st.text(max_size=400))
@settings(max_examples=50)
def test_any_text_is_read(text: str) -> None:
    for python in (True, False):
        words, lines = tokens(text, python=python)
        assert len(words) == len(lines)
        assert all(1 <= line <= text.count("\n") + 1 for line in lines)
        prints(text * 20, python=python)


@pytest.mark.parametrize(
    "text",
    [
        '\\"""\n' * 20_000,
        " \n" * 50_000,
        "'\\\n" * 30_000,
        'rb"""\\' * 15_000,
        "rb" * 50_000,
        "'''" + '"' * 90_000,
        "#" * 90_000,
        " #" * 45_000,
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.monotonic()
    for python in (True, False):
        prints(text, python=python)
    assert time.monotonic() - began < 2
