"""A link becomes a commit, and then, once confirmed, a submission."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django.fixtures import Settings

from lab_specs.faults import Code, StudentFault
from portal.common.errors import Refused
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import lookups
from portal.submissions.models import Lookup, LookupStatus, Submission
from portal.submissions.states import State
from tests.conftest import Bell, Ring
from tests.factories import MOMENT, AttemptFactory, LookupFactory, MiniProjectFactory

LINK = "https://github.com/alice/digits/tree/develop/serve"


def ask(mini_project: MiniProject, person: User, **changes: str) -> Lookup:
    form = {"lab": "serving", "link": LINK, **changes}
    return lookups.ask(mini_project=mini_project, person=person, **form)


@pytest.fixture
def found(mini_project: MiniProject, team: Team, alice: User) -> Lookup:
    return LookupFactory(
        mini_project=mini_project,
        team=team,
        person=alice,
        ref="develop",
        context="serve",
        dockerfile="serve/Dockerfile",
        status=LookupStatus.FOUND,
        commit="d" * 40,
        commit_title="Serve digits",
        committed_at=MOMENT,
    )


def test_asking_rings_for_a_resolver(
    mini_project: MiniProject,
    team: Team,
    alice: User,
    bell: Bell,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        lookup = ask(mini_project, alice)
    assert bell.rings() == [Ring("grader.resolve", {"lookup_id": lookup.pk})]
    lookup.refresh_from_db()
    assert lookup.announced_at is not None
    assert (lookup.team, lookup.person, lookup.status) == (team, alice, LookupStatus.WAITING)
    assert (lookup.repository, lookup.ref, lookup.context, lookup.dockerfile) == (
        "https://github.com/alice/digits",
        "develop",
        "serve",
        "",
    )


@pytest.mark.rule("PUT-7")
def test_what_is_typed_wins_over_the_link(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    lookup = ask(mini_project, alice, ref="v1", context="./app/", dockerfile="docker/Dockerfile")
    assert (lookup.ref, lookup.context, lookup.dockerfile) == ("v1", "app", "docker/Dockerfile")


def test_the_whole_repository_is_the_default(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    lookup = ask(mini_project, alice, link="https://github.com/alice/digits")
    assert (lookup.ref, lookup.context, lookup.dockerfile) == ("", ".", "")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"link": "ssh://git@github.com/a/b"}, Code.LINK_INVALID),
        ({"link": "https://evil.example/a/b"}, Code.HOST_NOT_ALLOWED),
        ({"ref": "--upload-pack=x"}, Code.REF_NOT_FOUND),
        ({"context": "../secrets"}, Code.UNSAFE_PATH),
        ({"dockerfile": "/etc/passwd"}, Code.UNSAFE_PATH),
    ],
)
def test_what_cannot_be_read_leaves_no_row(
    mini_project: MiniProject, team: Team, alice: User, changes: dict[str, str], code: Code
) -> None:
    with pytest.raises(StudentFault) as caught:
        ask(mini_project, alice, **changes)
    assert caught.value.code is code
    assert Lookup.objects.count() == 0


def test_a_lab_that_does_not_exist_is_refused(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    with pytest.raises(Refused, match="no lab called 'quantum'"):
        ask(mini_project, alice, lab="quantum")


def test_local_repositories_need_the_setting(
    mini_project: MiniProject, team: Team, alice: User, tmp_path: Path, settings: Settings
) -> None:
    link = (tmp_path / "digits").as_uri()
    with pytest.raises(StudentFault):
        ask(mini_project, alice, link=link)
    settings.LOCAL_REPOSITORIES = tmp_path
    assert ask(mini_project, alice, link=link).repository == link


def test_an_answer_is_taken_once(mini_project: MiniProject, team: Team, alice: User) -> None:
    lookup = ask(mini_project, alice)
    assert lookups.answer_lookup(
        lookup_id=lookup.pk, commit="e" * 40, commit_title="Fix\x00 it", committed_at=MOMENT
    )
    assert not lookups.answer_lookup(lookup_id=lookup.pk, commit="f" * 40)
    assert not lookups.fail_lookup(lookup_id=lookup.pk, code=Code.REF_NOT_FOUND, facts={})
    lookup.refresh_from_db()
    assert (lookup.status, lookup.commit, lookup.commit_title, lookup.committed_at) == (
        LookupStatus.FOUND,
        "e" * 40,
        "Fix it",
        MOMENT,
    )


def test_the_repository_itself_may_name_its_folders(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    lookup = ask(mini_project, alice)
    lookups.answer_lookup(
        lookup_id=lookup.pk, commit="e" * 40, context="api/", dockerfile="api/Dockerfile"
    )
    lookup.refresh_from_db()
    assert (lookup.context, lookup.dockerfile) == ("api", "api/Dockerfile")


def test_a_failure_keeps_its_reason(mini_project: MiniProject, team: Team, alice: User) -> None:
    lookup = ask(mini_project, alice)
    assert lookups.fail_lookup(
        lookup_id=lookup.pk, code=Code.REF_NOT_FOUND, facts={"ref": "develop"}
    )
    lookup.refresh_from_db()
    assert (lookup.status, lookup.fault, lookup.facts) == (
        LookupStatus.FAILED,
        "ref_not_found",
        {"ref": "develop"},
    )


def test_confirming_hands_in_what_was_found(found: Lookup, alice: User) -> None:
    submitted = lookups.confirm(lookup=found, person=alice)
    submission = submitted.submission
    assert submitted.attempt.state == State.QUEUED
    columns = (
        *("mini_project", "team", "lab", "repository", "ref", "commit"),
        *("commit_title", "committed_at", "context", "dockerfile"),
    )
    assert {name: getattr(submission, name) for name in columns} == {
        name: getattr(found, name) for name in columns
    }
    assert submission.submitted_by == alice
    found.refresh_from_db()
    assert found.submission == submission


def test_a_second_click_hands_in_nothing_more(found: Lookup, alice: User) -> None:
    first = lookups.confirm(lookup=found, person=alice)
    assert lookups.confirm(lookup=found, person=alice) == first
    assert Submission.objects.count() == 1
    first.attempt.refresh_from_db()
    assert first.attempt.state == State.QUEUED


def test_confirming_says_what_was_superseded(found: Lookup, alice: User, work: Submission) -> None:
    older = AttemptFactory(submission=work)
    assert lookups.confirm(lookup=found, person=alice).superseded == (older.pk,)


@pytest.mark.parametrize("who", ["bob", "charlie", "tina", "otto"])
def test_only_who_asked_confirms(found: Lookup, who: str, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        lookups.confirm(lookup=found, person=request.getfixturevalue(who))
    assert Submission.objects.count() == 0


def test_what_was_not_found_cannot_be_confirmed(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    with pytest.raises(Refused, match="not been resolved"):
        lookups.confirm(lookup=ask(mini_project, alice), person=alice)


@pytest.mark.parametrize(("heard", "rung"), [(None, 1), (11, 1), (5, 0)])
def test_a_waiting_lookup_is_announced_again(
    db: None, bell: Bell, heard: int | None, rung: int
) -> None:
    announced = None if heard is None else MOMENT - timedelta(seconds=heard)
    lookup = LookupFactory(announced_at=announced)
    assert lookups.ring_again(now=MOMENT) == rung
    assert bell.rings() == [Ring("grader.resolve", {"lookup_id": lookup.pk})] * rung


def test_a_lookup_that_nobody_answers_fails_in_the_end(db: None, bell: Bell) -> None:
    lookup = LookupFactory()
    late = MOMENT + lookups.GIVE_UP_AFTER + timedelta(seconds=1)
    assert lookups.ring_again(now=late) == 0
    lookup.refresh_from_db()
    assert (lookup.status, lookup.fault) == (LookupStatus.FAILED, "worker_lost")


def test_the_deadline_does_not_stop_anybody(team: Team, alice: User, found: Lookup) -> None:
    """Late work is marked, and judged all the same; what it costs is for the course to say."""
    found.mini_project.deadline = MOMENT
    found.mini_project.save()
    assert lookups.confirm(lookup=found, person=alice).submission.late


def test_work_alone_gets_a_team_of_its_own(mini_project: MiniProject, alice: User) -> None:
    alone = MiniProjectFactory(edition=mini_project.edition, by_team=False)
    lookup = ask(alone, alice)
    assert (lookup.team.solo, list(lookup.team.members.all())) == (True, [alice])
