"""The deadlines of everybody in an edition, read from rows."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.edition.rules import OnTime
from lab_specs.edition.syllabus import After, Deliverable, Session, Track
from portal.courses.catalog import load_edition
from portal.courses.dates import Calendar
from portal.courses.models import Edition, Enrolment, Extension, MiniProject, SessionDate, Team
from portal.people.models import User
from tests.factories import (
    EnrolmentFactory,
    MiniProjectFactory,
    SubmissionFactory,
    TeamFactory,
    UserFactory,
)
from tests.portal.courses.test_catalog import criterion

pytestmark = pytest.mark.django_db
DUE = datetime(2026, 10, 26, 22, 59, 59, tzinfo=UTC)
LATER = datetime(2026, 11, 6, 12, 0, tzinfo=UTC)


def relative_edition(**more: Any) -> EditionFile:
    """One mini-project, 21 days after a session; no deadline on the track `far`."""
    on_time = OnTime(
        rule="on_time", cite="HOG-21", needs=("code",), otherwise="absent", not_for=("far",)
    )
    return EditionFile.model_validate(
        {
            "course": "MLOps",
            "course_code": "mlops",
            "edition": "2026-27",
            "timezone": "Europe/Brussels",
            "levels": ("no", "yes"),
            "sessions": [Session(id="m1", title="Containers", day=date(2026, 10, 5))],
            "tracks": [Track(id="near", title="Near"), Track(id="far", title="Far")],
            "mini_projects": [
                MiniProjectFile(
                    id="docker",
                    title="Docker",
                    deadline=After(session="m1", days=21),
                    deliverables=(
                        Deliverable(id="code", kind="code", title="Code"),
                        Deliverable(id="report", kind="report", title="Report"),
                    ),
                    criteria=(criterion("tidy", ("no", "yes")),),
                )
            ],
            "scale": {"kind": "words", "cite": "HOG-30", "failed": "no", "passed": "yes"},
            "rules": [on_time],
        }
        | more
    )


@pytest.fixture
def docker(db: None) -> MiniProject:
    edition, _ = load_edition(relative_edition(), {})
    return edition.mini_projects.get()


def extend(project: MiniProject, team: Team, until: datetime, item: str = "") -> None:
    Extension.objects.create(
        mini_project=project,
        team=team,
        deliverable=item,
        until=until,
        reason="Bob was ill",
        by=UserFactory(username="tina"),
        at=DUE,
    )


def test_the_newest_extension_of_an_item_holds(docker: MiniProject) -> None:
    team, other = TeamFactory.create_batch(2, edition=docker.edition)
    extend(docker, team, LATER + timedelta(days=9), "code")
    extend(docker, team, LATER, "code")
    calendar = Calendar.of(docker.edition)
    assert calendar.due(docker, team.pk, "code").moment == LATER
    assert calendar.due(docker, team.pk, "report").moment == DUE
    assert calendar.code_due(docker, other.pk).moment == DUE
    assert calendar.code_due(docker, None).moment == DUE


@pytest.mark.rule("HOG-22")
def test_the_track_of_the_members_decides(docker: MiniProject) -> None:
    people = UserFactory.create_batch(3)
    for person, track in zip(people, ("far", "far", "near"), strict=True):
        EnrolmentFactory(edition=docker.edition, person=person, track=track)
    Enrolment.objects.update(withdrawn_at=None)
    far = TeamFactory(edition=docker.edition, people=people[:2])
    solo = TeamFactory(edition=docker.edition, solo=True, people=people[1:2])
    mixed = TeamFactory(edition=docker.edition, people=people[2:])
    calendar = Calendar.of(docker.edition)
    moments = [calendar.code_due(docker, team.pk).moment for team in (far, solo, mixed)]
    assert moments == [None, None, DUE]
    assert calendar.code_due(docker, None, "far").moment is None


@pytest.mark.rule("HOG-15")
def test_the_last_move_of_a_session_holds(docker: MiniProject, tina: User) -> None:
    for day in (date(2026, 10, 19), date(2026, 10, 12)):
        SessionDate.objects.create(
            edition=docker.edition, session="m1", on=day, reason="so", by=tina, at=DUE
        )
    moment = Calendar.of(docker.edition).code_due(docker, None).moment
    assert moment == DUE + timedelta(days=7)


def test_work_is_late_by_the_deadline_that_holds_for_its_team(docker: MiniProject) -> None:
    team = TeamFactory(edition=docker.edition)
    work = SubmissionFactory(
        mini_project=docker, team=team, created_at=LATER + timedelta(milliseconds=500)
    )
    assert work.late
    extend(docker, team, LATER, "report")
    assert work.late
    extend(docker, team, LATER, "code")
    assert not work.late
    work.created_at += timedelta(seconds=1)
    assert work.late


def test_a_mini_project_made_by_hand_has_its_row(edition: Edition) -> None:
    row = MiniProjectFactory(edition=edition, deadline=DUE)
    assert Calendar.of(edition).code_due(row, None).moment == DUE


def test_who_may_choose_works_in_a_team_or_alone() -> None:
    content = relative_edition().model_dump()
    content["mini_projects"][0]["alone_or_team"] = True
    edition, _ = load_edition(EditionFile.model_validate(content), {})
    calendar, project = Calendar.of(edition), edition.mini_projects.get()
    assert calendar.owner(project, shared=1, solo=2) == 1
    assert calendar.owner(project, shared=None, solo=2) == 2


@pytest.mark.parametrize("teams", [2, 20])
def test_a_calendar_takes_as_many_queries_for_any_edition(
    docker: MiniProject, teams: int, django_assert_num_queries: Callable[..., Any]
) -> None:
    for team in TeamFactory.create_batch(teams, edition=docker.edition):
        extend(docker, team, LATER)
    docker.edition.file  # noqa: B018 - a process parses a version once, whoever asks first
    edition = Edition.objects.get(pk=docker.edition_id)
    with django_assert_num_queries(4):
        Calendar.of(edition)
