"""Addresses of commits and members of a team are brought together only where that is plain."""

from collections.abc import Sequence
from itertools import permutations
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from portal.submissions.contributors import Member, Share, shares

ADA = Member(1, "Ada Byron", frozenset({"ada byron", "ada"}), "ada@uni.example", "ada-b")
BOB = Member(2, "Bob Builder", frozenset({"bob builder", "bob"}), "bob@uni.example", "")
TEAM = [ADA, BOB]


def row(name: str, mail: str, commits: int = 1, **more: Any) -> dict[str, Any]:
    rest = {"helped": 0, "added": 10 * commits, "removed": 0, "left_out": 0, "also": []}
    return {"name": name, "mail": mail, "commits": commits, "first": "", "last": "", **rest, **more}


def told(found: Sequence[Share]) -> list[tuple[str, int | None, int, str]]:
    return [
        (each.name, each.member.id if each.member else None, each.commits, each.known_by)
        for each in found
    ]


def test_a_member_is_known_by_mail_by_github_name_or_by_name() -> None:
    rows = [
        row("x", "ada@uni.example"),
        row("y", "77+ada-b@users.noreply.github.com", 2),
        row("Bob  BUILDER", "bob@home.example", 4),
        row("Zoe", "zoe@x.example"),
    ]
    assert told(shares(rows, TEAM)) == [
        ("Bob Builder", 2, 4, "name"),
        ("Ada Byron", 1, 3, "address"),
        ("Zoe", None, 1, ""),
    ]


def test_a_member_without_commits_is_named_all_the_same() -> None:
    assert told(shares([], TEAM)) == [("Ada Byron", 1, 0, ""), ("Bob Builder", 2, 0, "")]


def test_both_forms_of_githubs_addresses_are_one_person() -> None:
    rows = [
        row("Z", "zz@users.noreply.github.com"),
        row("Zoe", "5+zz@users.noreply.github.com"),
        row("Zoe", "zoe@x.example"),
    ]
    (share,) = shares(rows, [])
    assert (share.commits, len(share.addresses)) == (3, 3)


def test_one_name_with_addresses_of_two_members_stays_apart() -> None:
    rows = [row("Team", "ada@uni.example"), row("Team", "bob@uni.example", 2), row("Team", "t@x")]
    assert told(shares(rows, TEAM)) == [
        ("Bob Builder", 2, 2, "address"),
        ("Ada Byron", 1, 1, "address"),
        ("Team", None, 1, ""),
    ]


def test_a_name_that_two_members_have_tells_nobody() -> None:
    twins = [Member(n, "Jan Jansen", frozenset({"jan jansen"}), f"{n}@x", "") for n in (1, 2)]
    found = shares([row("Jan Jansen", "jan@home.example"), row("jan jansen", "j@x")], twins)
    assert [(each.member is None, each.commits) for each in found] == [
        *[(False, 0)] * 2,
        *[(True, 1)] * 2,
    ]


def test_names_that_machines_give_bring_nobody_together() -> None:
    rows = [row("root", "root@a"), row("root", "root@b"), row("nameless", ""), row("nameless", "n")]
    assert len(shares(rows, TEAM)) == len(TEAM) + len(rows)


def test_days_and_lines_are_put_together() -> None:
    rows = [
        row("Ada", "a@x", first="2026-03-01", last="2026-03-02", removed=3, left_out=1),
        row("Ada", "ada@uni.example", first="2026-02-01", last="2026-02-03", also=["A <z@x>"]),
        row("Ada", "77+ada-b@users.noreply.github.com"),
    ]
    ada = shares(rows, [ADA])[0]
    assert (ada.first, ada.last, ada.added, ada.removed) == ("2026-02-01", "2026-03-02", 30, 3)
    assert (ada.left_out, ada.also) == (1, ["A <z@x>"])


PEOPLE = st.lists(
    st.builds(
        row,
        st.sampled_from(["Ada", "Bob", "Zoe", "root", ""]),
        st.sampled_from(["ada@uni.example", "ada-b@users.noreply.github.com", "z@x", "y@x", ""]),
        st.integers(1, 9),
    ),
    max_size=4,
)


@given(PEOPLE)
def test_nothing_is_lost_and_the_order_of_rows_never_matters(rows: list[dict[str, Any]]) -> None:
    found = shares(rows, TEAM)
    assert sum(each.commits for each in found) == sum(each["commits"] for each in rows)
    for other in permutations(rows):
        assert told(shares(other, TEAM)) == told(found)
