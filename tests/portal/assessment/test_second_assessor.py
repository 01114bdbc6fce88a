"""Two assessors: what counts is what they agree on; nobody overwrites anybody unseen."""

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from portal.assessment.domain import CHANGED, decide, keep_draft
from portal.assessment.gather import gather
from portal.assessment.models import Assessment, Draft, SecondOpinion, SecondOpinionEvent
from portal.assessment.policy.facts import Assessed
from portal.common.errors import Refused
from portal.courses.models import Criterion, Edition
from portal.people.models import User
from tests.portal.assessment.conftest import level, row_of, solo

HTMX = {"HX-Request": "true"}


@pytest.fixture
def criterion(ruled: Edition) -> Criterion:
    return row_of(ruled, "serving")


def counts(ruled: Edition, person: User) -> list[str]:
    return [f.level for f in gather(ruled).facts[person.pk] if isinstance(f, Assessed)]


def test_one_alone_does_not_count(
    ruled: Edition, criterion: Criterion, ann: User, lea: User, ali: User
) -> None:
    one = {"team": solo(ann), "criterion": criterion}
    decide(**one, level=level(criterion, "advanced"), by=lea)
    assert counts(ruled, ann) == []
    decide(**one, level=level(criterion, "proficient"), by=ali)
    assert counts(ruled, ann) == []
    assert Assessment.objects.get().assessor == lea
    assert SecondOpinion.objects.get().assessor == ali
    decide(**one, level=level(criterion, "advanced"), by=ali, seen=1, comment="She is right.")
    assert counts(ruled, ann) == ["advanced"]
    decide(**one, level=level(criterion, "expert"), by=lea, seen=1)
    assert counts(ruled, ann) == []
    assert SecondOpinionEvent.objects.count() == 2


def test_a_student_reads_no_level_that_does_not_count(
    ruled: Edition, criterion: Criterion, ann: User, lea: User, ali: User, client: Client
) -> None:
    one = {"team": solo(ann), "criterion": criterion, "level": level(criterion, "advanced")}
    decide(**one, by=lea, comment="Only for the second one.")
    client.force_login(ann)
    page = reverse("submissions:project", args=[criterion.mini_project_id])
    for path, words in (("/", "advanced"), (page, "Confirmed levels"), (page, "Only for")):
        assert words not in client.get(path).content.decode()
    decide(**one, by=ali)
    for path, words in (("/", "advanced"), (page, "Confirmed levels")):
        assert words in client.get(path).content.decode()


def test_the_first_alone_changing_twice_is_still_one(
    ruled: Edition, criterion: Criterion, ann: User, lea: User
) -> None:
    for seen in (0, 1):
        decide(
            team=solo(ann), criterion=criterion, level=level(criterion, "expert"), by=lea, seen=seen
        )
    assert not SecondOpinion.objects.exists()
    assert counts(ruled, ann) == []


def test_where_one_is_enough_it_counts_at_once(ruled: Edition, ann: User, lea: User) -> None:
    criterion = row_of(ruled, "edge")
    decide(team=solo(ann), criterion=criterion, level=level(criterion, "expert"), by=lea)
    assert counts(ruled, ann) == ["expert"]


def test_the_second_sees_the_first_only_afterwards(
    criterion: Criterion, ann: User, lea: User, ali: User, client: Client
) -> None:
    team = solo(ann)
    decide(team=team, criterion=criterion, level=level(criterion, "expert"), by=lea, comment="Wow.")
    path = reverse("assessment:assess", args=[criterion.mini_project_id, team.pk])
    client.force_login(ali)
    before = client.get(path).content.decode()
    assert "A first assessor has decided" in before
    assert "Wow." not in before
    form = {"level": level(criterion, "proficient").pk, "seen": "0", "comment": ""}
    after = client.post(f"{path}{criterion.pk}/", form, headers=HTMX).content.decode()
    assert "The assessors disagree" in after
    assert "Wow." in after
    client.force_login(lea)
    assert "The assessors disagree" in client.get(path).content.decode()


def test_the_same_form_sent_twice_is_one_decision(
    criterion: Criterion, ann: User, lea: User
) -> None:
    for _ in range(2):
        decide(team=solo(ann), criterion=criterion, level=level(criterion, "expert"), by=lea)
    assert Assessment.objects.get().version == 1


def test_two_decisions_that_meet_are_shown_side_by_side(
    ruled: Edition, ann: User, lea: User, ali: User, client: Client
) -> None:
    criterion, team = row_of(ruled, "edge"), solo(ann)
    decide(team=team, criterion=criterion, level=level(criterion, "expert"), by=ali, comment="A.")
    with pytest.raises(Refused, match=CHANGED):
        decide(team=team, criterion=criterion, level=level(criterion, "proficient"), by=lea)
    client.force_login(lea)
    path = reverse("assessment:assess-one", args=[criterion.mini_project_id, team.pk, criterion.pk])
    form = {"level": level(criterion, "proficient").pk, "seen": "0", "comment": "B."}
    refused = client.post(path, form, headers=HTMX)
    page = refused.content.decode()
    assert refused.status_code == 422
    assert "Two decisions meet here" in page
    assert all(words in page for words in ("Ali", "“A.”", "“B.”", 'name="seen" value="1"'))
    assert client.post(path, form | {"seen": "1"}, headers=HTMX).status_code == 200
    assert Assessment.objects.get().assessor == lea


def test_a_draft_is_kept_for_its_writer_alone(
    ruled: Edition, ann: User, lea: User, ali: User, client: Client
) -> None:
    criterion, team = row_of(ruled, "edge"), solo(ann)
    path = reverse("assessment:assess", args=[criterion.mini_project_id, team.pk])
    chosen = level(criterion, "advanced")
    client.force_login(lea)
    form = {"level": chosen.pk, "comment": "Half a thought"}
    answer = client.post(f"{path}{criterion.pk}/draft/", form, headers=HTMX)
    assert "Draft kept" in answer.content.decode()
    assert counts(ruled, ann) == []
    page = client.get(path).content.decode()
    assert "Half a thought" in page
    assert f'value="{chosen.pk}" required checked' in page
    client.force_login(ali)
    assert "Half a thought" not in client.get(path).content.decode()
    decide(team=team, criterion=criterion, level=chosen, by=lea, comment="Half a thought")
    assert not Draft.objects.exists()
    late = keep_draft(
        team=team, criterion=criterion, level=chosen, comment="Half a thought ", by=lea
    )
    assert late is None
    assert not Draft.objects.exists()


def test_a_student_keeps_no_draft(ruled: Edition, ann: User) -> None:
    with pytest.raises(PermissionDenied):
        keep_draft(team=solo(ann), criterion=row_of(ruled, "edge"), level=None, comment="x", by=ann)


def test_the_resit_is_decided_beside_the_first_chance(
    ruled: Edition, ann: User, lea: User, client: Client
) -> None:
    criterion, team = row_of(ruled, "edge"), solo(ann)
    decide(team=team, criterion=criterion, level=level(criterion, "not yet proficient"), by=lea)
    client.force_login(lea)
    path = reverse("assessment:assess-one", args=[criterion.mini_project_id, team.pk, criterion.pk])
    form = {"level": level(criterion, "advanced").pk, "seen": "0", "comment": ""}
    assert client.post(f"{path}?chance=2", form, headers=HTMX).status_code == 200
    facts = [f for f in gather(ruled).facts[ann.pk] if isinstance(f, Assessed)]
    assert {(f.chance, f.level) for f in facts} == {(1, "not yet proficient"), (2, "advanced")}
    client.force_login(ann)
    assert "advanced" in client.get("/").content.decode()
