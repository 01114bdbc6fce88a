"""Names for repositories, whatever people are called."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.common.errors import Refused
from portal.github.names import demand_pattern, named, slug

GITHUB_TAKES = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,98}[a-z0-9])?")
PATTERN = "{course}-{edition}-{team}"
people = st.lists(
    st.fixed_dictionaries({"course": st.text(), "edition": st.text(), "team": st.text()}),
    max_size=12,
)


@given(people)
def test_names_are_what_github_takes(rows: list[dict[str, str]]) -> None:
    assert all(GITHUB_TAKES.fullmatch(name) for name in named(PATTERN, rows))


@given(people, st.lists(st.sampled_from(["work", "a", "A", "a-2", "WORK-2"])))
def test_nobody_shares_a_name_with_another(rows: list[dict[str, str]], taken: list[str]) -> None:
    found = named("{team}", rows, taken)
    assert len({name.lower() for name in [*found, *taken]}) == len(found) + len(
        {name.lower() for name in taken}
    )


@given(people, people)
def test_who_comes_later_changes_no_name(
    first: list[dict[str, str]], later: list[dict[str, str]]
) -> None:
    assert named(PATTERN, [*first, *later])[: len(first)] == named(PATTERN, first)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Äpfel & Birnen", "apfel-birnen"),
        ("Straße", "strasse"),
        ("Søren Ærø", "soren-aero"),
        ("Łódź", "lodz"),
        ("  a//b..c  ", "a-b-c"),
        ("学生", ""),
        ("\x00\u202e", ""),
        ("ﬁne ①", "fine-1"),
    ],
)
def test_letters_of_all_kinds(text: str, name: str) -> None:
    assert slug(text) == name


def test_clashes_are_numbered() -> None:
    rows = [{"team": name} for name in ("Ö", "o", "学", "生", "O 2")]
    assert named("{team}", rows) == ["o", "o-2", "work", "work-2", "o-2-2"]


def test_long_names_that_clash_stay_short() -> None:
    found = named("x" * 70 + "-{team}", [{"team": "y" * 90}] * 3)
    assert [len(name) for name in found] == [100, 100, 100]
    assert len(set(found)) == 3


@pytest.mark.parametrize(
    "pattern",
    [
        *("", "plain", "{course}", "{team", "{team!r}", "{team:>9}", "{team.pk}", "{0}", "{}"),
        *("{nobody}-{team}", "a/{team}", "a b {team}", "ä{team}", "..{team}", "{team}" + "x" * 99),
    ],
)
def test_patterns_that_name_nobody(pattern: str) -> None:
    with pytest.raises(Refused):
        demand_pattern(pattern)


@pytest.mark.parametrize("pattern", ["{team}", " x_{login} ", "{course}-{edition}-{team}"])
def test_patterns_that_do(pattern: str) -> None:
    assert demand_pattern(pattern) == pattern.strip()
