"""“Re-run” at GitHub: another attempt of the same submission, for those who may."""

from dataclasses import dataclass

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from portal.common.errors import Refused
from portal.github import errands
from portal.github.models import WORDS_LENGTH, CheckRun
from portal.github.payloads import Account
from portal.people.models import User
from portal.submissions import domain

BUTTON = "run-again"  # the identifier of our button
REASON = "Asked for at GitHub."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it, in words, and whether anything is run again."""

    said: str
    acted: bool = False


def of_run(number: int, sender: Account) -> Outcome:
    """Run again what this check run is about."""
    return _each(list(_runs().filter(number=number)), sender)


def of_commit(commit: str, full_name: str, sender: Account) -> Outcome:
    """Run again everything that was checked of a commit: the newest of each submission."""
    runs = _runs().filter(attempt__submission__commit=commit, full_name__iexact=full_name)
    newest = {run.attempt.submission_id: run for run in runs.order_by("attempt")}
    return _each(list(newest.values()), sender)


def _runs() -> QuerySet[CheckRun]:
    told = CheckRun.objects.exclude(number=None)
    return told.select_related("attempt__submission__mini_project", "attempt__submission__team")


def _each(runs: list[CheckRun], sender: Account) -> Outcome:
    if not runs:
        return Outcome("Ignored: the portal has told GitHub of no such check.")
    by = User.objects.filter(github_id=sender.id, is_active=True).first()
    if by is None:
        return Outcome(
            f"Ignored: nobody here has proved to be {sender.login}. They sign in with GitHub once,"
            " then they may run their own work again."
        )
    each = [_one(run, by) for run in runs]
    return Outcome(" ".join(one.said for one in each), any(one.acted for one in each))


def _one(run: CheckRun, by: User) -> Outcome:
    work = run.attempt.submission
    try:
        domain.again(submission=work, by=by, reason=REASON)
    except PermissionDenied:
        return Outcome(f"Ignored: {by.username} is neither of this team nor of the staff.")
    except Refused as error:
        note = str(error)[:WORDS_LENGTH]
        CheckRun.objects.filter(pk=run.pk).update(note=note)
        errands.ask("verdict", str(run.attempt_id))
        return Outcome(f"Refused: {note}")
    return Outcome(f"{work.mini_project.title}: run again for {by.username}.", acted=True)
