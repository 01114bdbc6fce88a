"""A lecturer moves a check to another level: the story without a new run."""

import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command
from pytest_django.fixtures import Settings

from lab_specs.faults import Code
from lab_specs.loader import load_lab
from lab_specs.report import Outcome, Report, Verdict
from portal.assessment.queries import rubric
from portal.common.errors import Refused
from portal.courses.models import MiniProject
from portal.people.models import User
from portal.submissions import domain, moves, records
from portal.submissions.models import Attempt, Record, Submission
from portal.submissions.states import State
from tests.factories import (
    AssessmentFactory,
    AttemptFactory,
    CriterionFactory,
    SubmissionFactory,
    TeamFactory,
)
from tests.portal.submissions.labs import judge, put_lab

WHY = "speed matters less than we thought"


@pytest.fixture
def shelf(settings: Settings, tmp_path: Path) -> Path:
    settings.SHELF = [tmp_path / "shelf"]
    put_lab(settings.SHELF[0])
    return settings.SHELF[0]


def rescore(*words: str, by: str = "tina") -> tuple[int, list[str]]:
    out = StringIO()
    try:
        call_command("rescore", "--by", by, "--reason", WHY, *words, stdout=out)
    except CommandError as error:
        return error.returncode, [*out.getvalue().splitlines(), str(error)]
    return 0, out.getvalue().splitlines()


def columns(attempt: Attempt) -> dict[str, Any]:
    return Attempt.objects.filter(pk=attempt.pk).values().get()


def test_a_check_that_moves_up_lets_work_pass(work: Submission, tina: User, shelf: Path) -> None:
    attempt = judge(work, shelf, schema=Outcome.FAILED)
    before = columns(attempt)
    assert (before["verdict"], before["levels"]["interface"]) == ("failed", "not yet proficient")
    put_lab(shelf, schema_level="advanced")  # and speed is what proficient takes now
    change = "interface: not yet proficient → proficient; verdict: failed → passed"

    dry = rescore("--dry-run")
    assert dry == (0, [f"attempt {attempt.pk}: {change}", "1 would change, 0 the same"])
    assert columns(attempt) == before
    assert attempt.records.count() == 1

    assert rescore() == (0, [f"attempt {attempt.pk}: {change}", "1 changed, 0 the same"])
    levels = {"interface": "proficient", "care": "advanced"}
    assert columns(attempt) == before | {"verdict": "passed", "levels": levels}
    old, new = attempt.records.all()
    assert json.loads(old.body)["evidence"]["verdict"] == "failed"
    assert (new.number, new.by, new.reason, new.change) == (2, tina, WHY, change)
    assert new.lab_digest == load_lab(shelf / "serving").digest != old.lab_digest
    assert records.problems(Attempt.objects.get()) == []

    assert rescore() == (0, ["0 changed, 1 the same"])
    out = StringIO()
    call_command("audit_attempt", str(attempt.pk), stdout=out)
    assert "✔ Record 2 of 2, of " in out.getvalue()
    assert f"because: {WHY} ({change})." in out.getvalue()
    assert "✔ Levels and verdict, counted again from the report, are the same." in out.getvalue()


def test_a_higher_bar_turns_a_pass_into_a_failure(
    work: Submission, tina: User, shelf: Path
) -> None:
    attempt = judge(work, shelf, speed=Outcome.FAILED)
    put_lab(shelf, need="advanced")
    assert rescore() == (
        0,
        [f"attempt {attempt.pk}: verdict: passed → failed", "1 changed, 0 the same"],
    )
    attempt.refresh_from_db()
    assert attempt.verdict == Verdict.FAILED


def test_a_decision_shows_that_its_proposal_has_changed(
    work: Submission, tina: User, shelf: Path
) -> None:
    attempt = judge(work, shelf, schema=Outcome.FAILED)
    criterion = CriterionFactory(mini_project=work.mini_project, slug="interface")
    AssessmentFactory(
        team=work.team, criterion=criterion, attempt=attempt, proposed="not yet proficient"
    )
    put_lab(shelf, schema_level="advanced")
    rescore()
    attempt.refresh_from_db()
    (line,) = rubric(mini_project=work.mini_project, team=work.team, attempt=attempt)
    assert line.outdated


def test_a_check_that_the_lab_drops_counts_no_more(
    work: Submission, tina: User, shelf: Path
) -> None:
    put_lab(shelf, extra=True)
    attempt = judge(work, shelf, extra=Outcome.FAILED)
    put_lab(shelf)
    assert rescore()[1][0] == f"attempt {attempt.pk}: care: proficient → advanced"


def test_a_check_that_is_new_needs_a_run(work: Submission, tina: User, shelf: Path) -> None:
    attempt = judge(work, shelf)
    put_lab(shelf, extra=True)
    assert rescore() == (
        1,
        [
            f"attempt {attempt.pk}: not scored again."
            " The lab has checks that this run did not have: extra.",
            "0 changed, 0 the same",
            "1 could not be scored again.",
        ],
    )
    assert attempt.records.count() == 1


@pytest.mark.parametrize("words", [[], ["--dry-run"]])
def test_what_does_not_hold_is_not_signed_anew(
    work: Submission, tina: User, shelf: Path, words: list[str]
) -> None:
    attempt = judge(work, shelf, schema=Outcome.FAILED)
    report = attempt.report
    assert report
    report["checks"][0]["outcome"] = "passed"
    Attempt.objects.update(report=report)
    code, said = rescore(*words)
    assert code == 1
    assert said[0].endswith("The row was changed since it was signed: report.")
    attempt.refresh_from_db()
    assert (attempt.verdict, attempt.records.count()) == (Verdict.FAILED, 1)


def test_only_what_was_scored_is_scored_again(
    work: Submission, tina: User, shelf: Path, mini_project: MiniProject
) -> None:
    for number, state in enumerate((State.CANCELLED, State.QUEUED), start=1):
        AttemptFactory(submission=work, number=number, state=state)
    for number, verdict in enumerate((Verdict.REJECTED, Verdict.CRASHED), start=3):
        AttemptFactory(submission=work, number=number, state=State.DONE, verdict=verdict)
    assert rescore() == (0, ["0 changed, 0 the same"])
    assert not Record.objects.exists()


def test_a_lecturer_scores_their_own_editions_and_one_lab(
    work: Submission, tina: User, otto: User, shelf: Path, mini_project: MiniProject
) -> None:
    judge(work, shelf)
    other = SubmissionFactory(
        mini_project=mini_project, team=TeamFactory(edition=mini_project.edition), lab="training"
    )
    judge(other, shelf)
    assert rescore("--lab", "serving") == (0, ["0 changed, 1 the same"])
    assert rescore(by="otto") == (0, ["0 changed, 0 the same"])
    code, said = rescore()
    assert code == 1
    assert "The lab training is not on the shelf." in said[0]


@pytest.mark.usefixtures("alice")
@pytest.mark.parametrize("by", ["alice", "nobody"])
def test_only_staff_score_again(work: Submission, shelf: Path, by: str) -> None:
    assert rescore(by=by) == (1, [f"{by} teaches no edition here."])


def test_a_lab_that_does_not_exist_is_named(tina: User, shelf: Path) -> None:
    assert rescore("--lab", "sewing") == (1, ["No lab called 'sewing' on the shelf: serving."])


def test_a_shelf_that_cannot_be_read_is_told(tina: User, shelf: Path) -> None:
    (shelf / "serving" / "lab.yaml").write_text("title: [")
    code, said = rescore()
    assert code == 1
    assert "not valid YAML" in said[0]


@pytest.mark.parametrize("who", ["alice", "charlie", "otto"])
def test_the_domain_asks_who_it_is(
    work: Submission, shelf: Path, who: str, request: pytest.FixtureRequest
) -> None:
    attempt = judge(work, shelf)
    person = request.getfixturevalue(who)
    with pytest.raises(PermissionDenied):
        domain.rescore(attempt=attempt, lab=load_lab(shelf / "serving"), by=person, reason=WHY)


def test_the_domain_asks_why(work: Submission, shelf: Path, tina: User) -> None:
    attempt = judge(work, shelf)
    with pytest.raises(Refused, match="Say why"):
        domain.rescore(attempt=attempt, lab=load_lab(shelf / "serving"), by=tina, reason=" ")


@pytest.mark.parametrize(
    ("verdict", "fault"),
    [(Verdict.REJECTED, Code.OUT_OF_MEMORY), (Verdict.CRASHED, Code.LAB_BROKEN)],
)
def test_a_report_that_led_to_no_levels_is_not_scored(
    work: Submission, shelf: Path, tina: User, verdict: Verdict, fault: Code
) -> None:
    report = judge(SubmissionFactory(mini_project=work.mini_project), shelf).report
    attempt = AttemptFactory(submission=work, state=State.RUNNING, retries=moves.MAX_RETRIES)
    assert attempt.token
    assert domain.record(
        attempt_id=attempt.pk,
        token=attempt.token,
        verdict=verdict,
        fault=fault,
        report=Report.model_validate(report),
    )
    with pytest.raises(Refused, match="Only an attempt that passed or failed"):
        domain.rescore(attempt=attempt, lab=load_lab(shelf / "serving"), by=tina, reason=WHY)
