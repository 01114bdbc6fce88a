"""One of everything that has a page, and the people who ask for it."""

import pytest

from portal.api import tokens
from portal.courses.models import Team
from portal.people.models import User
from portal.submissions.models import Lookup, LookupStatus, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory, LookupFactory


@pytest.fixture
def arguments(work: Submission, alice: User) -> dict[str, tuple[int, ...]]:
    attempt = AttemptFactory(submission=work, state=State.QUEUED)
    criterion = CriterionFactory(mini_project=work.mini_project, lab=work.lab)
    waiting, found = (
        LookupFactory(mini_project=work.mini_project, team=work.team, person=alice) for _ in "ab"
    )
    Lookup.objects.filter(pk=found.pk).update(status=LookupStatus.FOUND, commit="c" * 40)
    token, _ = tokens.issue(person=alice, name="a script", scopes=["read"], days=1)
    return {
        "": (),
        "token": (token.pk,),
        "edition": (work.mini_project.edition_id,),
        "project": (work.mini_project_id,),
        "lookup": (waiting.pk,),
        "found": (found.pk,),
        "attempt": (attempt.pk,),
        "submission": (work.pk,),
        "decision": (attempt.pk, criterion.pk),
    }


@pytest.fixture
def everybody(team: Team, charlie: User, tina: User, amir: User, otto: User) -> None:
    """All people exist; alice and bob are the team."""
