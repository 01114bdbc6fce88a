"""One of everything that has a page, and the people who ask for it."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from lab_specs.edition.file import EditionFile
from portal.api import tokens
from portal.api.models import Scope
from portal.assessment.domain import ask_again
from portal.courses import versions
from portal.courses.models import Edition, Team
from portal.github.models import (
    Installation,
    Provision,
    Push,
    PushStatus,
    Repository,
    Room,
    RoomStatus,
    Watch,
)
from portal.people.models import User
from portal.submissions.models import Lookup, LookupStatus, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory, LookupFactory
from tests.portal.demos.rows import one_of_everything
from tests.portal.similarity.rows import compared


@pytest.fixture
def arguments(work: Submission, alice: User, tina: User) -> dict[str, tuple[int | str, ...]]:
    attempt = AttemptFactory(submission=work, state=State.QUEUED)
    criterion = CriterionFactory(mini_project=work.mini_project, lab=work.lab)
    waiting, found = (
        LookupFactory(mini_project=work.mini_project, team=work.team, person=alice) for _ in "ab"
    )
    Lookup.objects.filter(pk=found.pk).update(status=LookupStatus.FOUND, commit="c" * 40)
    token, _ = tokens.issue(person=alice, name="a script", scopes=["read"], days=1)
    edition = work.mini_project.edition
    _give_rules(edition)
    request = ask_again(edition=edition, student=alice, words="Please look at the report again.")
    return {
        "": (),
        "nowhere": ("no/such/address",),
        "token": (token.pk,),
        "first": ("MQ", "no-such-token"),
        "edition": (work.mini_project.edition_id,),
        "project": (work.mini_project_id,),
        "lookup": (waiting.pk,),
        "found": (found.pk,),
        "attempt": (attempt.pk,),
        "submission": (work.pk,),
        "decision": (attempt.pk, criterion.pk),
        "order": (edition.pk, ordered(work, tina).pk),
        "badge": (watched(work, alice).badge,),
        "desk": (work.mini_project_id, work.team_id),
        "desk-one": (work.mini_project_id, work.team_id, criterion.pk),
        "student": (work.mini_project.edition_id, alice.pk),
        "csv": (work.mini_project.edition_id, "csv"),
        "mark": (work.mini_project.edition_id, "exam"),
        "own-request": (request.pk,),
        "request": (work.mini_project.edition_id, request.pk),
        **compared(work, alice),
        **one_of_everything(work, alice),
    }


def watched(work: Submission, by: User) -> Watch:
    """The repository of this work, of which every push is graded, with one that was not."""
    number = Installation.objects.count() + 1
    installation = Installation.objects.create(
        number=number, account="alice", seen_at=timezone.now()
    )
    repository = Repository.objects.create(
        number=number, installation=installation, full_name="alice/digits", private=True
    )
    now = timezone.now()
    watch = Watch.objects.create(
        mini_project=work.mini_project,
        team=work.team,
        repository=repository,
        lab=work.lab,
        on_push=True,
        by=by,
        made_at=now,
    )
    Push.objects.create(
        watch=watch,
        repository=repository,
        branch="main",
        head="e" * 40,
        pushed_at=now,
        received_at=now,
        due_at=now,
        title="<b>Serve</b>",
        sender="<i>alice</i>",
        status=PushStatus.IGNORED,
        reason="<u>Not today</u>",
    )
    return watch


def ordered(work: Submission, by: User) -> Provision:
    """Repositories that were ordered for this work, with one room that could not be made."""
    number = Installation.objects.count() + 1
    installation = Installation.objects.create(
        number=number, account="school", seen_at=timezone.now()
    )
    provision = Provision.objects.create(
        edition=work.mini_project.edition,
        installation=installation,
        pattern="{team}",
        by=by,
        made_at=timezone.now(),
    )
    provision.mini_projects.add(work.mini_project)
    Room.objects.create(
        provision=provision, team=work.team, name="amber", status=RoomStatus.FAILED, fault="taken"
    )
    return provision


def _give_rules(edition: Edition) -> None:
    """A rule version that knows the edition's mini-projects, a mark and a scale."""
    file = EditionFile.model_validate(
        {
            "course": "MLOps",
            "course_code": "mlops",
            "edition": edition.name,
            "timezone": edition.timezone,
            "levels": ["not yet proficient", "proficient"],
            "marks": [
                {"id": "exam", "cite": "ZHAW-3", "title": "Exam", "highest": 60, "form": "written"}
            ],
            "mini_projects": [
                {"id": each.slug, "title": each.title, "by_team": each.by_team}
                for each in edition.mini_projects.all()
            ],
            "outcomes": [{"id": "ship", "text": {"en": "Ships it"}, "kind": "skill"}],
            "scale": {"kind": "points", "cite": "ZHAW-2", "highest": 100, "pass_at": 50},
            "rules": [{"rule": "weigh", "cite": "ZHAW-1", "percent": {"exam": 100}}],
        }
    )
    versions.keep(edition, file)


@pytest.fixture
def everybody(team: Team, charlie: User, tina: User, amir: User, otto: User) -> None:
    """All people exist; alice and bob are the team."""


@pytest.fixture
def program() -> Callable[..., Client]:
    """A client that sends a token of this person with these scopes."""

    def made(person: User, *scopes: Scope) -> Client:
        _, secret = tokens.issue(
            person=person, name="a script", scopes=scopes or list(Scope), days=1
        )
        return Client(headers={"Authorization": f"Bearer {secret}"})

    return made
