"""Any order of events, many times over: what must hold of an attempt always holds."""

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import domain, moves, queries
from portal.submissions.models import Attempt
from portal.submissions.states import ACTIVE, LIVE, State, may_go
from tests.conftest import Bell

pytestmark = pytest.mark.slow

OUTCOMES = [
    (Verdict.PASSED, None),
    (Verdict.FAILED, None),
    (Verdict.REJECTED, Code.BUILD_FAILED),
    (Verdict.CRASHED, Code.INTERNAL),
    (Verdict.CRASHED, Code.ENGINE_UNAVAILABLE),
]
MOST = 4  # attempts in one story; more would only spread the events thin
WHICH = st.sampled_from([0, 0, 0, 1, 2])
Held = tuple[int, UUID]


class Lives(RuleBasedStateMachine):
    """Workers, owners, staff and the reaper act on one team's work in any order.

    The model is one dictionary: which token may write to which attempt. It is kept by what the
    calls are documented to do, and every answer of the domain is compared with it.
    """

    mini_project: MiniProject
    team: Team
    alice: User
    tina: User

    tokens = Bundle("tokens")

    def __init__(self) -> None:
        super().__init__()
        self.holders: dict[int, UUID] = {}
        self.made = 0
        self.world = transaction.atomic()
        self.world.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    def attempts(self) -> list[Attempt]:
        return list(Attempt.objects.order_by("pk"))

    def pick(self, number: int) -> Attempt:
        """One of the attempts, 0 for the newest."""
        found = self.attempts()
        return found[-1 - number % len(found)]

    @initialize()
    def begin(self) -> None:
        self.submit()

    @precondition(lambda self: self.made < MOST)
    @rule()
    def submit(self) -> None:
        submitted = domain.submit(
            mini_project=self.mini_project,
            team=self.team,
            by=self.alice,
            lab="serving",
            repository="https://github.com/alice/digits",
            commit="c" * 40,
        )
        self.made += 1
        self.holders.clear()  # everything older is superseded
        assert not Attempt.objects.filter(state__in=LIVE).exclude(pk=submitted.attempt.pk).exists()

    @rule(target=tokens, patient=st.booleans())
    def claim(self, patient: bool) -> Any:
        """A worker comes at once, or after every pause is over."""
        queued = Attempt.objects.filter(state=State.QUEUED)
        if patient:
            queued.update(not_before=None)
        may_be_taken = set(queued.filter(not_before=None).values_list("pk", flat=True))
        claimed = domain.claim_next(worker="w", lease_seconds=60)
        assert (claimed is not None) is bool(may_be_taken)
        if claimed is None:
            return multiple()
        assert claimed.attempt_id in may_be_taken
        assert claimed.attempt_id not in self.holders
        self.holders[claimed.attempt_id] = claimed.token
        return (claimed.attempt_id, claimed.token)

    def may_write(self, held: Held) -> bool:
        return self.holders.get(held[0]) == held[1]

    @rule(held=tokens, step=st.sampled_from(ACTIVE))
    def advance(self, held: Held, step: State) -> None:
        state = Attempt.objects.get(pk=held[0]).state
        moved = domain.advance(attempt_id=held[0], token=held[1], to_state=step)
        assert moved is (self.may_write(held) and may_go(State(state), step))

    @rule(held=tokens)
    def heartbeat(self, held: Held) -> None:
        kept = domain.heartbeat(attempt_id=held[0], token=held[1], lease_seconds=60)
        assert kept is self.may_write(held)

    @rule(held=tokens, log=st.text(max_size=20))
    def note_log(self, held: Held, log: str) -> None:
        noted = domain.note_log(attempt_id=held[0], token=held[1], log_tail=log)
        assert noted is self.may_write(held)

    @rule(held=st.one_of(tokens, consumes(tokens)), outcome=st.sampled_from(OUTCOMES))
    def record(self, held: Held, outcome: tuple[Verdict, Code | None]) -> None:
        verdict, fault = outcome
        before = Attempt.objects.get(pk=held[0])
        written = domain.record(attempt_id=held[0], token=held[1], verdict=verdict, fault=fault)
        assert written is self.may_write(held)
        after = Attempt.objects.get(pk=held[0])
        if not written:
            assert (after.state, after.verdict) == (before.state, before.verdict)
            return
        del self.holders[held[0]]
        again = verdict is Verdict.CRASHED and before.retries < moves.MAX_RETRIES
        wanted = (State.QUEUED, None) if again else (State.DONE, verdict)
        assert (after.state, after.verdict) == wanted

    @rule(seconds=st.sampled_from([0, 61, 3_600]))
    def reap(self, seconds: int) -> None:
        domain.release_lost(now=timezone.now() + timedelta(seconds=seconds))
        if seconds > 60:  # no lease is longer than a minute, and no announcement stays fresh
            self.holders.clear()
            assert not Attempt.objects.filter(state__in=ACTIVE).exists()
            waiting = queries.due(now=timezone.now())
            assert not waiting.filter(announced_at__isnull=True).exists()

    @rule(number=WHICH)
    def cancel(self, number: int) -> None:
        attempt = self.pick(number)
        assert domain.cancel(attempt=attempt, by=self.alice) is (attempt.state in LIVE)
        self.holders.pop(attempt.pk, None)

    @precondition(lambda self: self.made < MOST)
    @rule(number=WHICH)
    def rerun(self, number: int) -> None:
        attempt = self.pick(number)
        busy = attempt.submission.attempts.filter(state__in=LIVE).exists()
        if not busy:
            domain.rerun(submission=attempt.submission, by=self.tina, reason="again")
            self.made += 1

    @invariant()
    def what_must_hold_holds(self) -> None:
        attempts = Attempt.objects.prefetch_related("transitions")
        held = {}
        for attempt in attempts:
            assert (attempt.verdict is not None) is (attempt.state == State.DONE)
            assert_history_leads_to(attempt)
            if attempt.state in ACTIVE:
                held[attempt.pk] = attempt.token
        assert held == self.holders


def assert_history_leads_to(attempt: Attempt) -> None:
    steps = [(step.source, step.target) for step in attempt.transitions.all()]
    assert steps[0] == ("", State.QUEUED)
    assert steps[-1][1] == attempt.state
    for (_, arrived), (left, target) in pairwise(steps):
        assert left == arrived
        assert may_go(State(left), State(target))


def test_any_order_of_events_keeps_every_promise(
    mini_project: MiniProject, team: Team, alice: User, tina: User
) -> None:
    Lives.mini_project, Lives.team = mini_project, team
    Lives.alice, Lives.tina = alice, tina
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.django_db
def test_a_reaper_rings_until_somebody_comes(
    mini_project: MiniProject, team: Team, alice: User, bell: Bell
) -> None:
    """What is queued is announced for as long as it waits, however often the bell is lost."""
    domain.submit(
        mini_project=mini_project,
        team=team,
        by=alice,
        lab="serving",
        repository="https://github.com/alice/digits",
        commit="c" * 40,
    )
    for _ in range(3):
        assert domain.release_lost(now=timezone.now()).announced == 1
        assert len(bell.rings()) == 1
