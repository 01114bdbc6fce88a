"""What a worker makes of an errand: its answer, a later try, or a failure with its reason."""

from collections.abc import Mapping
from typing import Any

import pytest

from grader import github_tasks
from grader.github import Hub
from grader.hub import DOERS
from lab_specs.troubles import GitHubTrouble, Trouble
from portal.github import errands
from portal.github.kinds import KINDS, Kind
from portal.github.models import Errand, ErrandStatus

pytestmark = pytest.mark.django_db


class Clerk:
    """One kind of errand that does as it is told, and remembers what it heard."""

    def __init__(self) -> None:
        self.trouble: Exception | None = None
        self.nothing_to_do = False
        self.heard: list[Any] = []

    def prepare(self, errand: Errand) -> dict[str, Any] | None:
        return None if self.nothing_to_do else dict(errand.arguments)

    def do(self, hub: Hub, told: Mapping[str, Any]) -> Any:
        if self.trouble:
            raise self.trouble
        return {"did": dict(told)}

    def answered(self, errand: Errand, answer: Any) -> None:
        self.heard.append(answer)

    def failed(self, errand: Errand, trouble: GitHubTrouble) -> None:
        self.heard.append(trouble.code)


@pytest.fixture
def clerk(monkeypatch: pytest.MonkeyPatch) -> Clerk:
    clerk = Clerk()
    monkeypatch.setitem(KINDS, "clerk", Kind(clerk.prepare, clerk.answered, clerk.failed))
    monkeypatch.setitem(DOERS, "clerk", clerk.do)
    return clerk


def run() -> Errand:
    errand = errands.ask("clerk", "one", {"head": "a"})
    github_tasks.run_errand(errand_id=errand.pk)
    errand.refresh_from_db()
    return errand


def test_an_answer_is_kept_and_heard(clerk: Clerk) -> None:
    errand = run()
    assert errand.status == ErrandStatus.DONE
    assert clerk.heard == [errand.answer] == [{"did": {"head": "a"}}]


def test_what_is_done_is_not_done_again(clerk: Clerk) -> None:
    errand = run()
    github_tasks.run_errand(errand_id=errand.pk)
    assert len(clerk.heard) == 1


def test_where_nothing_is_left_to_do_nobody_is_asked(clerk: Clerk) -> None:
    clerk.nothing_to_do, clerk.trouble = True, AssertionError("asked")
    assert run().status == ErrandStatus.DONE
    assert clerk.heard == []


def test_a_passing_trouble_waits(clerk: Clerk) -> None:
    clerk.trouble = GitHubTrouble(Trouble.BROKEN, status=502)
    errand = run()
    assert (errand.status, errand.fault) == (ErrandStatus.WAITING, Trouble.BROKEN)
    assert clerk.heard == []


def test_a_trouble_that_never_passes_is_given_up(clerk: Clerk) -> None:
    errand = errands.ask("clerk", "one")
    Errand.objects.update(tries=errands.MOST_TRIES - 1)
    clerk.trouble = GitHubTrouble(Trouble.BROKEN)
    github_tasks.run_errand(errand_id=errand.pk)
    assert Errand.objects.get().status == ErrandStatus.FAILED
    assert clerk.heard == [Trouble.BROKEN]


def test_a_token_that_ended_early_is_made_anew_once(clerk: Clerk) -> None:
    clerk.trouble = GitHubTrouble(Trouble.UNAUTHORISED)
    before = github_tasks.hub()
    errand = run()
    assert (errand.status, errand.tries) == (ErrandStatus.FAILED, 2)
    assert github_tasks.hub() is not before, "its tokens are forgotten"


def test_a_trouble_that_somebody_must_mend_fails_at_once(clerk: Clerk) -> None:
    clerk.trouble = GitHubTrouble(Trouble.FORBIDDEN, said="Resource not accessible")
    errand = run()
    assert (errand.status, errand.fault) == (ErrandStatus.FAILED, Trouble.FORBIDDEN)
    assert errand.facts == {"said": "Resource not accessible"}
    assert clerk.heard == [Trouble.FORBIDDEN]


def test_a_mistake_of_ours_loses_nothing(clerk: Clerk) -> None:
    clerk.trouble = RuntimeError("a mistake")
    errand = run()
    assert (errand.status, errand.fault) == (ErrandStatus.WAITING, Trouble.OURS)


def test_every_kind_can_be_done() -> None:
    assert KINDS.keys() == DOERS.keys()


def test_one_bell_is_enough_for_all_that_waits(clerk: Clerk) -> None:
    several = [errands.ask("clerk", str(number)) for number in range(3)]
    github_tasks.run_errand(errand_id=several[1].pk)
    assert set(Errand.objects.values_list("status", flat=True)) == {ErrandStatus.DONE}
    assert len(clerk.heard) == 3


def test_a_github_that_does_not_answer_keeps_two_hands_at_most(clerk: Clerk) -> None:
    errand = errands.ask("clerk", "one")
    with github_tasks.HANDS, github_tasks.HANDS:
        github_tasks.run_errand(errand_id=errand.pk)
        assert clerk.heard == []
    github_tasks.run_errand(errand_id=errand.pk)
    assert len(clerk.heard) == 1


def test_an_errand_that_its_workers_died_of_is_given_up(clerk: Clerk) -> None:
    errand = errands.ask("clerk", "one")
    Errand.objects.update(tries=errands.MOST_TRIES)
    github_tasks.run_errand(errand_id=errand.pk)
    assert Errand.objects.get().status == ErrandStatus.FAILED
    assert clerk.heard == [Trouble.OURS]
