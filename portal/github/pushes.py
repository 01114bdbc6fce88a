"""A push becomes an attempt: it waits a moment, and of several the newest wins.

Messages arrive late, twice, or in any order. Which push is the newest is said by GitHub's clock
and, within one second, by the commits themselves: what one left behind the next one began with.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.models import Enrolment, Membership
from portal.github.models import WORDS_LENGTH, Push, PushStatus, Repository, Watch
from portal.people.models import User
from portal.submissions import dispatch, domain
from portal.submissions.models import Submission

log = structlog.get_logger()

DEBOUNCE = timedelta(seconds=10)  # of quiet before a push is graded
LONGEST = timedelta(minutes=1)  # a storm without end is graded now and then
AGAIN = timedelta(seconds=30)  # when there was no room
GIVE_UP = timedelta(days=1)
A_ROUND = 100  # pushes at once
LOOKED_AT = 200  # of a branch's last pushes; what came before them is long settled
SKIP = "[skip grading]"

SKIPPED = f"The commit's message says {SKIP}."
LATER = "A newer push took its place: {}."
OLD = "News of it arrived after a newer push: {}."
SAME = "This very commit was handed in already."
CLOSED = "The edition is over: nothing is handed in any more."
NOBODY = "Nobody of the team studies in this edition any more."
GONE_LAB = "The lab that it was for is not part of this work any more."
WHICH_LAB = "Several labs may be taken here. Hand in one commit by its link to say which is yours."
GAVE_UP = "There was no room for a whole day: other attempts waited or ran. Hand it in yourself."


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a push, whoever told it."""

    branch: str
    head: str
    pushed_at: datetime
    before: str = ""
    forced: bool = False
    message: str = ""
    committed_at: datetime | None = None
    author: str = ""
    sender: str = ""
    sender_number: int | None = None
    guid: str = ""  # of the message; empty when it was found by looking


def arrived(repository: Repository, told: Told) -> list[Push]:
    """Note a push for every watch that asks for its branch; those that were news."""
    noted = (_noted(watch, told) for watch in _asking(repository, told.branch))
    return [push for push in noted if push]


def found(repository: Repository, told: Told) -> list[Push]:
    """Note what a branch was seen to point at, for every watch that did not know it."""
    news = []
    for watch in _asking(repository, told.branch):
        last = watch.work.values_list("commit", flat=True).first()
        heads = {last, *watch.pushes.order_by("-pushed_at").values_list("head", flat=True)[:1]}
        if told.head not in heads and (push := _noted(watch, told)):
            news.append(push)
    return news


def _asking(repository: Repository, branch: str) -> list[Watch]:
    watches = Watch.objects.filter(repository=repository, on_push=True).order_by("pk")
    return [each for each in watches if branch == (each.branch or repository.default_branch)]


def _noted(watch: Watch, told: Told) -> Push | None:
    now = timezone.now()
    with transaction.atomic():
        Watch.objects.select_for_update().get(pk=watch.pk)  # two messages at once
        try:
            with transaction.atomic():
                push = Push.objects.create(
                    watch=watch,
                    repository_id=watch.repository_id,
                    branch=told.branch[:250],
                    before=told.before,
                    head=told.head,
                    forced=told.forced,
                    pushed_at=told.pushed_at,
                    received_at=now,
                    due_at=now + DEBOUNCE,
                    title=storable(told.message).partition("\n")[0][:200],
                    committed_at=told.committed_at,
                    author=storable(told.author)[:120],
                    sender=storable(told.sender)[:100],
                    sender_number=told.sender_number,
                    guid=told.guid[:64],
                )
        except IntegrityError:
            return None  # the same push, told once more
        if SKIP in told.message.lower():
            _end(push, PushStatus.IGNORED, SKIPPED)
        _settle(push)
    transaction.on_commit(partial(dispatch.ring_pushes, after=DEBOUNCE.total_seconds()))
    return push


def _settle(push: Push) -> None:
    """Leave at most one waiting of those on the same branch: the newest."""
    same = Push.objects.filter(watch=push.watch, repository=push.repository, branch=push.branch)
    rows = list(same.order_by("-pushed_at", "-pk")[:LOOKED_AT])
    first = newest(rows)
    if first is None:
        return
    waiting = [row for row in rows if row.status == PushStatus.WAITING and row.pk != first.pk]
    for row in waiting:
        words = OLD if row.pk == push.pk else LATER
        _end(row, PushStatus.SUPERSEDED, words.format(first.short_commit))
    if waiting and first.status == PushStatus.WAITING:
        longest = min(row.received_at for row in waiting) + LONGEST
        Push.objects.filter(pk=first.pk).update(due_at=min(first.due_at, longest))
    elif first.status == PushStatus.SUPERSEDED:
        # Within one second, the push that tells which came last may be heard of last
        due = {"status": PushStatus.WAITING, "reason": "", "due_at": push.due_at}
        Push.objects.filter(pk=first.pk, status=PushStatus.SUPERSEDED).update(**due)
    push.refresh_from_db()


def newest(pushes: Collection[Push]) -> Push | None:
    """The push that came last of those that are to be graded; None when none is.

    Within one second it is the one that no other began with. As long as that leaves several,
    what was taken stays; else the one that was heard of last counts.
    """
    for moment in sorted({push.pushed_at for push in pushes}, reverse=True):
        tied = [push for push in pushes if push.pushed_at == moment]
        begun = {push.before for push in tied if push.before != push.head}
        ends = [push for push in tied if push.head not in begun] or tied
        found = [last for end in ends if (last := _unskipped(end, tied))]
        if found:
            return max(found, key=lambda each: (each.submission_id or 0, each.received_at, each.pk))
    return None


def _unskipped(end: Push, tied: Collection[Push]) -> Push | None:
    """The last push of those that led to `end` which nobody asked to leave out."""
    by_head = {push.head: push for push in tied}
    at: Push | None = end
    for _ in tied:
        if at is None or at.reason != SKIPPED:
            return at
        at = by_head.get(at.before)
    return None


def take_due(*, now: datetime) -> int:
    """Hand in what has waited long enough. How many."""
    due = Push.objects.filter(status=PushStatus.WAITING, due_at__lte=now).order_by("due_at")
    taken = 0
    for pk in list(due.values_list("pk", flat=True)[:A_ROUND]):
        try:
            taken += _take(pk, now=now)
        except Exception:  # one push must not keep the others from being taken
            log.exception("push_not_taken", push=pk)
            Push.objects.filter(pk=pk).update(due_at=now + AGAIN)
    return taken


def _take(pk: int, *, now: datetime) -> bool:
    with transaction.atomic():
        waiting = Push.objects.select_for_update().filter(pk=pk, status=PushStatus.WAITING)
        push = waiting.first()
        if push is None:
            return False
        watch = Watch.objects.select_related("mini_project__edition", "team").get(pk=push.watch_id)
        lab, by = _lab(watch), _on_behalf(watch, push)
        words = _obstacle(watch, push, lab) or ("" if by else NOBODY)
        if words or by is None:
            _end(push, PushStatus.IGNORED, words)
            return False
        try:
            with transaction.atomic():
                submission = _submitted(watch, push, lab, by)
        except domain.NoRoom as error:
            waiting.update(due_at=now + AGAIN, reason=str(error)[:WORDS_LENGTH])
            if push.received_at < now - GIVE_UP:
                _end(push, PushStatus.IGNORED, GAVE_UP)
            return False
        except (Refused, PermissionDenied) as error:
            _end(push, PushStatus.IGNORED, str(error) or NOBODY)
            return False
        _end(push, PushStatus.TAKEN, "", submission=submission)
    return True


def _submitted(watch: Watch, push: Push, lab: str, by: User) -> Submission:
    return domain.submit(
        mini_project=watch.mini_project,
        team=watch.team,
        by=by,
        lab=lab,
        repository=push.repository.link,
        commit=push.head,
        ref=push.branch,
        context=watch.context,
        dockerfile=watch.dockerfile,
        commit_title=push.title,
        committed_at=push.committed_at,
    ).submission


def _lab(watch: Watch) -> str:
    """The lab that it is for: the one that was said, or taken last, or the only one."""
    if watch.lab:
        return watch.lab
    last = watch.work.values_list("lab", flat=True).first()
    return last or (watch.mini_project.labs[0] if len(watch.mini_project.labs) == 1 else "")


def _obstacle(watch: Watch, push: Push, lab: str) -> str:
    """Why the push is not handed in, in words; empty when it is."""
    if not watch.mini_project.edition.active:
        return CLOSED
    if lab not in watch.mini_project.labs:
        return GONE_LAB if lab else WHICH_LAB
    if not watch.work.filter(commit=push.head, lab=lab).exists():
        return ""
    last = watch.work.prefetch_related("pushes")[0]
    # A branch may go back to an earlier commit; what people hand in themselves stays the newest.
    by_hand = not last.pushes.all()
    return SAME if last.commit == push.head or by_hand else ""


def _on_behalf(watch: Watch, push: Push) -> User | None:
    """The member who pushed, if they have proved that account; else who asked for it."""
    here = Enrolment.objects.filter(edition=watch.mini_project.edition_id, withdrawn_at=None)
    members = Membership.objects.filter(team=watch.team, person__enrolments__in=here)
    people = list(User.objects.filter(pk__in=members.values("person")).order_by("pk"))
    pushed = [each for each in people if each.github_id and each.github_id == push.sender_number]
    asked = [each for each in people if each.pk == watch.by_id]
    return next(iter([*pushed, *asked, *people]), None)


def _end(
    push: Push, status: PushStatus, reason: str, *, submission: Submission | None = None
) -> None:
    rows = Push.objects.filter(pk=push.pk, status=PushStatus.WAITING)  # a round may have taken it
    rows.update(status=status, reason=reason[:WORDS_LENGTH], submission=submission)
    push.refresh_from_db()
