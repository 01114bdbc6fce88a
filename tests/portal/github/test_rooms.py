"""Repositories for a roster: looked at first, made once, kept to their teams."""

from datetime import timedelta

import pytest

from lab_specs.troubles import Trouble
from portal.common.errors import Refused
from portal.courses import teams
from portal.courses.models import Membership, MiniProject
from portal.github import provisions, rooms
from portal.github.models import Errand, ErrandStatus, Repository, Room, RoomStatus, Watch
from tests.factories import MiniProjectFactory
from tests.portal.github.roster import Classroom, one_try, told, work_off

WRITES = ("POST", "PUT", "PATCH", "DELETE")


def writes(classroom: Classroom) -> list[str]:
    """What was changed at GitHub; tokens aside."""
    return [
        f"{each.method} {each.path}"
        for each in classroom.standin.calls
        if each.method in WRITES and not each.path.endswith("/access_tokens")
    ]


@pytest.fixture
def two(classroom: Classroom) -> Classroom:
    """Amber has two students who proved their names; Birch has one, and one whose name is said."""
    classroom.team("Amber", classroom.student("ann"), classroom.student("ben"))
    classroom.team("Birch", classroom.student("cleo"), classroom.student("dan", proved=False))
    return classroom


def looked(classroom: Classroom, **how: object) -> provisions.Provision:
    provision = classroom.order(**how)
    rooms.look(provision, by=classroom.tina)
    work_off()
    return provision


def made(classroom: Classroom, **how: object) -> provisions.Provision:
    provision = looked(classroom, **how)
    rooms.make(provision, by=classroom.tina)
    work_off()
    return provision


def test_a_dry_run_changes_nothing(two: Classroom) -> None:
    provision = looked(two)
    assert told(provision) == {"amber": "planned", "birch": "planned"}
    assert writes(two) == []
    assert {each.seen["there"] for each in provision.rooms.all()} == {False}
    with pytest.raises(Refused, match="None of them failed"):
        rooms.again(provision, by=two.tina)


def test_nothing_is_made_before_somebody_has_looked(two: Classroom) -> None:
    with pytest.raises(Refused, match="Look at GitHub first"):
        rooms.make(two.order(), by=two.tina)


def test_everybody_gets_theirs(two: Classroom) -> None:
    provision = made(two, permission="maintain")
    assert told(provision) == {"amber": "invited", "birch": "made"}
    amber = two.at_github("amber")
    assert amber.private
    assert [(each.invitee.login, each.role) for each in amber.invitations] == [
        ("ann", "maintain"),
        ("ben", "maintain"),
    ]
    assert [each.invitee.login for each in two.at_github("birch").invitations] == ["cleo"]
    watch = Watch.objects.get(team__name="Amber")
    assert (watch.repository.number, watch.lab) == (amber.number, "")
    assert watch.repository.link == f"{two.standin.web}/school/amber"


def test_from_a_template(two: Classroom) -> None:
    two.standin.repository(two.org, "start", {"README.md": "Begin here.\n"}, template=True)
    provision = made(two, template="school/start")
    provision.refresh_from_db()
    assert provision.template_seen == "fine"
    assert two.at_github("amber").made_from.name == "start"


def test_what_is_wrong_with_a_template_is_said_before(two: Classroom) -> None:
    two.standin.repository(two.org, "plain")
    for template, found in (("school/plain", "plain"), ("school/nowhere", "absent")):
        provision = looked(two, template=template)
        provision.refresh_from_db()
        assert provision.template_seen == found


def test_claimed_names_are_invited_when_asked_for(two: Classroom) -> None:
    made(two, claimed=True)
    invited = [each.invitee.login for each in two.at_github("birch").invitations]
    assert invited == ["cleo", "dan"]


def test_a_proved_account_is_invited_by_the_name_it_has_today(two: Classroom) -> None:
    account = two.standin.world.accounts.pop("ann")
    account.login = "ann-maria"
    two.standin.world.accounts["ann-maria"] = account
    two.standin.person("ann")  # somebody else, who was quick
    made(two)
    assert {each.invitee.login for each in two.at_github("amber").invitations} == {
        "ann-maria",
        "ben",
    }


def test_a_name_that_nobody_has_is_a_note_and_no_failure(classroom: Classroom) -> None:
    ghost = classroom.student("ghost", proved=False)
    del classroom.standin.world.accounts["ghost"]
    classroom.team("Amber", ghost, classroom.student("ann"))
    provision = made(classroom, claimed=True)
    room = provision.rooms.get()
    assert room.status == RoomStatus.MADE
    assert [(each["login"], each["code"]) for each in room.notes] == [("ghost", "not_found")]
    assert [each.invitee.login for each in classroom.at_github("amber").invitations] == ["ann"]


def test_a_foreign_repository_is_never_touched(two: Classroom) -> None:
    theirs = two.standin.repository(two.org, "amber", {"a.txt": "a\n"})
    provision = looked(two)
    assert rooms.taken(provision.rooms.get(name="amber"))
    assert rooms.make(provision, by=two.tina) == 1
    work_off()
    assert told(provision) == {"amber": "planned", "birch": "made"}
    assert (theirs.collaborators, theirs.invitations) == ({}, [])


def test_one_that_came_between_is_a_conflict_with_words(two: Classroom) -> None:
    provision = looked(two)
    two.standin.repository(two.org, "amber", {"a.txt": "a\n"})
    rooms.make(provision, by=two.tina)
    work_off()
    room = provision.rooms.get(name="amber")
    assert (room.status, room.fault) == (RoomStatus.FAILED, Trouble.TAKEN)
    assert room.facts["what"] == "school/amber"
    two.standin.rename(two.at_github("amber"), "theirs")
    assert rooms.again(provision, by=two.tina) == 1
    work_off()
    assert told(provision)["amber"] == "invited"


def test_one_that_the_app_does_not_see_is_a_conflict_too(two: Classroom) -> None:
    provision = looked(two)
    two.standin.repository(two.org, "amber", {"a.txt": "a\n"}, private=True)
    two.installed.repositories = []
    rooms.make(provision, by=two.tina)
    work_off()
    assert provision.rooms.get(name="amber").fault == Trouble.TAKEN


@pytest.mark.parametrize("kind", ["broken", "closed", "cut", "rate_limited", "secondary_silent"])
def test_a_failure_in_the_middle_is_taken_up_where_it_was(two: Classroom, kind: str) -> None:
    provision = looked(two)
    two.standin.fail(r"PUT .*/collaborators/ben", kind)
    rooms.make(provision, by=two.tina)
    errand = Errand.objects.get(kind="room", key=str(provision.rooms.get(name="amber").pk))
    assert one_try(errand.pk).status == ErrandStatus.WAITING
    assert one_try(errand.pk).status == ErrandStatus.DONE
    invited = [each.invitee.login for each in two.at_github("amber").invitations]
    assert invited == ["ann", "ben"]
    assert sum("/orgs/school/repos" in each for each in writes(two)) == 1
    assert sum("/collaborators/ann" in each for each in writes(two)) == 1


def test_an_answer_that_never_came_leaves_no_second_repository(two: Classroom) -> None:
    provision = looked(two)
    rooms.make(provision, by=two.tina)
    work_off()
    room = provision.rooms.get(name="amber")
    Room.objects.filter(pk=room.pk).update(status="failed", repository=None, seen={})
    Watch.objects.all().delete()
    Repository.objects.all().delete()
    before = len(two.standin.world.repositories)
    rooms.again(provision, by=two.tina)
    work_off()
    assert len(two.standin.world.repositories) == before
    assert told(provision)["amber"] == "invited"


def test_a_rate_limit_holds_back_the_whole_lane(two: Classroom) -> None:
    provision = looked(two)
    two.standin.fail(r"POST .*/orgs/school/repos", "rate_limited", wait=300)
    rooms.make(provision, by=two.tina)
    first, second = Errand.objects.filter(kind="room").order_by("next_try")
    tried = one_try(first.pk)
    second.refresh_from_db()
    assert (tried.status, tried.fault) == (ErrandStatus.WAITING, Trouble.RATE_LIMITED)
    assert second.next_try >= tried.next_try - timedelta(seconds=1)
    work_off()
    assert told(provision) == {"amber": "invited", "birch": "made"}


def test_pressing_again_makes_nothing_twice(two: Classroom) -> None:
    provision = made(two)
    count = len(two.standin.world.repositories)
    rooms.look(provision, by=two.tina)
    work_off()
    with pytest.raises(Refused):
        rooms.make(provision, by=two.tina)
    assert len(two.standin.world.repositories) == count


def test_who_comes_later_gets_theirs(two: Classroom) -> None:
    provision = made(two)
    names = set(told(provision))
    two.team("Cedar", two.student("eva"))
    rooms.look(provision, by=two.tina)
    work_off()
    assert rooms.make(provision, by=two.tina) == 1
    work_off()
    assert set(told(provision)) == names | {"cedar"}
    assert two.at_github("cedar")


def test_all_are_in_once_they_came(two: Classroom) -> None:
    provision = made(two)
    amber = two.at_github("amber")
    for login in ("ann", "ben"):
        two.standin.accept(amber, two.standin.world.account(login))
    rooms.look(provision, by=two.tina)
    work_off()
    assert told(provision)["amber"] == "done"


def test_members_follow_their_teams(two: Classroom) -> None:
    provision = made(two)
    amber, birch = two.at_github("amber"), two.at_github("birch")
    two.standin.accept(amber, two.standin.world.account("ben"))
    amber.collaborators["prof"] = "admin"
    two.standin.person("prof")
    ben = Membership.objects.get(person__github_login="ben")
    teams.place(
        edition=two.edition, person=ben.person, name="Birch", by=two.tina, reason="They swapped."
    )
    rooms.look(provision, by=two.tina)
    work_off()
    assert writes(two)[-1].startswith("PUT"), "looking changes nothing"
    assert rooms.update(provision, by=two.tina) == 2
    work_off()
    assert amber.collaborators == {"prof": "admin"}
    assert [each.invitee.login for each in amber.invitations] == ["ann"]
    assert [each.invitee.login for each in birch.invitations] == ["cleo", "ben"]
    with pytest.raises(Refused, match="where they belong"):
        rooms.update(provision, by=two.tina)


def test_who_came_back_meanwhile_stays(two: Classroom) -> None:
    provision = made(two)
    ann = Membership.objects.get(person__github_login="ann")
    teams.leave(team=ann.team, person=ann.person, by=two.tina, reason="Left.")
    rooms.update(provision, by=two.tina)
    teams.join(team=ann.team, person=ann.person, by=two.tina)
    work_off()
    assert "ann" in [each.invitee.login for each in two.at_github("amber").invitations]


def test_an_invitation_that_ended_is_sent_anew(two: Classroom) -> None:
    provision = made(two)
    amber = two.at_github("amber")
    old = amber.invitations[0]
    old.expired = True
    rooms.look(provision, by=two.tina)
    work_off()
    rooms.update(provision, by=two.tina)
    work_off()
    assert old not in amber.invitations
    assert {each.invitee.login for each in amber.invitations} == {"ann", "ben"}


def test_a_renamed_repository_stays_the_teams(two: Classroom) -> None:
    provision = made(two)
    two.standin.rename(two.at_github("amber"), "gold")
    rooms.look(provision, by=two.tina)
    work_off()
    room = provision.rooms.get(name="amber")
    assert (room.seen["ours"], room.seen["full_name"]) == (True, "school/gold")


def test_work_that_is_known_to_lie_elsewhere_stays_there(two: Classroom) -> None:
    elsewhere = Repository.objects.create(number=1, full_name="ann/own", private=False)
    amber = two.edition.teams.get(name="Amber")
    Watch.objects.create(
        mini_project=two.project,
        team=amber,
        repository=elsewhere,
        by=two.tina,
        made_at="2026-01-01T00:00Z",
    )
    provision = made(two)
    assert Watch.objects.get(team=amber).repository == elsewhere
    assert provision.rooms.get(team=amber).notes == [
        {"login": "", "code": "elsewhere", "said": "Serving: ann/own"}
    ]


def test_a_suspended_app_is_said_on_the_page(two: Classroom) -> None:
    provision = two.order()
    two.standin.suspend(two.installed)
    rooms.look(provision, by=two.tina)
    work_off()
    provision.refresh_from_db()
    assert provision.fault == Trouble.SUSPENDED


def test_students_who_work_alone_get_one_each(classroom: Classroom) -> None:
    classroom.student("ann")
    MiniProject.objects.update(by_team=False)
    classroom.project.refresh_from_db()
    provision = made(classroom, pattern="{course}-{login}")
    course = classroom.edition.course.code
    assert set(told(provision)) == {f"{course}-s-ann"}


def test_who_is_in_no_team_is_named(classroom: Classroom) -> None:
    classroom.student("ann")
    assert rooms.look(classroom.order(), by=classroom.tina) == ["Ann"]


def test_names_that_another_order_has_are_not_given_again(two: Classroom) -> None:
    two.order()
    assert set(told(two.order())) == {"amber-2", "birch-2"}


def test_orders_that_cannot_be(two: Classroom) -> None:
    alone = MiniProjectFactory(edition=two.edition, by_team=False)
    wrong = [
        {"mini_projects": []},
        {"mini_projects": [two.project, alone]},
        {"pattern": "{login}"},
        {"pattern": "same"},
        {"template": "no-owner"},
        {"template": "a/b/../c"},
        {"permission": "admin"},
    ]
    for how in wrong:
        with pytest.raises(Refused):
            two.order(**how)
    two.installation.permissions = {"administration": "read"}
    with pytest.raises(Refused, match="Administration: write"):
        two.order()


def test_an_order_is_forgotten_only_before_it_begins(two: Classroom) -> None:
    provisions.discard(looked(two))
    with pytest.raises(Refused, match="the order stays"):
        provisions.discard(made(two))


def test_a_team_that_is_gone_needs_no_repository(two: Classroom) -> None:
    provision = looked(two)
    rooms.make(provision, by=two.tina)
    provision.rooms.all().delete()
    work_off()
    assert writes(two) == []


def test_errands_are_spaced_as_github_wants_it() -> None:
    found = rooms.pace([3] * 200)
    assert found[:2] == [timedelta(0), timedelta(seconds=4.5)]
    assert found[134] >= timedelta(hours=1)
    for start in found:
        inside = [each for each in found if start <= each < start + timedelta(minutes=1)]
        assert 3 * len(inside) <= 80
        hour = [each for each in found if start <= each < start + timedelta(hours=1)]
        assert 3 * len(hour) <= 500


def test_a_description_of_any_team_name(classroom: Classroom) -> None:
    classroom.team("\x07Ä☃" + "x" * 100, classroom.student("ann"))
    provision = made(classroom)
    room = provision.rooms.get()
    found = classroom.standin.world.repository(f"school/{room.name}")
    assert found.description.endswith(f"({room.mark})")
    assert found.description.isprintable()
