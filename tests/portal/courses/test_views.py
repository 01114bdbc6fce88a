"""The pages of an edition: rules and dates, teams, roster."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from lab_specs.edition.rules import SettingFile
from lab_specs.edition.syllabus import After
from lab_specs.loader import load_shelf
from portal.common.errors import Refused
from portal.courses import forms, queries, teams
from portal.courses.catalog import load_edition
from portal.courses.dates import Calendar
from portal.courses.models import (
    Contact,
    Edition,
    Enrolment,
    Extension,
    SessionDate,
    SizeAgreed,
    Team,
)
from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import EnrolmentFactory, TeamFactory, UserFactory
from tests.portal.courses.test_dates import DUE, relative_edition
from tests.portal.courses.test_roster import FILE

pytestmark = pytest.mark.django_db
TESTS = Path(__file__).parents[2]
OPEN = [
    {"id": "pass_mark", "cite": "ZHAW-14", "asks": "What passes?", "who": "ZHAW", "kind": "number"},
    {"id": "resit", "cite": "ZHAW-14", "asks": "A resit?", "who": "ZHAW", "kind": "switch"},
    {"id": "grades", "cite": "PUT-8", "asks": "Which grade?", "who": "PUT", "kind": "table"},
]


@pytest.fixture
def course(db: None) -> Edition:
    size = {"rule": "team_size", "cite": "UPC-6", "smallest": 2, "largest": 3}
    content = relative_edition()
    rules = [*content.rules, size]
    return load_edition(relative_edition(settings=OPEN, rules=rules, rules_version=3), {})[0]


def enrolled(edition: Edition, name: str, role: Role = Role.STUDENT, **more: Any) -> User:
    person = UserFactory(username=name)
    EnrolmentFactory(edition=edition, person=person, role=role, **more)
    return person


@pytest.fixture
def lin(course: Edition) -> User:
    return enrolled(course, "lin", Role.LECTURER)


@pytest.fixture
def ann(course: Edition, lin: User) -> User:
    return enrolled(course, "ann", lecturer=lin, track="near", group="G1", number="77")


@pytest.fixture
def staff(client: Client, lin: User) -> Client:
    client.force_login(lin)
    return client


def as_one(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def page(client: Client, name: str, edition: Edition) -> str:
    answer = client.get(reverse(f"courses:{name}", args=[edition.pk]))
    assert answer.status_code == 200
    return answer.content.decode()


def send(client: Client, page: str, edition: Edition, **sent: Any) -> str:
    """What the page says after a form was sent."""
    path = reverse(f"courses:{page}", args=[edition.pk])
    return client.post(path, sent, follow=True).content.decode()


@pytest.mark.rule("HOG-15")
def test_a_moved_session_moves_deadlines_and_is_told(
    course: Edition, staff: Client, ann: User
) -> None:
    told = send(
        staff, "course", course, do="move", session="m1", on="2026-10-12", reason="a strike"
    )
    assert "Moved to Mon 12 Oct 2026" in told
    project = course.mini_projects.get()
    assert project.deadline == DUE + timedelta(days=7)
    seen = page(as_one(ann), "course", course)
    assert "to Mon 12 Oct 2026 because a strike" in seen
    assert "which moved to Mon 12 Oct because a strike" in seen
    assert "Mon 2 Nov 2026, 23:59" in seen
    assert "Move a session" not in seen
    with time_machine.travel("2026-10-20"):
        home = as_one(ann).get("/").content.decode()
    assert "“Containers” moved to Mon 12 Oct because a strike." in home
    assert "Due Mon 2 Nov 2026, 23:59" in home
    with time_machine.travel("2026-10-28"):
        assert "moved to Mon 12 Oct because a strike." not in as_one(ann).get("/").content.decode()


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"session": "m1", "on": "2026-10-12", "reason": " "}, "Say why"),
        ({"session": "m9", "on": "2026-10-12", "reason": "x"}, "no such session"),
        ({"session": "m1", "on": "soon", "reason": "x"}, "Choose a day"),
        ({"session": "m1", "on": "2026-10-05", "reason": "x"}, "is on Mon 5 Oct 2026 already"),
        ({"session": "m1", "on": "9999-12-31", "reason": "x"}, "Nobody can mean the year 9999"),
        ({"session": "m1", "on": "0001-01-01", "reason": "x"}, "Nobody can mean the year 1."),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    course: Edition, staff: Client, sent: dict[str, str], says: str
) -> None:
    assert says in send(staff, "course", course, do="move", **sent)
    assert not SessionDate.objects.exists()


@pytest.mark.rule("ZHAW-14")
def test_an_open_setting_names_who_settles_it_and_takes_an_answer(
    course: Edition, staff: Client, ann: User
) -> None:
    shown = page(as_one(ann), "course", course)
    assert shown.count("Not decided yet") == 3
    assert "ZHAW can set it" in shown
    for setting, value in (("pass_mark", "50"), ("resit", "no"), ("grades", "0: 2\n1: 3.5")):
        told = send(
            staff, "course", course, do="answer", setting=setting, value=value, reason="the board"
        )
        assert "Settled." in told
    assert queries.answers(course) == {
        "pass_mark": "50",
        "resit": False,
        "grades": {"0": "2", "1": "3.5"},
    }
    shown = page(as_one(ann), "course", course)
    assert "Not decided yet" not in shown
    assert "0: 2, 1: 3.5" in shown
    send(staff, "course", course, do="answer", setting="pass_mark", value="55", reason="revised")
    assert queries.answers(course)["pass_mark"] == "55"


@pytest.mark.parametrize(
    ("setting", "value", "says"),
    [
        ("pass_mark", "half", "is not a number"),
        ("pass_mark", "1e-2000000", "is not a number below a million"),
        ("pass_mark", "1e9", "is not a number below a million"),
        ("grades", "1: 1e-2000000", "is not a number below a million"),
        ("pass_mark", "", "Type an answer first"),
        ("resit", "maybe", "expected yes or no"),
        ("grades", "1: 3\n2: 2", "more may not be worth less"),
        ("grades", "one 3", "Write one line for each count"),
        ("unknown", "1", "no such setting"),
    ],
)
def test_an_answer_that_cannot_be_is_refused(
    course: Edition, staff: Client, setting: str, value: str, says: str
) -> None:
    told = send(staff, "course", course, do="answer", setting=setting, value=value, reason="x")
    assert says in told
    assert queries.answers(course) == {}


def test_what_the_file_answers_wins(course: Edition, staff: Client, lin: User) -> None:
    send(staff, "course", course, do="answer", setting="pass_mark", value="50", reason="x")
    answered = [OPEN[0] | {"value": 60}, *OPEN[1:]]
    edition, _ = load_edition(relative_edition(settings=answered, rules_version=4), {})
    assert queries.answers(edition) == {}
    told = send(staff, "course", edition, do="answer", setting="pass_mark", value="1", reason="x")
    assert "only a new file changes it" in told


def test_more_time_is_given_by_the_clock_of_the_edition(
    course: Edition, staff: Client, ann: User
) -> None:
    told = send(
        staff,
        "course",
        course,
        do="extend",
        who="ANN",
        item="docker/code",
        until="2026-11-06T12:00",
        reason="Ann was ill",
    )
    assert "Ann has until Fri 6 Nov, 12:00 for Docker" in told
    extension = Extension.objects.get()
    assert extension.until == datetime(2026, 11, 6, 11, 0, 59, tzinfo=UTC)
    assert extension.team.solo
    project = course.mini_projects.get()
    calendar = Calendar.of(course)
    assert calendar.code_due(project, extension.team_id).moment == extension.until
    assert "extended until Fri 6 Nov, 12:00 because Ann was ill" in page(
        as_one(ann), "course", course
    )
    assert "Ann was ill" not in page(as_one(enrolled(course, "ben")), "course", course)


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"who": "nobody"}, "No student signs in as “nobody”"),
        ({"item": "nothing"}, "Choose for which work"),
        ({"item": "docker/song"}, "has no such deliverable"),
        ({"until": "later"}, "Choose a day and a time"),
        ({"until": "9999-12-31T23:59"}, "Nobody can mean the year 9999"),
        ({"until": "0001-01-01T00:00"}, "Nobody can mean the year 1."),
        ({"until": "2026-11-06T12:00+09:00"}, "as clocks show it in Europe/Brussels"),
        ({"reason": ""}, "Say why"),
    ],
)
def test_more_time_that_cannot_be_is_refused(
    course: Edition, staff: Client, ann: User, sent: dict[str, str], says: str
) -> None:
    fine = {"who": "ann", "item": "docker", "until": "2026-11-06T12:00", "reason": "x"}
    assert says in send(staff, "course", course, do="extend", **(fine | sent))
    assert not Extension.objects.exists()


def test_team_work_is_extended_for_the_team_of_a_student(course: Edition, ann: User) -> None:
    project = course.mini_projects.get()
    cedar = TeamFactory(edition=course, name="Cedar", people=[ann])
    assert forms.owner(project, "ann", shared=True) == cedar
    assert forms.owner(project, "cedar", shared=True) == cedar
    with pytest.raises(Refused, match="No team and no student in a team"):
        forms.owner(project, "birch", shared=True)


@pytest.mark.rule("HOG-10")
def test_students_see_their_own_place(course: Edition, ann: User) -> None:
    TeamFactory(edition=course, name="Cedar", people=[ann, enrolled(course, "ben")])
    shown = page(as_one(ann), "course", course)
    for text in ("Cedar: Ann, Ben", "Near", "G1", "77", "Lin"):
        assert text in shown, text


@pytest.mark.rule("ZHAW-11")
def test_the_rules_are_read_by_everybody_with_their_history(course: Edition, ann: User) -> None:
    load_edition(relative_edition(rules_version=4, ends="2027-02-01"), {})
    shown = page(as_one(ann), "course", course)
    assert "Rules 4, loaded" in shown
    assert "rules_version: 3 → 4" in shown
    assert "What comes after its deadline, or never, costs the whole part." in shown
    assert "far" in shown


def test_an_incomplete_form_changes_nothing(course: Edition, staff: Client) -> None:
    assert "the form was not complete" in send(staff, "course", course)
    assert "the form was not complete" in send(staff, "teams", course)
    for team in ("x", "\u0663", "9" * 30, "9" * 5_000):
        assert "the form was not complete" in send(staff, "teams", course, do="join", team=team)


def test_teams_are_founded_joined_and_left(course: Edition, staff: Client, ann: User) -> None:
    for name in ("ben", "cas", "dee"):
        enrolled(course, name)
    assert "Cedar is there, with 2 members." in send(
        staff, "teams", course, do="found", name="Cedar", people="ann, ben"
    )
    cedar = Team.objects.get(name="Cedar").pk
    assert "Cas is in Cedar now" in send(
        staff, "teams", course, do="join", team=cedar, person="cas"
    )
    assert "the rules want 2 to 3 members (UPC-6)" in send(
        staff, "teams", course, do="join", team=cedar, person="dee"
    )
    send(staff, "teams", course, do="join", team=cedar, person="dee", reason="arrived late")
    assert "4, agreed" in page(staff, "teams", course)
    for name in ("ann", "ben", "cas"):
        send(staff, "teams", course, do="leave", team=cedar, person=name, reason="another topic")
    shown = page(staff, "teams", course)
    assert "agreed" not in shown  # what was agreed to was four
    assert "Agree to 1 members" in shown
    assert "Ann left (another topic)" in shown
    assert "3 students without a team" in shown
    send(staff, "teams", course, do="agree", team=cedar, reason="the others went")
    assert SizeAgreed.objects.filter(size=1).exists()
    assert "No student of this edition signs in as “zoe”" in send(
        staff, "teams", course, do="join", team=cedar, person="zoe"
    )


@pytest.mark.parametrize("count", [3, 30])
def test_the_pages_take_as_many_queries_for_any_class(
    course: Edition, staff: Client, count: int, django_assert_max_num_queries: Callable[..., Any]
) -> None:
    for number in range(count):
        people = [enrolled(course, f"s{number}-{each}") for each in "ab"]
        teams.found(edition=course, name=f"Team {number}", people=people)
    for name, most in (("teams", 20), ("course", 26)):
        with django_assert_max_num_queries(most):
            page(staff, name, course)


def upload(client: Client, edition: Edition, content: bytes) -> HttpResponse:
    path = reverse("courses:roster", args=[edition.pk])
    return client.post(path, {"file": SimpleUploadedFile("roster.csv", content)})


def test_a_roster_is_shown_first_and_read_in_then(course: Edition, staff: Client) -> None:
    text = FILE.replace(",lin,", ",lina,").replace(",LIN,", ",,").replace("\nlin,", "\nlina,")
    shown = upload(staff, course, text.encode())
    assert shown.status_code == 200
    assert "<strong>4</strong> new" in shown.content.decode()
    assert Enrolment.objects.filter(edition=course).count() == 1
    told = send(staff, "roster", course, plan=shown.context["signed"])
    assert "Read in: 4 new, 0 changed, 0 as they were." in told
    assert Enrolment.objects.filter(edition=course).count() == 5


def test_a_bad_line_is_named_and_there_is_nothing_to_confirm(
    course: Edition, staff: Client
) -> None:
    shown = upload(staff, course, b"username,role\nben,dean\n")
    assert shown.status_code == 422
    assert "role “dean” is none of" in shown.content.decode()
    assert shown.context["signed"] == ""


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "empty"), (b"PK\x03\x04", "cannot be read"), (b"x" * 2_100_000, "larger than 2 MB")],
)
def test_a_hostile_file_is_refused_in_words(
    course: Edition, staff: Client, content: bytes, says: str
) -> None:
    path = reverse("courses:roster", args=[course.pk])
    file = SimpleUploadedFile("roster.xlsx", content)
    if content:
        assert says in staff.post(path, {"file": file}).content.decode()
    else:
        assert "Choose a file first" in staff.post(path, {}).content.decode()


def test_a_preview_cannot_be_forged_or_used_elsewhere(
    course: Edition, staff: Client, lin: User
) -> None:
    signed = upload(staff, course, b"username\nben\n").context["signed"]
    other = EnrolmentFactory(person=lin, role=Role.LECTURER).edition
    for edition, plan in ((other, signed), (course, signed[:-1]), (course, "nonsense")):
        assert "That preview is too old" in send(staff, "roster", edition, plan=plan)
    assert not User.objects.filter(username="ben").exists()


def test_a_preview_is_planned_anew_when_it_is_confirmed(course: Edition, staff: Client) -> None:
    signed = upload(staff, course, b"username,number\nben,5\n").context["signed"]
    enrolled(course, "cas", number="5")
    assert "Some lines are bad" in send(staff, "roster", course, plan=signed)
    assert not User.objects.filter(username="ben").exists()


def test_an_assistant_gives_nobody_a_role(course: Edition) -> None:
    amir = enrolled(course, "amir", Role.ASSISTANT)
    answer = upload(as_one(amir), course, b"username,role\namir2,lecturer\n")
    assert answer.status_code == 403
    assert "Read in a roster" not in page(as_one(amir), "teams", course)


def test_who_withdrew_sees_the_edition_no_more(course: Edition, ann: User) -> None:
    Enrolment.objects.filter(person=ann).update(withdrawn_at=DUE)
    path = reverse("courses:course", args=[course.pk])
    assert as_one(ann).get(path).status_code == 404
    assert "You are not enrolled" in as_one(ann).get("/").content.decode()


def test_work_without_its_lab_says_so(course: Edition, ann: User) -> None:
    part = course.file.mini_projects[0]
    later = part.model_copy(
        update={"later_lab": "A check of containers", "deadline": After(session="m1", days=7)}
    )
    load_edition(relative_edition(mini_projects=[later], rules_version=4), {})
    shown = page(as_one(ann), "course", course)
    assert (
        "No lab checks this yet: rubric, report and demo decide alone. A check of containers."
        in shown
    )


def test_work_that_a_lab_checks_in_part_says_so(course: Edition, ann: User) -> None:
    part = course.file.mini_projects[0]
    both = part.model_copy(update={"labs": ("hello",), "later_lab": "A check of containers"})
    file = relative_edition(mini_projects=[both], rules_version=4)
    load_edition(file, load_shelf([TESTS / "shelf"]))
    shown = page(as_one(ann), "course", course)
    assert "A lab checks a part of this; the rest people judge. A check of containers." in shown


def test_values_are_read_by_kind() -> None:
    table = SettingFile(id="x", cite="PUT-8", asks="?", who="PUT", kind="table")
    assert forms.value(table, " 0: 2 \n\n5 : 5") == {"0": "2", "5": "5"}


@pytest.mark.rule("HOG-14")
def test_notes_of_a_course_can_be_read(course: Edition, ann: User) -> None:
    notes = [{"cite": "HOG-14", "says": "Ask in class, <not> by call."}]
    load_edition(relative_edition(notes=notes, rules_version=4), {})
    assert "Ask in class, &lt;not&gt; by call." in page(as_one(ann), "course", course)


@pytest.mark.rule("HOG-35")
def test_staff_write_down_whom_they_spoke_with(course: Edition, ann: User, lin: User) -> None:
    enrolled(course, "ben")
    path = reverse("courses:contacts", args=[course.pk])
    for name, says in (
        ("ann", "Will <come> on Friday"),
        ("ann", " "),
        ("nobody", "x"),
        ("lin", "x"),
    ):
        as_one(lin).post(f"{path}?student={name}", {"says": says})
    row = Contact.objects.get()
    assert (row.student, row.by, row.reason) == (ann, lin, "Will <come> on Friday")
    assert "Will &lt;come&gt; on Friday" in page(as_one(lin), "contacts", course)
    others = as_one(lin).get(path, {"student": "ben"}).content.decode()
    assert "None yet" in others
    assert "signs in as “nobody”" in as_one(lin).get(path, {"student": "nobody"}).content.decode()
