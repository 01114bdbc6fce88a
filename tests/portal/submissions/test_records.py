"""What is signed of an attempt, and that no column of it changes unseen."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, models
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from lab_specs.faults import Code
from lab_specs.report import CheckResult, Outcome, Report, Verdict
from portal.submissions import domain, moves, records
from portal.submissions.models import Attempt, Record, Submission
from portal.submissions.states import State
from tests.claims import take
from tests.factories import MOMENT, AttemptFactory, SubmissionFactory, TeamFactory

CHECK = CheckResult(
    id="schema", title="t", criterion="c", level="proficient", outcome=Outcome.PASSED, seconds=2.0
)
PROVENANCE = {
    "commit": "a" * 40,
    "source": {"tree": "b" * 40},
    "lab_digest": "d" * 64,
    "judge_image": "sha256:1",
    "image": "sha256:2",
    "seed": "edition 1 (2026-27)",
    "limits": {"cpus": 1.0, "memory_mb": 64},
}


def graded(work: Submission) -> Attempt:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    assert domain.record(
        attempt_id=attempt.pk,
        token=token,
        verdict=Verdict.PASSED,
        report=Report(checks=(CHECK,)),
        levels={"c": "proficient"},
        phases=[{"name": "building", "seconds": 3.0}],
        provenance=PROVENANCE,
        log_tail="all good",
    )
    attempt.refresh_from_db()
    return attempt


def fresh(attempt: Attempt) -> list[str]:
    return records.problems(Attempt.objects.get(pk=attempt.pk))


def test_the_record_says_what_produced_the_verdict(work: Submission) -> None:
    attempt = graded(work)
    record = attempt.records.get()
    told = json.loads(record.body)["evidence"]
    assert {key: told[key] for key in ("commit", "lab", "verdict", "worker", "levels")} == {
        "commit": work.commit,
        "lab": "serving",
        "verdict": "passed",
        "worker": "w1",
        "levels": {"c": "proficient"},
    }
    assert told["provenance"]["source"]["tree"] == "b" * 40
    assert told["report"] == {"checks": [CHECK.model_dump(mode="json")], "figures": []}
    assert told["finished_at"].endswith("+00:00")
    assert (record.number, record.by, record.lab_digest) == (1, None, "d" * 64)
    assert fresh(attempt) == []


def test_a_crash_that_the_reaper_records_is_signed_too(work: Submission) -> None:
    attempt = AttemptFactory(submission=work, state=State.RUNNING, retries=moves.MAX_RETRIES)
    assert domain.release_lost(now=MOMENT + timedelta(hours=1)).crashed == 1
    told = json.loads(attempt.records.get().body)["evidence"]
    assert (told["verdict"], told["fault"]) == ("crashed", "worker_lost")
    assert fresh(attempt) == []


def test_what_is_tried_again_has_no_record_before_its_end(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    for _ in range(moves.MAX_RETRIES + 1):
        assert not attempt.records.exists()
        token = take(attempt.pk)
        fault = Code.ENGINE_UNAVAILABLE
        domain.record(attempt_id=attempt.pk, token=token, verdict=Verdict.CRASHED, fault=fault)
    assert attempt.records.count() == 1
    assert fresh(attempt) == []


def test_a_late_report_leaves_no_record(work: Submission) -> None:
    attempt = AttemptFactory(submission=work)
    token = take(attempt.pk)
    domain.release_lost(now=MOMENT + timedelta(days=10_000))
    assert not domain.record(attempt_id=attempt.pk, token=token, verdict=Verdict.PASSED)
    assert not Record.objects.exists()


def test_verdict_and_record_are_written_both_or_neither(
    work: Submission, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(attempt_id: int) -> None:
        raise RuntimeError

    monkeypatch.setattr(records, "add", fail)
    with pytest.raises(RuntimeError):
        graded(work)
    assert Attempt.objects.get().state == State.FETCHING


# Tampering

UNSIGNED = {
    "id",
    "state",
    "token",
    "lease_until",
    "priority",
    "announced_at",
    "not_before",
    "rerun",
}
OTHER: dict[str, Any] = {
    "verdict": "failed",
    "requested_by": None,
    "facts": {"forged": 1},
    "levels": {"c": "expert"},
    "report": {"checks": []},
    "phases": [],
    "provenance": {},
}


def other(row: models.Model, field: "models.Field[Any, Any]") -> Any:
    """A value that the column of this row does not have."""
    value = getattr(row, field.attname)
    if field.name in OTHER:
        return OTHER[field.name]
    if isinstance(value, str):
        return f"{value[:10]}~"
    if isinstance(value, int):
        return value + 1
    return value + timedelta(microseconds=1)


@pytest.mark.parametrize(
    "name", [each.name for each in Attempt._meta.fields if each.name not in UNSIGNED]
)
def test_a_changed_column_of_the_attempt_shows(work: Submission, name: str) -> None:
    attempt = graded(work)
    field = Attempt._meta.get_field(name)
    assert isinstance(field, models.Field)
    value = SubmissionFactory().pk if name == "submission" else other(attempt, field)
    Attempt.objects.filter(pk=attempt.pk).update(**{field.attname: value})
    (found,) = fresh(attempt)
    told = "log_sha256" if name == "log_tail" else name
    assert found.startswith("The row was changed since it was signed: ")
    assert told in found


NOT_OF_THE_VERDICT = {"id", "ref", "commit_title", "committed_at"}


@pytest.mark.parametrize(
    "name", [each.name for each in Submission._meta.fields if each.name not in NOT_OF_THE_VERDICT]
)
def test_a_changed_column_of_the_submission_shows(
    work: Submission, name: str, bob: Any, mini_project: Any
) -> None:
    attempt = graded(work)
    other_work = SubmissionFactory()
    values = {
        "mini_project": other_work.mini_project_id,
        "team": TeamFactory(edition=mini_project.edition).pk,
        "submitted_by": bob.pk,
        "commit": "f" * 40,
    }
    field = Submission._meta.get_field(name)
    assert isinstance(field, models.Field)
    value = values[name] if name in values else other(work, field)
    Submission.objects.filter(pk=work.pk).update(**{field.attname: value})
    told = "submitted_at" if name == "created_at" else name
    assert fresh(attempt) == [f"The row was changed since it was signed: {told}."]


@pytest.fixture
def unguarded(db: None) -> Callable[[Record, str, Any], None]:
    """Changes a column of a record as somebody does who owns the database."""

    def change(record: Record, column: str, value: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER submissions_record_no_update")
        Record.objects.filter(pk=record.pk).update(**{column: value})

    return change


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("reason", "x", "Record 1: its row says otherwise than its text about reason."),
        ("change", "x", "Record 1: its row says otherwise than its text about change."),
        ("lab_digest", "x", "Record 1: its row says otherwise than its text about lab_digest."),
        ("at", MOMENT, "Record 1: its row says otherwise than its text about at."),
        ("body", "{}", "Record 1: the signature does not fit its text."),
        ("signature", "0" * 64, "Record 1: the signature does not fit its text."),
        ("signature", "é" * 64, "Record 1: the signature does not fit its text."),
        ("key_id", "0" * 12, "Record 1 is signed with a key that is not ours (000000000000)."),
    ],
)
def test_a_changed_record_shows(
    work: Submission,
    unguarded: Callable[[Record, str, Any], None],
    column: str,
    value: Any,
    words: str,
) -> None:
    attempt = graded(work)
    unguarded(attempt.records.get(), column, value)
    assert fresh(attempt) == [words]


def test_a_record_of_another_attempt_does_not_do(
    work: Submission, unguarded: Callable[[Record, str, Any], None]
) -> None:
    one, two = graded(work), graded(SubmissionFactory(mini_project=work.mini_project))
    unguarded(one.records.get(), "number", 2)
    unguarded_again = Record.objects.filter(attempt=one)
    unguarded_again.update(attempt=two)
    assert fresh(one) == ["There is no signed record of this attempt."]
    assert "Record 2: its row says otherwise than its text about attempt, number." in fresh(two)


def test_a_record_that_is_missing_between_others_shows(work: Submission) -> None:
    attempt = graded(work)
    records.add(attempt.pk, reason="fairer")
    assert fresh(attempt) == []
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER submissions_record_no_delete")
    Record.objects.filter(attempt=attempt, number=1).delete()
    assert fresh(attempt) == ["A record is missing between the others."]


def test_what_a_new_score_must_not_change_shows_although_it_was_signed(work: Submission) -> None:
    attempt = graded(work)
    Attempt.objects.update(levels={"c": "expert"}, worker="w2", log_tail="another")
    records.add(attempt.pk, reason="fairer")
    assert fresh(attempt) == [
        "A later record says otherwise than an earlier one about log_sha256, worker."
    ]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_part_of_the_text_that_is_changed_shows(work: Submission, data: st.DataObject) -> None:
    attempt = Attempt.objects.first() or graded(work)
    record = attempt.records.get()
    place = data.draw(st.integers(0, len(record.body) - 1))
    letter = data.draw(st.characters(codec="ascii").filter(lambda c: c != record.body[place]))
    record.body = record.body[:place] + letter + record.body[place + 1 :]
    assert records._unsigned(record) == ["Record 1: the signature does not fit its text."]


# Keys


def test_a_new_key_leaves_old_records_valid(work: Submission, settings: Settings) -> None:
    attempt = graded(work)
    old = settings.SIGNING_KEYS
    settings.SIGNING_KEYS = ["n" * 40, *old]
    assert fresh(attempt) == []
    newer = graded(SubmissionFactory(mini_project=work.mini_project))
    assert newer.records.get().key_id != attempt.records.get().key_id
    settings.SIGNING_KEYS = ["n" * 40]
    assert fresh(newer) == []
    assert "a key that is not ours" in fresh(attempt)[0]


def test_a_verdict_from_before_there_were_records_says_so(work: Submission) -> None:
    attempt = AttemptFactory(submission=work, state=State.DONE)
    assert fresh(attempt) == ["There is no signed record of this attempt."]
