"""`manage.py audit_attempt`: what it says in words, and its exit code."""

import time
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from lab_specs.faults import Code
from lab_specs.loader import load_lab
from lab_specs.report import Outcome, Verdict
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.models import Attempt, Submission
from portal.submissions.states import State
from tests.claims import take
from tests.factories import AttemptFactory
from tests.portal.submissions.labs import LEVELS, grade, judge, put_lab


@pytest.fixture
def shelf(settings: Settings, tmp_path: Path) -> Path:
    """A shelf with one lab of two criteria, which a test may write anew."""
    settings.SHELF = [tmp_path / "shelf"]
    put_lab(settings.SHELF[0])
    return settings.SHELF[0]


def say(attempt: Attempt, *words: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("audit_attempt", str(attempt.pk), *words, stdout=out)
    except CommandError as error:
        return error.returncode, f"{out.getvalue()}{error}"
    return 0, out.getvalue()


def test_a_verdict_that_holds(work: Submission, shelf: Path) -> None:
    attempt = judge(work, shelf)
    code, said = say(attempt)
    assert code == 0
    assert said.splitlines()[1:] == [
        "✔ The row says what was signed: passed, lab serving, commit aaaaaaaa, judged by w1.",
        "✔ Levels and verdict, counted again from the report, are the same.",
        f"Attempt {attempt.pk} holds.",
    ]
    assert said.startswith("✔ Record 1, of 20")
    assert "with the newest of our keys" in said


def test_a_verdict_that_was_changed(work: Submission, shelf: Path) -> None:
    attempt = judge(work, shelf, schema=Outcome.FAILED)
    Attempt.objects.update(levels={"care": "expert", "interface": "expert"})
    code, said = say(attempt)
    assert code == 1
    assert said.splitlines() == [
        "✘ The row was changed since it was signed: levels.",
        f"Attempt {attempt.pk} does not hold.",
    ]


def test_an_older_key_is_told(work: Submission, shelf: Path, settings: Settings) -> None:
    attempt = judge(work, shelf)
    settings.SIGNING_KEYS = ["n" * 40, *settings.SIGNING_KEYS]
    code, said = say(attempt)
    assert code == 0
    assert "with an older of our keys" in said


def test_levels_that_do_not_follow_from_the_report(work: Submission, shelf: Path) -> None:
    """A worker that signs what its own report does not say."""
    attempt = judge(work, shelf, levels={"interface": "expert", "care": "expert"})
    code, said = say(attempt)
    assert code == 1
    assert (
        "✘ Levels and verdict, counted again from the report, are others: "
        "care: expert → advanced; interface: expert → advanced." in said
    )


def test_a_lab_that_has_changed_since_is_told_and_does_not_break(
    work: Submission, shelf: Path
) -> None:
    attempt = judge(work, shelf)
    digest = load_lab(shelf / "serving").digest
    put_lab(shelf, comment="# another wording")
    code, said = say(attempt)
    assert code == 0
    now = load_lab(shelf / "serving").digest
    assert (
        f"· The lab serving has changed since ({digest[:12]} then, {now[:12]} now). "
        "Counted as the lab does now, its score would not change." in said
    )
    put_lab(shelf, schema_level="advanced", need="advanced")
    failed = judge(work, shelf, schema=Outcome.FAILED, number=2)
    put_lab(shelf)
    code, said = say(failed)
    assert code == 0
    assert "would change (" in said
    put_lab(shelf, extra=True)
    assert "checks that this run did not have: extra" in say(attempt)[1]


def test_a_lab_that_is_gone_or_broken_is_told(work: Submission, shelf: Path) -> None:
    attempt = judge(work, shelf)
    (shelf / "serving" / "lab.yaml").write_text("title: [")
    code, said = say(attempt)
    assert code == 0
    assert "· The lab serving is not at hand: levels are not counted." in said


def test_a_rejected_attempt_has_no_levels_to_count(work: Submission, shelf: Path) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    domain.record(
        attempt_id=attempt.pk, token=token, verdict=Verdict.REJECTED, fault=Code.BUILD_FAILED
    )
    code, said = say(attempt)
    assert code == 0
    assert "· Its verdict does not come from levels: none are counted." in said


@pytest.mark.parametrize("state", [State.QUEUED, State.CANCELLED])
def test_without_a_verdict_there_is_nothing_to_audit(work: Submission, state: State) -> None:
    attempt = AttemptFactory(submission=work, state=state)
    code, said = say(attempt)
    assert (code, said) == (1, f"Attempt {attempt.pk} has no verdict to audit: it is {state}.")


def test_an_attempt_that_is_not_there(db: None) -> None:
    assert say(Attempt(pk=7)) == (1, "There is no attempt 7.")


# Once more


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch, shelf: Path) -> Callable[..., None]:
    """A worker that takes what is queued while the command pauses, and judges it."""

    def works(**outcome: Any) -> None:
        def pause(seconds: float) -> None:
            queued = Attempt.objects.get(state=State.QUEUED)
            grade(queued, shelf, **outcome)

        monkeypatch.setattr(time, "sleep", pause)

    return works


def test_a_verdict_is_reproduced(
    work: Submission, tina: User, shelf: Path, worker: Callable[..., None]
) -> None:
    attempt = judge(work, shelf)
    worker(image="sha256:2")
    code, said = say(attempt, "--reproduce", "--by", "tina")
    again = work.attempts.get(number=2)
    assert (again.reason, again.requested_by) == ("audit of attempt 1", tina)
    assert code == 0
    assert said.splitlines()[3:] == [
        f"· Attempt {again.pk} is queued.",
        "✔ The same verdict: passed.",
        "✔ The same fault: none.",
        "✔ The same levels: care advanced, interface advanced.",
        "✔ All checks ended the same: 4.",
        "· Not the same image: sha256:1 then, sha256:2 now.",
        f"Attempt {attempt.pk} holds.",
    ]


def test_a_verdict_that_is_not_reproduced(
    work: Submission, tina: User, shelf: Path, worker: Callable[..., None]
) -> None:
    attempt = judge(work, shelf)
    worker(schema=Outcome.FAILED, reused=True)
    code, said = say(attempt, "--reproduce", "--by", "tina")
    assert code == 1
    for line in (
        "✘ Another verdict: passed then, failed now.",
        "✘ Another levels: care advanced, interface advanced then,"
        f" care advanced, interface {LEVELS[0]} now.",
        "✘ Check schema: passed then, failed now.",
        "· The image was used again, not built anew.",
    ):
        assert line in said


def test_without_a_worker_it_says_so_and_leaves_nothing_queued(
    work: Submission, tina: User, shelf: Path
) -> None:
    attempt = judge(work, shelf)
    code, said = say(attempt, "--reproduce", "--by", "tina", "--answer", "0")
    assert code == 1
    assert "No worker has taken it in 0 seconds" in said
    assert work.attempts.get(number=2).state == State.CANCELLED


def test_a_busy_worker_is_waited_for_until_the_bound(
    work: Submission, tina: User, shelf: Path
) -> None:
    attempt = judge(work, shelf)
    AttemptFactory(state=State.RUNNING)
    code, said = say(attempt, "--reproduce", "--by", "tina", "--answer", "0", "--wait", "0")
    assert code == 1
    assert "It has not ended in 0 seconds" in said


def test_an_audit_that_is_cancelled_says_so(
    work: Submission, tina: User, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = judge(work, shelf)

    def pause(seconds: float) -> None:
        domain.cancel(attempt=work.attempts.get(number=2), by=tina)

    monkeypatch.setattr(time, "sleep", pause)
    code, said = say(attempt, "--reproduce", "--by", "tina")
    assert (code, said.splitlines()[-1]) == (1, "The other run has no verdict: it was cancelled.")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "Say with --by in whose name"),
        (["--by", "nobody"], "Say with --by in whose name"),
        (["--by", "alice"], "alice does not teach this edition."),
        (["--by", "otto"], "otto does not teach this edition."),
    ],
)
@pytest.mark.usefixtures("alice", "otto")
def test_only_staff_run_an_audit(
    work: Submission, shelf: Path, words: list[str], told: str
) -> None:
    attempt = judge(work, shelf)
    code, said = say(attempt, "--reproduce", *words)
    assert code == 1
    assert told in said
    assert work.attempts.count() == 1


def test_what_is_being_graded_is_not_run_again(work: Submission, tina: User, shelf: Path) -> None:
    attempt = judge(work, shelf)
    domain.rerun(submission=work, by=tina, reason="meanwhile")
    code, said = say(attempt, "--reproduce", "--by", "tina")
    assert code == 1
    assert "being graded already" in said
    assert work.attempts.get(number=2).live
