"""The courses of the demonstration: believable, marked, signed, and played only once."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from lab_specs.loader import load_edition
from portal.assessment.models import Appointment, Assessment, Mark, Publication, ReviewRequest
from portal.assessment.results import results_of
from portal.courses.models import Edition, Enrolment
from portal.courses.rules import Role
from portal.deliveries.models import Delivery
from portal.demos.models import Booking
from portal.people.models import User
from portal.submissions import records
from portal.submissions.models import Attempt
from script.tools.semester import play
from script.tools.semester_cast import COURSES, SCENES, Course, Scene, clock, days, moved
from script.tools.semester_work import SAMPLE
from tests.factories import UserFactory
from tests.portal.test_access import OK, TABLE

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
NOW = datetime(2027, 3, 26, 10, tzinfo=UTC)  # two days before clocks change


@pytest.fixture
def people() -> Iterator[None]:
    """Those of the demo course, and the clock."""
    for name in ("tina", "amir", "alice", "bob", "charlie"):
        UserFactory(username=name)
    with clock(NOW):
        yield


def scene(file: str) -> Scene:
    return next(each for each in SCENES if each.file == file)


def pages(edition: Edition, person: str) -> dict[str, int]:
    """What somebody gets at every page of an edition that they may see."""
    client = Client()
    client.force_login(User.objects.get(username=person))
    at = {"alice": 0, "tina": 3}[person]
    named = [n for n, rule in TABLE.items() if rule.argument == "edition" and rule.get[at] == OK]
    paths = {name: reverse(name, args=[edition.pk]) for name in named}
    return {name: client.get(path).status_code for name, path in paths.items()}


def played(file: str) -> Course:
    """A course that was played, and holds to what all of them hold to."""
    course = play(scene(file))
    assert course is not None
    begins, ends = days(course.file)
    assert begins < NOW.date() < ends + timedelta(days=14)
    assert len(course.students) == scene(file).students
    attempts = list(Attempt.objects.select_related("submission"))
    assert len(attempts) > 10
    assert {each.verdict for each in attempts} >= {"passed", "rejected"}
    for each in attempts:
        assert records.problems(each) == []
        assert (each.reason, each.log_tail, each.provenance["sample"]) == (SAMPLE, SAMPLE, SAMPLE)
        assert begins <= each.queued_at.date() <= NOW.date()
    lines = results_of(course.edition).values()
    assert [line.problem for line in lines if line.problem] == []
    assert Assessment.objects.exists() or Mark.objects.exists()
    seats = Enrolment.objects.filter(person__username="tina", edition=course.edition)
    assert [each.role for each in seats] == [Role.LECTURER]
    return course


@pytest.mark.parametrize("file", ["put-2025-26", "zhaw-fs2026", "upc-2023-24", "dtu-2023-01"])
def test_a_course_is_in_the_middle_of_its_semester_and_played_once(file: str, people: None) -> None:
    played(file)
    before = (User.objects.count(), Attempt.objects.count(), Delivery.objects.count())
    assert play(scene(file)) is None
    assert before == (User.objects.count(), Attempt.objects.count(), Delivery.objects.count())


def test_every_page_of_a_running_course_shows_life(people: None) -> None:
    course = played("hogent-2025-26")
    states = set(Booking.objects.values_list("status", flat=True))
    assert {"held", "booked"} <= states
    assert Delivery.objects.filter(deliverable="report").exclude(text="").exists()
    for person in ("tina", "alice"):
        seen = pages(course.edition, person)
        assert len(seen) > 5
        assert set(seen.values()) == {OK}, seen


def test_one_course_has_published_results(people: None) -> None:
    course = played("hogent-2024-25")
    assert Publication.objects.count() == 2
    words = {line.word for line in results_of(course.edition).values()}
    assert words == {"passed", "not passed"}
    assert ReviewRequest.objects.filter(answer=None).count() == 1
    assert Appointment.objects.exists()


def test_days_move_by_whole_weeks_and_the_file_says_so() -> None:
    file = load_edition(COURSES / "dtu-2023-01.yaml")
    later = moved(file, 52)
    assert later.starts == date(2024, 1, 1)
    assert later.sessions[0].day == date(2024, 1, 1)
    assert [rule.cite for rule in later.rules] == [rule.cite for rule in file.rules]
    assert "moved by 52 weeks" in (later.ours or "")
