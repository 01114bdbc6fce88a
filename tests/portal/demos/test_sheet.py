"""The lecturer's sheet of a demo: what it tells of who did what."""

import pytest
from django.test import Client
from django.urls import reverse

from portal.courses.models import Edition
from portal.people.models import User
from portal.submissions.models import LookupStatus
from tests.factories import AttemptFactory, LookupFactory, SubmissionFactory, TeamFactory
from tests.portal.demos.rows import one_of_everything


@pytest.mark.rule("DTU-17")
def test_commits_are_told_as_information(
    client: Client, hogent: Edition, alice: User, tina: User
) -> None:
    project = hogent.mini_projects.all()[0]
    team = TeamFactory(edition=hogent, people=[alice])
    work = SubmissionFactory(mini_project=project, team=team, submitted_by=alice)
    AttemptFactory(submission=work)
    LookupFactory(
        mini_project=project,
        team=team,
        person=alice,
        status=LookupStatus.FOUND,
        commit=work.commit,
        authors=[["Ada <b>", 7]],
        submission=work,
    )
    booking = one_of_everything(work, tina)["booking"]
    client.force_login(tina)
    page = client.get(reverse("demos:sheet", args=booking)).content.decode()
    assert "Ada &lt;b&gt;" in page
    assert "7 of the last commits" in page
    assert "Neither commits nor links handed in tell how much somebody did" in page
