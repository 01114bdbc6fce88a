"""However a history of pushes is told, the newest commit ends up graded, and once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from portal.github import pushes
from portal.github.models import Installation, Push, PushStatus, Repository, Watch
from portal.submissions.models import Submission
from tests.factories import EnrolmentFactory, MiniProjectFactory, TeamFactory

BEGUN = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
LATER = timedelta(hours=1)


@dataclass(frozen=True)
class Story:
    """Pushes in their true order, how they are told, and after which a round hands in."""

    told: tuple[pushes.Told, ...]
    heard: tuple[int, ...]
    rounds: frozenset[int]

    @property
    def head(self) -> str | None:
        asked = [each.head for each in self.told if pushes.SKIP not in each.message]
        return asked[-1] if asked else None


def sha(number: int) -> str:
    return f"{number + 1:040x}"


@st.composite
def stories(draw: st.DrawFn) -> Story:
    gaps = draw(st.lists(st.sampled_from([0, 0, 1, 60]), min_size=1, max_size=6))
    told, at = [], BEGUN
    for number, gap in enumerate(gaps):
        at += timedelta(seconds=gap)
        skipped = draw(st.integers(0, 4)) == 0
        told.append(
            pushes.Told(
                branch="main",
                head=sha(number + 1),
                before=sha(number),
                pushed_at=at,
                message=pushes.SKIP if skipped else "",
            )
        )
    every = range(len(told))
    more = draw(st.lists(st.sampled_from(every), max_size=4))
    heard = draw(st.permutations([*every, *more]))
    rounds = draw(st.frozensets(st.integers(0, len(heard) - 1)))
    return Story(tuple(told), tuple(heard), rounds)


@pytest.mark.slow
class TestAnyOrder(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(story=stories())
    def test_the_newest_is_graded_once(self, story: Story) -> None:
        repository = a_watch()
        for at, number in enumerate(story.heard):
            pushes.arrived(repository, story.told[number])
            if at in story.rounds:
                pushes.take_due(now=timezone.now() + LATER)
        pushes.take_due(now=timezone.now() + LATER)
        assert Push.objects.count() == len(story.told)
        assert not Push.objects.filter(status=PushStatus.WAITING).exists()
        graded = list(Submission.objects.order_by("pk").values_list("commit", flat=True))
        if story.head is None:
            assert graded == []
        else:
            assert graded[-1] == story.head
            assert graded.count(story.head) == 1
        skipped = {each.head for each in story.told if each.message}
        assert not skipped & set(graded)


def a_watch() -> Repository:
    mini_project = MiniProjectFactory()
    enrolment = EnrolmentFactory(edition=mini_project.edition)
    team = TeamFactory(edition=mini_project.edition, people=[enrolment.person])
    installation = Installation.objects.create(number=1, account="school", seen_at=BEGUN)
    repository = Repository.objects.create(
        number=1, installation=installation, full_name="school/digits", private=True
    )
    Watch.objects.create(
        mini_project=mini_project,
        team=team,
        repository=repository,
        lab="serving",
        on_push=True,
        by=enrolment.person,
        made_at=BEGUN,
    )
    return repository
