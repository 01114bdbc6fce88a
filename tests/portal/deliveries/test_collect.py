"""What GitHub says was there at a deadline: told late, overwritten, moved or deleted since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from grader import github_tasks
from grader.hub.collect import Entry, Found, choose, notes, rewound
from lab_specs.troubles import Trouble
from portal.courses.models import MiniProject, Team
from portal.deliveries import collect, domain, snapshots
from portal.deliveries.models import Delivery, Snapshot, Way
from portal.deliveries.snapshots import Round, take_due
from portal.github.models import Errand, Repository, Watch
from portal.submissions.models import Lookup
from tests.factories import SubmissionFactory
from tests.hub import gits
from tests.hub import models as hub
from tests.hub.standin import StandIn
from tests.portal.deliveries.conftest import DUE
from tests.portal.github.roster import furnished, one_try, work_off

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)
LATER = DUE + 9 * HOUR  # when the portal is up again
NONE = "0" * 40


@dataclass
class Work:
    """A team's repository at GitHub; ada pushes to it."""

    standin: StandIn
    repository: hub.Repository
    installed: hub.Installation
    ada: hub.Account

    def push(self, text: str, at: datetime, **how: Any) -> str:
        """A real push at a moment; what it was made on stays, unless `parents` say otherwise."""
        return self.standin.push(
            self.repository, {"work.txt": text}, by=self.ada, at=at, message=text, **how
        )

    def at(self, moment: datetime) -> None:
        """When the last thing happened."""
        self.repository.activity[-1].made_at = moment


@pytest.fixture
def work(standin: StandIn, settings: Settings, project: MiniProject, cedar: Team) -> Work:
    room = furnished(standin, settings, project.edition, project)
    ada = standin.person("ada", "Ada", "ada@work.example")
    repository = standin.repository(room.org, "cedar", private=True)
    repository.collaborators["ada"] = "push"
    row = Repository.objects.create(
        number=repository.number,
        installation=room.installation,
        full_name="school/cedar",
        private=True,
    )
    Watch.objects.create(
        mini_project=project, team=cedar, repository=row, by=room.tina, made_at=timezone.now()
    )
    return Work(standin, repository, room.installed, ada)


def taken(now: datetime = LATER) -> Snapshot:
    """The snapshot, once the worker has answered."""
    take_due(now=now)
    work_off("collect")
    assert take_due(now=now + SECOND) == Round(taken=1)
    return Snapshot.objects.get()


def words(snapshot: Snapshot) -> str:
    return " ".join(each.says for each in collect.remarks(snapshot))


def test_what_came_after_midnight_is_left_out(work: Work) -> None:
    kept = work.push("in time", DUE)
    work.push("late", DUE + SECOND)
    work.push("later", DUE + HOUR)
    snapshot = taken()
    assert (snapshot.way, snapshot.delivery.commit, snapshot.delivery.at) == (
        Way.ACTIVITY,
        kept,
        DUE,
    )
    assert words(snapshot) == "2 changes of the branch came later, and were left out."
    assert snapshot.lookup.commit_title == "in time"


def test_a_commit_that_lies_about_its_time_counts_when_it_came(work: Work) -> None:
    kept = work.push("in time", DUE - HOUR, when=DUE + 5 * HOUR)
    work.push("late", DUE + HOUR, when=DUE - 5 * HOUR)
    snapshot = taken()
    assert (snapshot.delivery.commit, snapshot.delivery.at) == (kept, DUE)


def test_history_that_was_overwritten_since_is_still_taken(work: Work) -> None:
    kept = work.push("in time", DUE - HOUR)
    late = work.push("another history", DUE + HOUR, parents=[])
    snapshot = taken()
    assert snapshot.delivery.commit == kept
    assert f"ada overwrote “main” by force: it was {kept[:8]} and became {late[:8]}." in words(
        snapshot
    )


def test_what_was_overwritten_before_the_deadline_is_noted(work: Work) -> None:
    work.push("first", DUE - 5 * HOUR)
    kept = work.push("another history", DUE - HOUR, parents=[])
    snapshot = taken()
    assert snapshot.delivery.commit == kept
    assert "by force" in words(snapshot)


def test_a_default_branch_that_moved(work: Work) -> None:
    kept = work.push("on main", DUE - HOUR)
    work.push("elsewhere", DUE + HOUR, branch="fresh")
    work.repository.default_branch = "fresh"
    snapshot = taken()
    assert snapshot.delivery.commit == kept
    assert "The default branch is “fresh” now; it was “main”" in words(snapshot)


def test_a_default_branch_that_was_deleted(work: Work) -> None:
    kept = work.push("on main", DUE - HOUR)
    work.push("elsewhere", DUE + HOUR, branch="fresh")
    work.repository.default_branch = "fresh"
    gits.git(work.repository.folder, "symbolic-ref", "HEAD", "refs/heads/fresh")
    work.standin.delete_branch(work.repository, "main", by=work.ada)
    work.at(DUE + 2 * HOUR)
    snapshot = taken()
    assert snapshot.delivery.commit == kept
    assert f"ada deleted “main”, which was at {kept[:8]}." in words(snapshot)


def test_what_came_first_after_the_deadline_counts_from_then(work: Work) -> None:
    work.push("at last", DUE + HOUR, when=DUE - HOUR)
    kept = work.push("better", DUE + 2 * HOUR)
    snapshot = taken()
    assert (snapshot.delivery.commit, snapshot.delivery.at) == (kept, DUE + 2 * HOUR)
    assert "Nothing was there at the deadline." in words(snapshot)


def test_a_renamed_repository_is_found(work: Work) -> None:
    kept = work.push("in time", DUE - HOUR)
    work.standin.rename(work.repository, "cedar-wood")
    assert taken().delivery.commit == kept


def test_nothing_is_taken_twice(work: Work) -> None:
    work.push("in time", DUE - HOUR)
    taken()
    work.push("late", DUE + 10 * HOUR)
    for hours in range(1, 30):
        assert take_due(now=LATER + hours * HOUR) == Round()
    assert (Snapshot.objects.count(), Lookup.objects.count(), Errand.objects.count()) == (1, 1, 1)
    assert Delivery.objects.filter(deliverable="report").count() == 1


def test_rounds_meanwhile_ask_nobody_again(work: Work) -> None:
    work.push("in time", DUE - HOUR)
    assert take_due(now=LATER) == Round(asked=1)
    assert take_due(now=LATER + SECOND) == Round()
    assert (Errand.objects.count(), Lookup.objects.count()) == (1, 0)


def test_two_rounds_at_once_ask_once(work: Work) -> None:
    take_due(now=LATER)
    stale = Snapshot.objects.get()
    places = snapshots.repositories(stale.mini_project.edition)
    assert not snapshots._ask(stale, places)
    assert Errand.objects.count() == 1


@pytest.mark.parametrize("kind", ["broken", "rate_limited", "secondary", "page"])
def test_a_github_that_is_away_is_asked_again(work: Work, kind: str) -> None:
    kept = work.push("in time", DUE - HOUR)
    work.standin.fail(r"/activity", kind)
    take_due(now=LATER)
    assert one_try(Errand.objects.get().pk).fault
    work.push("late", timezone.now())
    assert taken().delivery.commit == kept


def test_a_record_that_is_behind_is_asked_again(work: Work) -> None:
    kept = work.push("in time", DUE - HOUR)
    late = gits.write(work.repository.folder, "main", {"work.txt": "late"})
    take_due(now=LATER)
    assert one_try(Errand.objects.get().pk).fault == Trouble.ODD_ANSWER
    work.repository.activity.append(
        hub.Activity(9**9, kept, late, "refs/heads/main", "push", work.ada, DUE + HOUR)
    )
    assert taken().delivery.commit == kept


@pytest.mark.parametrize(
    "spoil",
    [
        lambda work: work.standin.suspend(work.installed),
        lambda work: work.standin.uninstall(work.installed),
        lambda work: work.standin.fail(r"/activity", "forbidden", times=99),
        lambda work: setattr(work.installed, "repositories", []),
    ],
    ids=["suspended", "uninstalled", "forbidden", "not among the App's"],
)
def test_what_github_does_not_tell_is_taken_as_before(
    work: Work, spoil: Callable[[Work], object]
) -> None:
    work.push("in time", DUE - HOUR)
    spoil(work)
    take_due(now=LATER)
    work_off("collect")
    snapshot = Snapshot.objects.get()
    assert (snapshot.way, snapshot.errand, bool(snapshot.told["code"])) == (Way.BRANCH, None, True)
    Snapshot.objects.update(next_try=LATER)
    assert take_due(now=LATER + SECOND) == Round(asked=1)
    assert Lookup.objects.get().repository == f"{work.standin.web}/school/cedar"


def given(work: Work, settings: Settings, team: Team) -> None:
    """The team itself says that its work lies there; nobody has set it up."""
    Watch.objects.all().delete()
    link = f"{work.standin.web}/school/cedar"
    settings.GIT_HOSTS = [urlsplit(link).netloc]
    by, project = team.members.get(username="ann"), MiniProject.objects.get()
    domain.deliver(mini_project=project, deliverable="link", by=by, link=link)


def handed_in(work: Work, settings: Settings, team: Team) -> None:
    """What was public when somebody handed it in is private now."""
    Watch.objects.all().delete()
    link, project = f"{work.standin.web}/school/cedar", MiniProject.objects.get()
    by = team.members.get(username="ann")
    SubmissionFactory(mini_project=project, team=team, submitted_by=by, repository=link, lab="")


@pytest.mark.parametrize("named", [given, handed_in])
def test_strangers_get_nothing_from_a_private_repository(
    work: Work, settings: Settings, cedar: Team, named: Callable[..., None]
) -> None:
    work.push("in time", DUE - HOUR)
    named(work, settings, cedar)
    eve = work.standin.person("eve", "Eve", "eve@work.example")
    cedar.members.filter(username="ann").update(github_login="eve", github_id=eve.number)
    assert take_due(now=LATER) == Round(asked=1)
    work_off("collect")
    snapshot = Snapshot.objects.get()
    assert (snapshot.way, snapshot.lookup, snapshot.told["code"]) == (
        Way.BRANCH,
        None,
        Trouble.NOT_FOUND,
    )
    assert not any(
        "/activity" in each.path or "/branches" in each.path for each in work.standin.calls
    )
    assert github_tasks.key_for(snapshot.repository, cedar.pk) == ""  # nor by the other way


@pytest.mark.parametrize("named", [given, handed_in])
def test_a_member_who_may_read_it_is_enough(
    work: Work, settings: Settings, cedar: Team, named: Callable[..., None]
) -> None:
    kept = work.push("in time", DUE - HOUR)
    named(work, settings, cedar)
    cedar.members.filter(username="ann").update(github_login="ada", github_id=work.ada.number)
    assert taken().delivery.commit == kept


def test_what_anybody_may_read_is_taken_for_anybody(
    work: Work, settings: Settings, cedar: Team
) -> None:
    kept = work.push("in time", DUE - HOUR)
    given(work, settings, cedar)
    work.repository.private = False
    assert taken().delivery.commit == kept


def test_the_key_that_reads_contents_opens_this_repository_alone(work: Work) -> None:
    work.push("in time", DUE - HOUR)
    taken()
    keys = [key for key in work.standin.world.tokens.values() if "contents" in key.permissions]
    assert [key.repositories for key in keys] == [[work.repository]]


def test_without_the_app_the_branch_is_looked_at(work: Work) -> None:
    work.push("in time", DUE - HOUR)
    Repository.objects.update(installation=None)
    Watch.objects.get().mini_project.edition.provisions.all().delete()
    collect.Installation.objects.all().delete()
    assert take_due(now=LATER) == Round(asked=1)
    assert (Snapshot.objects.get().way, Errand.objects.count()) == (Way.BRANCH, 0)


def test_many_pushes_since_are_read_back_page_by_page(work: Work) -> None:
    kept = work.push("in time", DUE - HOUR)
    head = work.push("late", DUE + HOUR)
    for number in range(250):
        work.repository.activity.append(
            hub.Activity(9**8 + number, head, head, "refs/heads/side", "push", work.ada, LATER)
        )
    assert taken().delivery.commit == kept
    assert sum(each.path.endswith("/activity") for each in work.standin.calls) == 3


def test_the_team_and_the_staff_read_what_happened(work: Work, client: Client) -> None:
    work.push("in time", DUE - HOUR)
    work.push("another history", DUE + HOUR, parents=[])
    snapshot = taken()
    member = snapshot.team.members.first()
    assert member is not None
    client.force_login(member)
    page = client.get(reverse("deliveries:project", args=[snapshot.mini_project_id]))
    assert "by GitHub&#x27;s own record" in page.content.decode() or (
        "by GitHub's own record" in page.content.decode()
    )
    assert "overwrote “main” by force" in page.content.decode()


def entry(kind: str, before: str, after: str, at: datetime, branch: str = "main") -> Entry:
    return Entry(kind, branch, before, after, at, "ada")


def test_a_branch_is_rewound_past_everything_that_came_later() -> None:
    record = [
        entry("push", "c", "d", DUE + 2 * HOUR),
        entry("push", "x", "y", DUE + HOUR, branch="side"),
        entry("force_push", "b", "c", DUE),
        entry("push", "a", "b", DUE - SECOND),
    ]
    assert rewound("main", "d", record, DUE) == "b"
    assert rewound("main", "d", [], DUE) == "d"
    assert choose(["gone"], {"gone": NONE}, [], DUE) is None


def test_only_some_notes_are_kept() -> None:
    record = [entry("force_push", "a", "b", DUE - n * SECOND) for n in range(1, 40)]
    assert len(notes(Found("main", "b"), {"main": "b"}, record, DUE)) == 10
