"""History is only ever added to: models refuse to change it, and so does the database."""

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from portal.common.appendonly import AppendOnly
from portal.submissions.models import Submission, Transition
from portal.submissions.states import State
from tests.factories import AttemptFactory

HISTORY = [model for model in apps.get_models() if issubclass(model, AppendOnly)]


def test_history_is_known() -> None:
    names = {model.__name__ for model in HISTORY}
    assert {"Transition", "Record", "AssessmentEvent"} <= names


@pytest.mark.django_db
@pytest.mark.parametrize("model", HISTORY)
def test_the_database_has_both_triggers_of_each_table(model: type[models.Model]) -> None:
    """A migration that makes a table anew on SQLite loses them: `protect` it there again."""
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
        )
        assert {name for (name,) in cursor.fetchall()} == {
            f"{table}_no_update",
            f"{table}_no_delete",
        }


@pytest.fixture
def row(work: Submission) -> Transition:
    attempt = AttemptFactory(submission=work)
    return Transition.objects.create(
        attempt=attempt, target=State.QUEUED, at=attempt.queued_at, note="first"
    )


def test_the_model_refuses(row: Transition) -> None:
    row.note = "never happened"
    with pytest.raises(TypeError, match="only ever added"):
        row.save()
    with pytest.raises(TypeError, match="only ever added"):
        row.delete()
    with pytest.raises(IntegrityError, match="UNIQUE"), transaction.atomic():
        Transition(pk=row.pk, attempt=row.attempt, target="done", at=row.at).save()
    row.refresh_from_db()
    assert row.note == "first"


def test_the_database_refuses_an_update(row: Transition) -> None:
    with pytest.raises(IntegrityError, match="submissions_transition are only ever added"):
        Transition.objects.update(note="never happened")


def test_the_database_refuses_to_delete(row: Transition) -> None:
    with pytest.raises(IntegrityError, match="submissions_transition are only ever added"):
        Transition.objects.filter(pk=row.pk).delete()


def test_an_attempt_does_not_take_its_history_with_it(row: Transition) -> None:
    with pytest.raises(IntegrityError, match="only ever added"):
        row.attempt.delete()


@pytest.mark.django_db(transaction=True)
def test_the_way_back_takes_the_triggers_away() -> None:
    call_command("migrate", "submissions", "0001", verbosity=0)
    call_command("migrate", verbosity=0)
