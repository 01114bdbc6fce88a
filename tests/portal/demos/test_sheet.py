"""The lecturer's sheet of a demo: what it tells of who did what."""

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.courses.models import Edition
from portal.people.models import User
from portal.submissions import histories
from portal.submissions.models import History
from tests.factories import AttemptFactory, SubmissionFactory, TeamFactory
from tests.portal.demos.rows import one_of_everything

HISTORY = """{
  "contributors": [{
    "name": "Ada <b>", "mail": "ada@x.example", "also": [], "commits": 7, "helped": 0,
    "added": 9, "removed": 1, "left_out": 0, "first": "2024-09-20", "last": "2024-09-28"
  }],
  "commits": 7, "with_lines": 7, "merges": 0, "by_bots": 0, "unread": 0, "people": 0, "whole": true
}"""


@pytest.mark.rule("DTU-17")
def test_commits_are_told_as_information(
    client: Client, hogent: Edition, alice: User, tina: User
) -> None:
    project = hogent.mini_projects.all()[0]
    team = TeamFactory(edition=hogent, people=[alice])
    work = SubmissionFactory(mini_project=project, team=team, submitted_by=alice)
    AttemptFactory(submission=work)
    histories.order(work, now=timezone.now())
    row = History.objects.get()
    told = json.loads(HISTORY)
    histories.answer(history_id=row.pk, told=told, now=timezone.now())
    booking = one_of_everything(work, tina)["booking"]
    client.force_login(tina)
    page = client.get(reverse("demos:sheet", args=booking)).content.decode()
    assert "Ada &lt;b&gt;" in page
    assert "7 commits that lead to this one" in page
    assert "These figures can start a conversation, and decide nothing." in page
