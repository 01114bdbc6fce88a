"""A class of 450 students and seven mini-projects is still quick: measured in processor time."""

import time
from decimal import Decimal

import pytest

from portal.assessment.gather import gather
from portal.assessment.models import Assessment, DemoHeld, Mark
from portal.assessment.results import book_of
from portal.courses import catalog
from portal.courses.models import Edition, Enrolment, Membership, MiniProject, Team
from portal.courses.rules import Role
from portal.people.models import User
from portal.submissions.models import Submission
from tests.factories import MOMENT
from tests.portal.assessment.conftest import edition_file, part

STUDENTS, PARTS = 450, 7
SECONDS = 2.0


def crowded(students: int, parts: int) -> Edition:
    """Everybody has work, levels, a demo and a mark everywhere."""
    file = edition_file(mini_projects=[part(f"part-{n}") for n in range(parts)])
    edition, _ = catalog.load_edition(file, {})
    people = User.objects.bulk_create(User(username=f"s{n:03}") for n in range(students))
    Enrolment.objects.bulk_create(
        Enrolment(edition=edition, person=each, role=Role.STUDENT, track="gent") for each in people
    )
    teams = Team.objects.bulk_create(
        Team(edition=edition, name=each.username, solo=True) for each in people
    )
    pairs = list(zip(teams, people, strict=True))
    Membership.objects.bulk_create(
        Membership(team=team, person=each, edition=edition, solo=True) for team, each in pairs
    )
    Mark.objects.bulk_create(
        Mark(edition=edition, mark="exam", student=each, points=Decimal(30), version=1, at=MOMENT)
        for each in people
    )
    for project in edition.mini_projects.all():
        _fill(project, pairs, people[0])
    return edition


def _fill(project: MiniProject, pairs: list[tuple[Team, User]], assessor: User) -> None:
    levels = [list(each.levels.all()) for each in project.criteria.all()]
    Submission.objects.bulk_create(
        Submission(
            mini_project=project,
            team=team,
            submitted_by=each,
            repository="https://github.com/a/b",
            commit="a" * 40,
            created_at=MOMENT,
        )
        for team, each in pairs
    )
    Assessment.objects.bulk_create(
        Assessment(
            mini_project=project,
            team=team,
            criterion=own[0].criterion,
            level=own[(number + row) % 4],
            assessor=assessor,
            decided_at=MOMENT,
            version=1,
        )
        for number, (team, _) in enumerate(pairs)
        for row, own in enumerate(levels)
    )
    DemoHeld.objects.bulk_create(
        DemoHeld(
            mini_project=project,
            team=team,
            held_at=MOMENT,
            way="contact",
            state="held",
            source=f"{project.pk}-{team.pk}",
            at=MOMENT,
        )
        for team, _ in pairs
    )


@pytest.mark.slow
@pytest.mark.django_db
def test_a_whole_edition_in_two_seconds() -> None:
    edition = Edition.objects.get(pk=crowded(STUDENTS, PARTS).pk)
    before = time.process_time()
    gathered = gather(edition)
    took = time.process_time() - before
    assert len(gathered.facts) == STUDENTS
    assert sum(map(len, gathered.facts.values())) >= STUDENTS * PARTS * 4
    before = time.process_time()
    lines = book_of(edition).lines
    all_of_it = time.process_time() - before
    assert {each.word for each in lines} <= {"passed", "not passed", "not yet", "withheld"}
    assert took < SECONDS
    assert all_of_it < SECONDS * 3
