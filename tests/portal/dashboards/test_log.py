"""The log of an edition: who did what to whose work, when and why."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django.fixtures import Settings

from lab_specs.loader import load_lab
from lab_specs.report import Outcome
from portal.assessment import domain as assessment
from portal.assessment.models import AssessmentEvent
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.rules import Role
from portal.dashboards.log import Entry, entries, keys
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.models import Record, Submission, Transition
from portal.submissions.states import State
from tests.factories import (
    MOMENT,
    AttemptFactory,
    CriterionFactory,
    EditionFactory,
    EnrolmentFactory,
    SubmissionFactory,
    TeamFactory,
)
from tests.portal.similarity.rows import finished
from tests.portal.submissions.labs import judge, put_lab


def lines(edition: Edition, person: str = "") -> list[Entry]:
    return entries(keys(edition, person=person))


def told(entry: Entry) -> tuple[str, str, str, str]:
    assert entry.person
    return entry.person.username, entry.deed, entry.detail, entry.reason


@pytest.fixture
def story(
    work: Submission,
    mini_project: MiniProject,
    alice: User,
    tina: User,
    amir: User,
    settings: Settings,
    tmp_path: Path,
) -> Edition:
    """A week of an edition: handed in, judged, decided, scored again, run again, cancelled."""
    put_lab(tmp_path)
    attempt = judge(work, tmp_path, schema=Outcome.FAILED)
    interface = CriterionFactory(mini_project=mini_project, slug="interface", title="Interface")
    care = CriterionFactory(mini_project=mini_project, slug="care", title="Care")
    report = CriterionFactory(mini_project=mini_project, lab="", title="Report")
    for criterion, level, comment in (
        (interface, "proficient", "shown in the lab"),
        (care, "advanced", ""),
        (report, "expert", "well told"),
    ):
        assessment.decide(
            team=work.team,
            criterion=criterion,
            level=criterion.levels.get(name=level),
            by=tina,
            attempt=attempt,
            comment=comment,
        )
    put_lab(tmp_path, schema_level="advanced")
    lab = load_lab(tmp_path / "serving")
    assert domain.rescore(attempt=attempt, lab=lab, by=tina, reason="fairer")
    again = domain.rerun(submission=work, by=amir, reason="the engine was slow")
    assert domain.cancel(attempt=again, by=alice, reason="not needed")
    return mini_project.edition


def test_the_log_tells_who_did_what_and_why(story: Edition) -> None:
    assert [told(entry) for entry in lines(story)] == [
        ("alice", "cancelled", "", "not needed"),
        ("amir", "ran again", "", "the engine was slow"),
        (
            "tina",
            "scored again",
            "interface: not yet proficient → proficient; verdict: failed → passed",
            "fairer",
        ),
        ("tina", "decided", "Report: expert", "well told"),
        ("tina", "confirmed", "Care: advanced", ""),
        (
            "tina",
            "overrode",
            "Interface: proficient (the checks proposed not yet proficient)",
            "shown in the lab",
        ),
    ]


def test_the_page_names_the_work_and_leads_to_it(
    story: Edition, work: Submission, tina: User, client: Client
) -> None:
    client.force_login(tina)
    text = client.get(reverse("dashboards:log", args=[story.pk])).content.decode()
    attempt = work.attempts.get(number=1)
    assert f'<a href="/attempts/{attempt.pk}/">Amber</a>' in text
    assert "the engine was slow" in text
    assert 'aria-current="page">Log</a>' in text


def test_handing_in_and_what_machines_do_are_left_out(
    work: Submission, mini_project: MiniProject, team: Team, alice: User
) -> None:
    for commit in ("b" * 40, "c" * 40):
        domain.submit(
            mini_project=mini_project,
            team=team,
            by=alice,
            lab="serving",
            repository="https://github.com/alice/digits",
            commit=commit,
        )
    assert Transition.objects.filter(by=alice).count() == 3
    assert lines(mini_project.edition) == []


def test_who_had_the_groups_compared_is_told(work: Submission, tina: User) -> None:
    other = SubmissionFactory(mini_project=work.mini_project)
    finished([work, other], tina, template="https://github.com/uni/start")
    (entry,) = lines(work.mini_project.edition)
    detail = "without the template https://github.com/uni/start"
    assert told(entry) == ("tina", "compared the groups", detail, "")


def test_another_edition_has_a_log_of_its_own(story: Edition, otto: User, client: Client) -> None:
    other = EditionFactory()
    EnrolmentFactory(edition=other, person=otto, role=Role.LECTURER)
    client.force_login(otto)
    assert lines(other) == []
    assert "Nothing yet" in client.get(reverse("dashboards:log", args=[other.pk])).content.decode()
    assert client.get(reverse("dashboards:log", args=[story.pk])).status_code == 404


def test_the_log_is_filtered_by_person(story: Edition, amir: User, client: Client) -> None:
    amir.display_name = "Amir Rahimi"
    amir.save()
    assert [entry.deed for entry in lines(story, "RAHIMI")] == ["ran again"]
    assert [entry.deed for entry in lines(story, "alic")] == ["cancelled"]
    client.force_login(amir)
    path = reverse("dashboards:log", args=[story.pk])
    assert "Nobody of that name" in client.get(path, {"person": "zoe"}).content.decode()
    shown = client.get(path, {"person": "<b>tina"})
    assert "&lt;b&gt;tina" in shown.content.decode()


def many(mini_project: MiniProject, by: User, number: int) -> None:
    """As many of each kind, each of another team."""
    for each in range(number):
        team = TeamFactory(edition=mini_project.edition)
        work = SubmissionFactory(mini_project=mini_project, team=team)
        attempt = AttemptFactory(submission=work, number=2, state=State.DONE)
        moment = MOMENT + timedelta(minutes=each)
        Transition.objects.create(attempt=attempt, target=State.QUEUED, at=moment, by=by, note="n")
        Record.objects.create(attempt=attempt, number=2, at=moment, by=by, change="c", body="{}")
        criterion = CriterionFactory(mini_project=mini_project)
        AssessmentEvent.objects.create(
            mini_project=mini_project,
            team=team,
            criterion=criterion,
            level=criterion.levels.get(order=1),
            assessor=by,
            decided_at=moment,
            version=1,
        )


def test_the_log_takes_as_many_queries_for_30_as_for_3(
    mini_project: MiniProject, tina: User, client: Client
) -> None:
    client.force_login(tina)
    path = reverse("dashboards:log", args=[mini_project.edition_id])

    def queries() -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len(captured)

    many(mini_project, tina, 1)
    few = queries()
    many(mini_project, tina, 9)
    assert queries() == few


def test_the_log_is_shown_a_hundred_at_a_time_and_keeps_its_filter(
    mini_project: MiniProject, tina: User, client: Client
) -> None:
    many(mini_project, tina, 34)
    client.force_login(tina)
    path = reverse("dashboards:log", args=[mini_project.edition_id])
    first = client.get(path, {"person": "tina"})
    assert len(first.context["entries"]) == 100
    assert "?person=tina&amp;page=2" in first.content.decode()
    moments = [entry.at for entry in first.context["entries"]]
    assert moments == sorted(moments, reverse=True)
    assert len(client.get(path, {"person": "tina", "page": "2"}).context["entries"]) == 2
