"""Who may see what, without a database."""

import pytest

from portal.courses.rules import Role, Standing, is_lecturer, is_member, is_staff, may_see

HERE, ELSEWHERE, AMBER, BIRCH = 1, 2, 10, 11
ALICE = Standing(1, {HERE: Role.STUDENT}, frozenset({AMBER}))
BOB = Standing(2, {HERE: Role.STUDENT}, frozenset({AMBER, 12}))
CHARLIE = Standing(3, {HERE: Role.STUDENT}, frozenset({BIRCH}))
TINA = Standing(4, {HERE: Role.LECTURER}, frozenset())
AMIR = Standing(5, {HERE: Role.ASSISTANT}, frozenset())
OTTO = Standing(6, {ELSEWHERE: Role.LECTURER, HERE: Role.STUDENT}, frozenset())
NOBODY = Standing(7, {}, frozenset())


@pytest.mark.parametrize(
    ("who", "member", "staff", "sees"),
    [
        (ALICE, True, False, True),
        (BOB, True, False, True),
        (CHARLIE, False, False, False),
        (TINA, False, True, True),
        (AMIR, False, True, True),
        (OTTO, False, False, False),
        (NOBODY, False, False, False),
    ],
)
def test_owners_and_staff_see_work_and_nobody_else(
    who: Standing,
    member: bool,
    staff: bool,
    sees: bool,
) -> None:
    assert is_member(who, team=AMBER) is member
    assert is_staff(who, edition=HERE) is staff
    assert may_see(who, edition=HERE, team=AMBER) is sees


def test_where_a_person_teaches() -> None:
    assert OTTO.staffed == [ELSEWHERE]
    assert ALICE.staffed == []


def test_only_a_lecturer_of_this_very_edition_is_one() -> None:
    people = (ALICE, TINA, AMIR, OTTO, NOBODY)
    assert [who for who in people if is_lecturer(who, edition=HERE)] == [TINA]
