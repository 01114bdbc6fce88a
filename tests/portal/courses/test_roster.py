"""A roster is planned line by line, and read in whole or not at all."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from portal.common.errors import Refused
from portal.courses import roster, sheets
from portal.courses.catalog import load_edition
from portal.courses.models import Edition, Enrolment, Membership, Team, TeamChange
from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import EnrolmentFactory, TeamFactory, UserFactory
from tests.portal.courses.test_dates import relative_edition

pytestmark = pytest.mark.django_db

FILE = """username,name,email,role,track,group,team,lecturer,number,github
ann,Ann Aerts,ann@school.example,,near,G1,Cedar,lin,2024001,ann-a
ben,Ben Bosman,,student,far,G2,Cedar,LIN,2024002,
cas,Cas Claes,,,,,,,,
lin,Lin Lambert,,lecturer,,,,,,
"""


@pytest.fixture
def course(db: None) -> Edition:
    edition, _ = load_edition(relative_edition(), {})
    return edition


def planned(edition: Edition, text: str, by: User | None = None) -> roster.Plan:
    lines, _ = roster.lines_of(sheets.read(text.encode()))
    return roster.plan(edition, lines, by=by)


def problems(edition: Edition, text: str, by: User | None = None) -> dict[int, list[str]]:
    return {each.line.number: each.problems for each in planned(edition, text, by).bad}


@pytest.mark.rule("HOG-9")
@pytest.mark.rule("HOG-10")
def test_people_come_with_all_that_the_file_says(course: Edition) -> None:
    plan = planned(course, FILE)
    assert plan.bad == []
    assert [each.kind for each in plan.planned] == ["new"] * 4
    assert "team: none → Cedar" in plan.planned[0].does
    assert not User.objects.exists()  # nothing yet
    roster.apply(plan)
    ann = Enrolment.objects.get(person__username="ann")
    assert (ann.role, ann.track, ann.group, ann.number) == (Role.STUDENT, "near", "G1", "2024001")
    assert ann.lecturer == User.objects.get(username="lin")
    assert (ann.person.name, ann.person.email, ann.person.github_login) == (
        "Ann Aerts",
        "ann@school.example",
        "ann-a",
    )
    assert not ann.person.has_usable_password()
    cedar = Team.objects.get(name="Cedar")
    assert sorted(cedar.members.values_list("username", flat=True)) == ["ann", "ben"]
    assert cedar.changes.count() == 2
    assert Enrolment.objects.get(person__username="lin").role == Role.LECTURER


def test_reading_it_again_changes_nothing(course: Edition) -> None:
    roster.apply(planned(course, FILE))
    again = planned(course, FILE)
    assert [(each.kind, each.does) for each in again.planned] == [("same", [])] * 4
    roster.apply(again)
    assert (User.objects.count(), TeamChange.objects.count()) == (4, 2)


def test_a_change_is_shown_and_an_empty_cell_changes_nothing(course: Edition) -> None:
    roster.apply(planned(course, FILE))
    plan = planned(course, "username,track,team,group,role\nBEN,near,Birch,,\nlin,,,,assistant\n")
    assert [each.does for each in plan.planned] == [
        ["track: far → near", "team: Cedar → Birch"],
        ["role: lecturer → assistant"],
    ]
    roster.apply(plan)
    ben = Enrolment.objects.get(person__username="ben")
    assert (ben.track, ben.group) == ("near", "G2")
    assert Membership.objects.get(person=ben.person).team.name == "Birch"
    changes = TeamChange.objects.filter(person=ben.person).values_list("team__name", "joined")
    assert sorted(changes) == [("Birch", True), ("Cedar", False), ("Cedar", True)]


def test_one_bad_line_keeps_out_all(course: Edition) -> None:
    plan = planned(course, FILE + "dee,Dee,,dean,,,,,,\n")
    assert problems(course, FILE + "dee,Dee,,dean,,,,,,\n") == {
        6: ["role “dean” is none of student, assistant, lecturer"]
    }
    with pytest.raises(Refused, match="nothing was read in"):
        roster.apply(plan)
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (",Nobody", "no username"),
        ("a b,x", "username: “a b” cannot be one"),
        ("x,=1+1", "name: begins with =, which a spreadsheet would run"),
        ("x," + "y" * 121, "name: longer than 120 characters"),
        ("x,a\u202eb", "name: holds characters that cannot be seen"),
        ("x,y,nowhere", "email: “nowhere” cannot be one"),
        ("x,y,,student,moon", "no track “moon” in this edition, known: far, near"),
        ("x,y,,,,,,ghost", "“ghost” teaches nobody in this edition"),
        ("x,y,,lecturer,,,Cedar", "only students are in teams"),
        ("x,y,,,,,,,77", "number 77 is old's"),
        ("x,y,,,,,,,,old-gh", "GitHub name old-gh is old's"),
        ("x,y,,,,,,,,-bad", "github: begins with -, which a spreadsheet would run"),
        ("x,y,,,,,,,,a--b", "github: “a--b” cannot be a name at GitHub"),
        ("old,y,,,,,,,,new-gh", "old is old-gh at GitHub already; they can link their own account"),
    ],
)
def test_each_bad_line_says_what_is_wrong(course: Edition, line: str, problem: str) -> None:
    person = UserFactory(username="old", github_login="old-gh")
    EnrolmentFactory(edition=course, person=person, number="77")
    header = FILE.splitlines()[0]
    found = problems(course, f"{header}\nfine\n{line}\n")
    assert list(found) == [3]
    assert any(each.startswith(problem) for each in found[3]), found


def test_a_roster_takes_no_github_name_that_a_sign_in_proved(course: Edition) -> None:
    ann = UserFactory(username="ann", github_login="Ann-Real", github_id=7)
    text = "username,github\nann,ann-old\nbob,ANN-real\nann2,free\n"
    found = planned(course, text)
    assert not found.bad
    assert found.notes[:2] == [
        "Line 2: ann has signed in to GitHub as Ann-Real; the file's ann-old is not taken.",
        "Line 3: ann has signed in to GitHub as Ann-Real, so it is not taken for bob.",
    ]
    roster.apply(found)
    ann.refresh_from_db()
    assert (ann.github_login, ann.github_id) == ("Ann-Real", 7)
    logins = dict(User.objects.values_list("username", "github_login"))
    assert (logins["bob"], logins["ann2"]) == ("", "free")
    again = planned(course, "username,github\nann,ANN-REAL\n")
    assert (again.counts, [note for note in again.notes if "GitHub" in note]) == ({"same": 1}, [])


@pytest.mark.parametrize("column", ["username", "number", "github"])
def test_the_same_on_two_lines_is_bad_on_both(course: Edition, column: str) -> None:
    text = "username,number,github\na,1,x\nb,2,y\nc,3,z\n"
    cell = {"username": "b", "number": "2", "github": "y"}[column]
    other = {"username": "A", "number": "1", "github": "X"}[column]
    found = problems(course, text.replace(cell, other))
    assert found == {
        2: [f"the same {column} as on line 3"],
        3: [f"the same {column} as on line 2"],
    }


def test_nobody_changes_their_own_role(course: Edition) -> None:
    lin = UserFactory(username="lin")
    EnrolmentFactory(edition=course, person=lin, role=Role.LECTURER)
    assert problems(course, "username,role\nlin,student\n", lin) == {
        2: ["this is yourself: somebody else changes your role"]
    }
    assert problems(course, "username,role\nlin,lecturer\n", lin) == {}


def test_names_that_people_have_are_kept(course: Edition) -> None:
    UserFactory(username="ann", display_name="Annie")
    roster.apply(planned(course, FILE))
    assert User.objects.get(username="ann").name == "Annie"


def test_who_is_not_in_the_file_stays_and_is_counted(course: Edition) -> None:
    EnrolmentFactory(edition=course)
    assert "1 enrolled people are not in the file" in planned(course, FILE).notes[-1]


@pytest.mark.rule("UPC-6")
def test_teams_outside_the_bounds_are_told_not_hidden() -> None:
    rule = {"rule": "team_size", "cite": "UPC-6", "smallest": 3, "largest": 4}
    edition, _ = load_edition(relative_edition(rules=[rule]), {})
    TeamFactory(edition=edition, name="Birch", people=[UserFactory()])
    notes = planned(edition, FILE).notes
    assert any(
        note.startswith("Birch would have 1 members; the rules want 3 to 4") for note in notes
    )
    assert any(note.startswith("Cedar would have 2 members") for note in notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name\nAnn\n", "No column says how people sign in"),
        ("username,group,class\na,b,c\n", "Two columns say the same: group"),
    ],
)
def test_a_table_without_sense_is_refused(course: Edition, text: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        planned(course, text)


def test_the_command_tells_bad_lines_and_reads_nothing(course: Edition, tmp_path: Path) -> None:
    path, out = tmp_path / "roster.csv", StringIO()
    path.write_text("username,role,colour\nann,,\nben,dean,red\n")
    with pytest.raises(CommandError, match="nothing was read in"):
        call_command("import_roster", path, edition="mlops/2026-27", stdout=out)
    assert "line 3, ben: bad: role “dean”" in out.getvalue()
    assert "nobody reads the column “colour”" in out.getvalue()
    assert not User.objects.exists()


def test_the_command_shows_first_and_does_it_then(course: Edition, tmp_path: Path) -> None:
    path, out = tmp_path / "roster.csv", StringIO()
    path.write_text(FILE)
    call_command("import_roster", path, "--dry-run", edition="2026-27", stdout=out)
    assert "4 new (nothing was changed)" in out.getvalue()
    assert not User.objects.exists()
    call_command("import_roster", path, edition="2026-27", stdout=out)
    assert course.enrolments.count() == 4


def test_the_command_asks_for_one_edition(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="no such edition"):
        call_command("import_roster", tmp_path / "x.csv", edition="2026-27")
