"""Work that the portal takes by itself: a commit as it stood at a deadline."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from portal.common.text import storable
from portal.people.models import User
from portal.submissions import histories, moves
from portal.submissions.lanes import Lane
from portal.submissions.models import Lookup, Submission


def hand_in(lookup: Lookup, *, by: User, at: datetime) -> Submission | None:
    """Have the commit that a look-up found graded, behind what people wait for.

    `at`: when it counts as handed in. None when the team has handed in this very commit.
    """
    same = Submission.objects.filter(
        mini_project=lookup.mini_project, team=lookup.team, lab=lookup.lab, commit=lookup.commit
    )
    with transaction.atomic():
        if same.exists():
            return None
        newest = Submission.objects.filter(
            mini_project=lookup.mini_project, team=lookup.team, lab=lookup.lab
        ).order_by("-pk")
        last = newest.first()
        submission = Submission.objects.create(
            mini_project=lookup.mini_project,
            team=lookup.team,
            submitted_by=by,
            lab=lookup.lab,
            repository=lookup.repository,
            commit=lookup.commit,
            commit_title=storable(lookup.commit_title)[:200],
            committed_at=lookup.committed_at,
            context=last.context if last else ".",
            dockerfile=last.dockerfile if last else "",
            created_at=at,
        )
        moves.queue([submission], by=by, reason="Taken at the deadline.", lane=Lane.SNAPSHOT)
        histories.order(submission, now=timezone.now())
    return submission
