"""Who may do what with a submission."""

import pytest

from portal.courses.rules import Role, Standing
from portal.submissions.rules import may_cancel, may_rerun, may_submit

OWNER = Standing(1, {1: Role.STUDENT}, frozenset({10}))
STRANGER = Standing(2, {1: Role.STUDENT}, frozenset({11}))
LECTURER = Standing(3, {1: Role.LECTURER}, frozenset())
ASSISTANT = Standing(4, {1: Role.ASSISTANT}, frozenset())
OTHER_LECTURER = Standing(5, {2: Role.LECTURER}, frozenset())


@pytest.mark.parametrize(
    ("who", "submit", "rerun", "cancel"),
    [
        (OWNER, True, False, True),
        (STRANGER, False, False, False),
        (LECTURER, False, True, True),
        (ASSISTANT, False, True, True),
        (OTHER_LECTURER, False, False, False),
    ],
)
def test_each_does_their_own(
    who: Standing,
    submit: bool,
    rerun: bool,
    cancel: bool,
) -> None:
    assert may_submit(who, team=10) is submit
    assert may_rerun(who, edition=1) is rerun
    assert may_cancel(who, edition=1, team=10) is cancel
