"""What a worker does beside: one thing at a time, and nothing that it meets stops the next."""

from pathlib import Path

import pytest
from django.utils import timezone

from grader import aside, history
from grader.history import Contributor, History
from lab_specs.faults import Code
from portal.submissions import histories
from portal.submissions.models import History as Row
from tests.factories import SubmissionFactory
from tests.grader.repositories import repository

pytestmark = pytest.mark.django_db


def wait(repository: str = "https://github.com/a/b", commit: str = "a" * 40) -> Row:
    work = SubmissionFactory(repository=repository, commit=commit)
    histories.order(work, now=timezone.now())
    return Row.objects.get(submission=work)


def test_histories_are_read_one_after_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = repository(tmp_path / "a", {"x.py": "1\n"})
    settings = aside.settings().model_copy(
        update={"local_repositories": tmp_path, "workdir": tmp_path / "work"}
    )
    monkeypatch.setattr(aside, "settings", lambda: settings)
    rows = [wait((tmp_path / "a").as_uri(), sha), wait((tmp_path / "gone").as_uri())]
    aside.read_histories()
    for row in rows:
        row.refresh_from_db()
    assert rows[0].told["contributors"][0]["mail"] == "ada@example.org"
    assert rows[1].fault == Code.REPOSITORY_NOT_FOUND
    assert list((tmp_path / "work").iterdir()) == []


def test_a_history_that_breaks_us_does_not_stop_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(where: str, *_: object) -> History:
        if where == "bad":
            raise ZeroDivisionError
        return History([Contributor("A", "a@x")])

    monkeypatch.setattr(history, "read", read)
    bad, good = wait("bad"), wait("good")
    aside.read_histories()
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.fault, bad.answered_at) == (Code.INTERNAL, None)
    assert good.told is not None


def test_a_second_bell_finds_the_hand_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    row = wait()
    with aside.HAND:
        aside.read_histories()
    row.refresh_from_db()
    assert row.tries == 0
