"""A small edition with rules of every kind that the pages show, and people in it."""

from collections.abc import Callable
from typing import Any

import pytest

from lab_specs.edition.file import EditionFile
from portal.courses import catalog
from portal.courses.models import Criterion, Edition, Level, MiniProject, Team
from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import LEVELS, EnrolmentFactory, TeamFactory, UserFactory

DESCRIPTORS = {name: f"is {name}" for name in LEVELS}


def criterion(name: str, *, technical: bool = True) -> dict[str, Any]:
    return {
        "id": name,
        "title": name.title(),
        "technical": technical,
        "descriptors": DESCRIPTORS,
    }


def part(name: str, **more: Any) -> dict[str, Any]:
    return {
        "id": name,
        "title": name.title(),
        "cite": "HOG-3",
        "deadline": "2026-11-01T23:59:59",
        "criteria": [criterion("works"), criterion("report", technical=False)],
        "deliverables": [
            {"id": "code", "kind": "code", "title": "Source code"},
            {"id": "demo", "kind": "demo", "title": "Demo"},
        ],
        "outcomes": ["deploy"],
        **more,
    }


FILE: dict[str, Any] = {
    "course": "Machine Learning Operations",
    "course_code": "mlops",
    "edition": "2026-27",
    "timezone": "Europe/Brussels",
    "levels": list(LEVELS),
    "starts": "2026-09-21",
    "ends": "2027-01-31",
    "dates": {"feedback": "2027-02-10"},
    "tracks": [{"id": "gent", "title": "Gent"}, {"id": "tiao", "title": "Distance"}],
    "sessions": [{"id": "s1", "title": "First session", "day": "2026-10-05"}],
    "outcomes": [
        {"id": "deploy", "text": {"en": "Deploys a model"}, "kind": "skill", "code": "LO1"},
        {"id": "judge", "text": {"en": "Judges a model"}, "kind": "knowledge", "code": "LO2"},
    ],
    "marks": [
        {"id": "exam", "cite": "ZHAW-3", "title": "Exam", "highest": 60, "form": "written"},
        {
            "id": "talk",
            "cite": "ZHAW-1",
            "title": "Talk",
            "highest": 20,
            "form": "oral",
            "by": "team",
        },
    ],
    "mini_projects": [part("edge"), part("serving", second_assessor=True)],
    "scale": {
        "kind": "points",
        "cite": "HOG-30",
        "highest": 20,
        "pass_at": 10,
        "round_to": "0.5",
    },
    "settings": [
        {
            "id": "late_demo",
            "cite": "HOG-42",
            "asks": "May a late demo be shown in the exam period?",
            "who": "The lecturer in charge",
            "kind": "switch",
        }
    ],
    "rules": [
        {
            "rule": "on_time",
            "cite": "HOG-21",
            "needs": ["demo"],
            "otherwise": "absent",
            "exam_period": {"setting": "late_demo"},
            "overridable": True,
        },
        {"rule": "every_criterion", "cite": "HOG-29"},
        {
            "rule": "average",
            "cite": "HOG-28",
            "worth": dict(zip(LEVELS, (4, 10, 15, 20), strict=True)),
        },
        {"rule": "adjust", "cite": "HOG-30", "by": dict(zip(LEVELS, (-1, 0, 1, 2), strict=True))},
        {"rule": "bonus", "cite": "HOG-30", "at_most": 1},
        {
            "rule": "resit",
            "cite": ["HOG-37", "HOG-41"],
            "until": {"all": "feedback"},
            "live": 2,
            "minutes": 20,
        },
    ],
}


def edition_file(**changes: Any) -> EditionFile:
    """The small edition; `changes` replaces fields of it."""
    return EditionFile.model_validate(FILE | changes)


@pytest.fixture
def ruled(db: None) -> Edition:
    """The small edition, loaded."""
    edition, _ = catalog.load_edition(edition_file(), {})
    return edition


@pytest.fixture
def join(ruled: Edition) -> Callable[..., User]:
    def enrol(username: str, role: Role = Role.STUDENT, **more: Any) -> User:
        person = UserFactory(username=username)
        EnrolmentFactory(edition=ruled, person=person, role=role, **more)
        if role is Role.STUDENT:
            TeamFactory(edition=ruled, name=person.name, solo=True, people=[person])
        return person

    return enrol


@pytest.fixture
def ann(join: Callable[..., User]) -> User:
    return join("ann", track="gent", group="A", number="s1")


@pytest.fixture
def ben(join: Callable[..., User]) -> User:
    return join("ben", track="tiao", group="B", number="s2")


@pytest.fixture
def lea(join: Callable[..., User]) -> User:
    """The lecturer."""
    return join("lea", Role.LECTURER)


@pytest.fixture
def ali(join: Callable[..., User]) -> User:
    """The assistant."""
    return join("ali", Role.ASSISTANT)


def solo(person: User) -> Team:
    return Team.objects.get(memberships__person=person, solo=True)


def project(edition: Edition, slug: str) -> MiniProject:
    return edition.mini_projects.get(slug=slug)


def row_of(edition: Edition, slug: str, name: str = "works") -> Criterion:
    return project(edition, slug).criteria.get(slug=name)


def level(criterion: Criterion, name: str) -> Level:
    return criterion.levels.get(name=name)
