"""The admin shows submissions and changes none."""

import pytest
from django.test import Client

from portal.people.models import User
from portal.submissions.models import Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory


@pytest.fixture
def admin(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


@pytest.mark.parametrize("model", ["submission", "attempt", "transition", "record", "lookup"])
def test_lists_open(admin: Client, model: str, work: Submission) -> None:
    AttemptFactory(submission=work)
    assert admin.get(f"/admin/submissions/{model}/").status_code == 200
    assert admin.get(f"/admin/submissions/{model}/add/").status_code == 403


def test_a_row_is_read_but_not_written(admin: Client, work: Submission) -> None:
    attempt = AttemptFactory(submission=work, state=State.RUNNING)
    address = f"/admin/submissions/attempt/{attempt.pk}/change/"
    page = admin.get(address)
    assert page.status_code == 200
    assert str(attempt.token) not in page.text
    assert admin.post(address, {"state": "done", "verdict": "passed"}).status_code == 403
    attempt.refresh_from_db()
    assert attempt.state == State.RUNNING
