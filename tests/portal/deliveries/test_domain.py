"""Handing in what is not code."""

import pytest

from portal.common.errors import Refused, TooOften
from portal.courses.models import MiniProject, Team
from portal.deliveries import domain
from portal.deliveries.models import Delivery
from portal.people.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.mark.rule("DTU-3")
@pytest.mark.rule("UPC-8")
@pytest.mark.parametrize(
    ("item", "link", "text"),
    [
        ("report", "https://a.example/report.pdf", ""),
        ("report", "reports/my report.md", ""),
        ("report", "", "# Data"),
        ("update", "", "We trained."),
        ("link", "https://github.com/a/b", ""),
        ("code", "https://github.com/a/b", ""),
    ],
)
def test_a_team_hands_in_and_hands_in_again(
    project: MiniProject, cedar: Team, ann: User, item: str, link: str, text: str
) -> None:
    for _ in range(2):
        row = domain.deliver(mini_project=project, deliverable=item, by=ann, link=link, text=text)
    assert (row.team, row.by, row.link, row.text) == (cedar, ann, link, text)
    assert Delivery.objects.count() == 2


@pytest.mark.parametrize(
    ("item", "link", "text", "says"),
    [
        ("update", "https://a.example", "", "Write the text first"),
        ("link", "", "see below", "Paste the link first"),
        ("report", " ", "\x00", "Give a link, a path"),
        ("report", "", "x" * 100_001, "100001 characters, and 100000 fit"),
        ("report", "javascript:alert(1)", "", "That is no link"),
        ("report", "https://ann:secret@a.example", "", "That is no link"),
        ("report", "../etc/passwd", "", "or a path like"),
        ("report", "/etc/passwd", "", "or a path like"),
        ("report", "a" * 501, "", "That is no link"),
        ("link", "reports/README.md", "", "That is no link"),
        ("link", "https://[x", "", "That is no link"),
        ("code", "", "it is in my repository", "Paste the link first"),
        ("code", "src/train.py", "", "That is no link"),
        ("demo", "https://a.example", "", "nothing of that name"),
        ("song", "https://a.example", "", "nothing of that name"),
    ],
)
def test_what_is_not_asked_is_refused_in_words(
    project: MiniProject, cedar: Team, ann: User, item: str, link: str, text: str, says: str
) -> None:
    with pytest.raises(Refused, match=says):
        domain.deliver(mini_project=project, deliverable=item, by=ann, link=link, text=text)
    assert not Delivery.objects.exists()


def test_code_that_a_lab_takes_is_not_handed_in_here(
    project: MiniProject, cedar: Team, ann: User
) -> None:
    project.labs = ["serving"]
    with pytest.raises(Refused, match="nothing of that name"):
        domain.deliver(
            mini_project=project, deliverable="code", by=ann, link="https://github.com/a/b"
        )


def test_only_members_hand_in(project: MiniProject, cedar: Team) -> None:
    with pytest.raises(Refused, match="Only the students"):
        domain.deliver(
            mini_project=project, deliverable="update", by=UserFactory(username="zoe"), text="x"
        )


def test_too_often_is_slowed_not_locked(project: MiniProject, cedar: Team, ann: User) -> None:
    for _ in range(domain.HAND_INS.at_once):
        domain.deliver(mini_project=project, deliverable="update", by=ann, text="x")
    with pytest.raises(TooOften):
        domain.deliver(mini_project=project, deliverable="update", by=ann, text="x")
