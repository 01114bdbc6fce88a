"""The class at a glance."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from portal.courses.models import Edition, MiniProject, Team
from portal.people.models import User
from portal.submissions.classtable import Cell, class_table
from portal.submissions.models import Submission
from portal.submissions.states import State
from tests.factories import (
    MOMENT,
    AttemptFactory,
    EnrolmentFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
)


def test_each_student_has_a_line_and_each_mini_project_a_cell(
    edition: Edition,
    mini_project: MiniProject,
    team: Team,
    work: Submission,
    alice: User,
    charlie: User,
    tina: User,
) -> None:
    mini_project.deadline = MOMENT - timedelta(seconds=1)
    mini_project.save()
    alone = MiniProjectFactory(edition=edition, order=1, by_team=False)
    solo = TeamFactory(edition=edition, solo=True, people=[alice])
    together = AttemptFactory(submission=work, state=State.DONE)
    own = AttemptFactory(submission=SubmissionFactory(mini_project=alone, team=solo))
    table = class_table(edition)
    assert list(table.mini_projects) == [mini_project, alone]
    assert [(row.username, row.team) for row in table.rows] == [
        ("alice", "Amber"),
        ("bob", "Amber"),
        ("charlie", "Birch"),
    ]
    shared = Cell(
        attempt=together.pk,
        submission=work.pk,
        team=team.pk,
        mini_project=mini_project.pk,
        state="done",
        verdict="passed",
        fault="",
        lab="serving",
        commit="a" * 40,
        submitted_at=MOMENT,
        late=True,
    )
    first, second, third = (row.cells for row in table.rows)
    assert second == (shared, None)
    assert third == (None, None)
    assert first[0] == shared
    assert first[1] is not None
    assert (first[1].attempt, first[1].state, first[1].late) == (own.pk, "queued", False)


@pytest.mark.parametrize("students", [3, 30])
def test_the_table_takes_nine_queries_whatever_its_size(
    edition: Edition,
    mini_project: MiniProject,
    students: int,
    django_assert_num_queries: Callable[..., Any],
) -> None:
    for number in range(students):
        person = UserFactory(username=f"s{number}")
        EnrolmentFactory(edition=edition, person=person)
        team = TeamFactory(edition=edition, people=[person])
        AttemptFactory(submission=SubmissionFactory(mini_project=mini_project, team=team))
    with django_assert_num_queries(9):
        table = class_table(edition)
    assert [row.cells[0] is not None for row in table.rows] == [True] * students
