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
    invariant,
    rule,
    run_state_machine_as_test,
)

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.courses.models import MiniProject, Team
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.models import Attempt, Transition
from portal.submissions.states import ACTIVE, LIVE, State, may_go

OUTCOMES = [
    (Verdict.PASSED, None),
    (Verdict.FAILED, None),
    (Verdict.REJECTED, Code.BUILD_FAILED),
    (Verdict.CRASHED, Code.INTERNAL),
]


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
        self.world = transaction.atomic()
        self.world.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.world.__exit__(None, None, None)

    def attempts(self) -> list[Attempt]:
        return list(Attempt.objects.order_by("pk"))

    def pick(self, number: int) -> Attempt | None:
        found = self.attempts()
        return found[number % len(found)] if found else None

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
        self.holders.clear()  # everything older is superseded
        assert not Attempt.objects.filter(state__in=LIVE).exclude(pk=submitted.attempt.pk).exists()

    @rule(target=tokens, number=st.integers(0, 9))
    def claim(self, number: int) -> tuple[int, UUID | None]:
        attempt = self.pick(number)
        if attempt is None:
            return (0, None)
        token = domain.claim(attempt_id=attempt.pk, worker="w", lease_seconds=60)
        assert (token is not None) is (attempt.state == State.QUEUED)
        if token is not None:
            assert attempt.pk not in self.holders
            self.holders[attempt.pk] = token
        return (attempt.pk, token)

    def may_write(self, held: tuple[int, UUID | None]) -> bool:
        return held[1] is not None and self.holders.get(held[0]) == held[1]

    @rule(held=tokens, step=st.sampled_from(ACTIVE))
    def advance(self, held: tuple[int, UUID | None], step: State) -> None:
        if held[1] is None:
            return
        state = Attempt.objects.get(pk=held[0]).state
        moved = domain.advance(attempt_id=held[0], token=held[1], to_state=step)
        assert moved is (self.may_write(held) and may_go(State(state), step))

    @rule(held=tokens)
    def heartbeat(self, held: tuple[int, UUID | None]) -> None:
        if held[1] is not None:
            kept = domain.heartbeat(attempt_id=held[0], token=held[1], lease_seconds=60)
            assert kept is self.may_write(held)

    @rule(held=tokens, log=st.text(max_size=20))
    def note_log(self, held: tuple[int, UUID | None], log: str) -> None:
        if held[1] is not None:
            noted = domain.note_log(attempt_id=held[0], token=held[1], log_tail=log)
            assert noted is self.may_write(held)

    @rule(held=st.one_of(tokens, consumes(tokens)), outcome=st.sampled_from(OUTCOMES))
    def record(self, held: tuple[int, UUID | None], outcome: tuple[Verdict, Code | None]) -> None:
        if held[1] is None:
            return
        verdict, fault = outcome
        before = Attempt.objects.get(pk=held[0])
        written = domain.record(attempt_id=held[0], token=held[1], verdict=verdict, fault=fault)
        assert written is self.may_write(held)
        after = Attempt.objects.get(pk=held[0])
        if not written:
            assert (after.state, after.verdict) == (before.state, before.verdict)
            return
        del self.holders[held[0]]
        again = verdict is Verdict.CRASHED and before.retries < domain.MAX_RETRIES
        wanted = (State.QUEUED, None) if again else (State.DONE, verdict)
        assert (after.state, after.verdict) == wanted

    @rule(seconds=st.sampled_from([0, 30, 61, 3_600]))
    def reap(self, seconds: int) -> None:
        domain.release_lost(now=timezone.now() + timedelta(seconds=seconds))
        if seconds > 60:  # no lease is longer than a minute, and no announcement stays fresh
            self.holders.clear()
            assert not Attempt.objects.filter(state__in=ACTIVE).exists()
            waiting = Attempt.objects.filter(state=State.QUEUED)
            assert not waiting.filter(announced_at__isnull=True).exists()

    @rule(number=st.integers(0, 9))
    def cancel(self, number: int) -> None:
        attempt = self.pick(number)
        if attempt is not None:
            assert domain.cancel(attempt=attempt, by=self.alice) is (attempt.state in LIVE)
            self.holders.pop(attempt.pk, None)

    @rule(number=st.integers(0, 9))
    def rerun(self, number: int) -> None:
        attempt = self.pick(number)
        if attempt is None:
            return
        busy = attempt.submission.attempts.filter(state__in=LIVE).exists()
        if not busy:
            domain.rerun(submission=attempt.submission, by=self.tina, reason="again")

    @invariant()
    def the_model_and_the_database_agree_on_who_holds_what(self) -> None:
        held = Attempt.objects.filter(state__in=ACTIVE).values_list("pk", "token")
        assert dict(held) == self.holders

    @invariant()
    def a_verdict_is_there_exactly_when_the_attempt_is_done(self) -> None:
        for attempt in self.attempts():
            assert (attempt.verdict is not None) is (attempt.state == State.DONE)

    @invariant()
    def the_history_leads_to_where_the_attempt_is(self) -> None:
        for attempt in self.attempts():
            steps: list[Any] = list(
                Transition.objects.filter(attempt=attempt).values_list("source", "target")
            )
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
            max_examples=30,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )


@pytest.mark.django_db
def test_a_reaper_rings_until_somebody_comes(
    mini_project: MiniProject, team: Team, alice: User
) -> None:
    """What is queued and was announced long ago is announced for as long as it waits."""
    domain.submit(
        mini_project=mini_project,
        team=team,
        by=alice,
        lab="serving",
        repository="https://github.com/alice/digits",
        commit="c" * 40,
    )
    now = timezone.now()
    for _ in range(3):
        assert domain.release_lost(now=now).announced == 1
        now += domain.REANNOUNCE_AFTER + timedelta(hours=1)
