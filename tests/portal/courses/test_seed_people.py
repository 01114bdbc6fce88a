"""Invented people."""

import stat
from io import StringIO
from itertools import islice
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from portal.courses import names
from portal.courses.models import Edition, Enrolment, Membership, Team
from portal.courses.rules import Role
from portal.people.models import User
from tests.factories import EditionFactory


@pytest.fixture
def folder(settings: Settings, tmp_path: Path) -> Path:
    settings.VAR = tmp_path
    return tmp_path


def seed(*args: str) -> str:
    out = StringIO()
    call_command("seed_people", *args, stdout=out)
    return out.getvalue()


def test_people_teams_and_staff_are_made_once(edition: Edition, folder: Path) -> None:
    first = seed("--students", "9")
    assert seed("--students", "9") == first
    roles = Enrolment.objects.filter(edition=edition)
    assert roles.filter(role=Role.STUDENT).count() == 9
    staff = roles.exclude(role=Role.STUDENT).values_list("person__username", "role")
    assert set(staff) == {("tina", "lecturer"), ("amir", "assistant")}
    sizes = [team.members.count() for team in Team.objects.order_by("pk")]
    assert sizes == [4, 4, 1]
    amber = Team.objects.get(name="Amber").members.values_list("username", flat=True)
    assert {"alice", "bob"} < set(amber)
    assert "charlie" not in amber
    assert User.objects.count() == 11


def test_more_people_join_later(edition: Edition, folder: Path) -> None:
    seed("--students", "5")
    seed("--students", "12")
    assert Membership.objects.filter(solo=False).count() == 12


def test_everybody_signs_in_with_the_one_password_of_this_demo(
    edition: Edition, folder: Path
) -> None:
    told = seed("--students", "4")
    password = (folder / "demo_password").read_text()
    assert f"Everybody's password: {password}" in told
    assert stat.S_IMODE((folder / "demo_password").stat().st_mode) == 0o600
    assert all(person.check_password(password) for person in User.objects.all())


def test_without_demo_mode_nobody_gets_a_password(
    edition: Edition, folder: Path, settings: Settings
) -> None:
    settings.DEMO, settings.DEBUG = False, True
    assert "password" not in seed("--students", "4")
    assert not any(person.has_usable_password() for person in User.objects.all())


def test_a_real_portal_takes_no_invented_people(edition: Edition, settings: Settings) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="no place on a real portal"):
        seed()
    assert User.objects.count() == 0


def test_the_edition_must_be_clear(edition: Edition, folder: Path) -> None:
    EditionFactory(name="2027-28")
    with pytest.raises(CommandError, match="several editions"):
        seed()
    with pytest.raises(CommandError, match="no such edition"):
        seed("--edition", "1999")
    assert "2027-28: 12 students" in seed("--edition", "2027-28")


def test_the_same_seed_gives_the_same_names() -> None:
    first, again, other = (list(islice(names.people(seed), 20)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_team_names_never_repeat() -> None:
    assert len({names.team(number) for number in range(100)}) == 100
