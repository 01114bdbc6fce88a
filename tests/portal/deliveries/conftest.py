"""A course whose report is taken at its deadline, and a team that works for it."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.edition.syllabus import After, Deliverable, Session
from portal.courses import teams
from portal.courses.catalog import load_edition
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.rules import Role
from portal.deliveries import domain
from portal.people.models import User
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.courses.test_catalog import criterion
from tests.portal.courses.test_dates import relative_edition

DUE = datetime(
    2026, 10, 26, 22, 59, 59, tzinfo=UTC
)  # midnight in Brussels, without its last second
REPOSITORY = "https://github.com/cedar/digits"
ITEMS = (
    Deliverable(id="code", kind="code", title="Code"),
    Deliverable(id="link", kind="link", title="Link", due=After(session="m1", days=0)),
    Deliverable(id="update", kind="update", title="Update", due=After(session="m1", days=7)),
    Deliverable(
        id="report",
        kind="report",
        title="Report",
        headings=("Data", "Model"),
        words=(3, 9),
        template="reports/README.md",
        snapshot=True,
    ),
    Deliverable(id="demo", kind="demo", title="Demo"),
)


def taken_edition(**more: Any) -> EditionFile:
    """A group project, due 21 days after its session."""
    project = MiniProjectFile(
        id="project",
        title="Project",
        deadline=After(session="m1", days=21),
        by_team=True,
        deliverables=ITEMS,
        criteria=(criterion("overall", ("no", "yes")),),
    )
    return relative_edition(
        **{
            "mini_projects": [project],
            "sessions": [Session(id="m1", title="Containers", day=date(2026, 10, 5))],
            "tracks": [],
            "rules": [],
        }
        | more
    )


@pytest.fixture
def course(db: None) -> Edition:
    return load_edition(taken_edition(), {})[0]


@pytest.fixture
def project(course: Edition) -> MiniProject:
    return course.mini_projects.get()


@pytest.fixture
def ann(course: Edition) -> User:
    return EnrolmentFactory(edition=course, person=UserFactory(username="ann")).person


@pytest.fixture
def cedar(course: Edition, ann: User) -> Team:
    ben = EnrolmentFactory(edition=course, person=UserFactory(username="ben")).person
    return teams.found(edition=course, name="Cedar", people=[ann, ben])


@pytest.fixture
def lea(course: Edition) -> User:
    return EnrolmentFactory(
        edition=course, person=UserFactory(username="lea"), role=Role.LECTURER
    ).person


@pytest.fixture
def linked(project: MiniProject, cedar: Team, ann: User) -> Team:
    """The team has said where its work lies."""
    domain.deliver(mini_project=project, deliverable="link", by=ann, link=f"{REPOSITORY}/tree/main")
    return cedar
