"""A lecturer decides."""

import pytest
from django.core.exceptions import PermissionDenied

from portal.assessment.domain import decide
from portal.assessment.models import Assessment, AssessmentEvent
from portal.common.errors import Refused
from portal.courses.models import Criterion, Edition, MiniProject, Team
from portal.people.models import User
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory, MiniProjectFactory, TeamFactory


@pytest.fixture
def criterion(mini_project: MiniProject) -> Criterion:
    return CriterionFactory(mini_project=mini_project, slug="robust")


@pytest.fixture
def attempt(work: Submission) -> Attempt:
    return AttemptFactory(submission=work, state=State.DONE, levels={"robust": "advanced"})


def test_confirming_keeps_who_what_and_why(
    team: Team, criterion: Criterion, attempt: Attempt, tina: User
) -> None:
    level = criterion.levels.get(name="advanced")
    decided = decide(team=team, criterion=criterion, level=level, by=tina, attempt=attempt)
    assert (decided.level, decided.proposed, decided.overrides) == (level, "advanced", False)
    assert (decided.assessor, decided.attempt, decided.version) == (tina, attempt, 1)
    event = AssessmentEvent.objects.get()
    assert (event.level, event.assessor, event.version) == (level, tina, 1)


def test_to_override_takes_a_comment(
    team: Team, criterion: Criterion, attempt: Attempt, amir: User
) -> None:
    expert = criterion.levels.get(name="expert")
    with pytest.raises(Refused, match="Say in a comment why"):
        decide(team=team, criterion=criterion, level=expert, by=amir, attempt=attempt)
    decided = decide(
        team=team, criterion=criterion, level=expert, by=amir, attempt=attempt, comment=" Saw it. "
    )
    assert (decided.overrides, decided.comment) == (True, "Saw it.")


def test_every_decision_stays_in_the_history(
    team: Team, criterion: Criterion, attempt: Attempt, tina: User, amir: User
) -> None:
    lowest, advanced = criterion.levels.get(order=0), criterion.levels.get(name="advanced")
    decide(team=team, criterion=criterion, level=advanced, by=tina, attempt=attempt)
    decide(
        team=team,
        criterion=criterion,
        level=lowest,
        by=amir,
        attempt=attempt,
        comment="It fell over in the demo.",
        seen=1,
    )
    assert Assessment.objects.get().level == lowest
    told = AssessmentEvent.objects.values_list("version", "assessor__username", "level__name")
    assert list(told) == [(1, "tina", "advanced"), (2, "amir", "not yet proficient")]


@pytest.mark.parametrize("seen", [0, 2])
def test_of_two_at_once_the_second_must_look_again(
    team: Team, criterion: Criterion, tina: User, amir: User, seen: int
) -> None:
    level, other = criterion.levels.get(order=1), criterion.levels.get(order=2)
    decide(team=team, criterion=criterion, level=level, by=tina)
    with pytest.raises(Refused, match="Somebody else decided this meanwhile"):
        decide(team=team, criterion=criterion, level=other, by=amir, seen=seen)
    assert Assessment.objects.get().assessor == tina
    assert AssessmentEvent.objects.count() == 1


@pytest.mark.parametrize("who", ["alice", "bob", "charlie", "otto"])
def test_only_staff_of_the_edition_decide(
    team: Team, criterion: Criterion, who: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(PermissionDenied):
        decide(
            team=team,
            criterion=criterion,
            level=criterion.levels.get(order=3),
            by=request.getfixturevalue(who),
        )
    assert Assessment.objects.count() == 0


def test_what_does_not_belong_together_is_refused(
    edition: Edition, team: Team, criterion: Criterion, attempt: Attempt, tina: User
) -> None:
    level = criterion.levels.get(order=1)
    good = {"team": team, "criterion": criterion, "level": level, "by": tina, "attempt": attempt}
    other = CriterionFactory(mini_project=criterion.mini_project, slug="other", lab="training")
    elsewhere = CriterionFactory(mini_project=MiniProjectFactory(edition=edition))
    for changes, words in (
        ({"level": other.levels.get(order=1)}, "level belongs to another criterion"),
        ({"team": TeamFactory(solo=False)}, "does not work on this mini-project"),
        ({"team": TeamFactory(edition=edition, solo=True)}, "does not work on this mini-project"),
        ({"team": TeamFactory(edition=edition)}, "not this team's work"),
        (
            {"criterion": elsewhere, "level": elsewhere.levels.get(order=1)},
            "not this team's work",
        ),
        ({"criterion": other, "level": other.levels.get(order=1)}, "belongs to another lab"),
    ):
        with pytest.raises(Refused, match=words):
            decide(**{**good, **changes})
    assert Assessment.objects.count() == 0
