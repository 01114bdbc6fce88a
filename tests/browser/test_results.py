"""Results in a real browser: a review by the keyboard, publishing, and how every page looks."""

from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.assessment import domain
from portal.assessment.models import Assessment, Draft
from portal.assessment.published import stand_of
from portal.courses import catalog
from portal.courses import domain as courses
from portal.courses.models import Edition
from portal.courses.names import people as invented
from portal.courses.rules import Role
from portal.people.models import User
from tests.browser.conftest import Opened
from tests.browser.steps import sign_in
from tests.browser.test_demos import LOOKS, show
from tests.factories import EnrolmentFactory, TeamFactory
from tests.portal.assessment.conftest import edition_file, level, project, row_of, solo
from tests.portal.assessment.test_size import crowded
from tests.worlds import PASSWORD, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture(params=LOOKS, ids="-".join)
def look(request: pytest.FixtureRequest) -> tuple[str, str]:
    size, scheme = request.param
    return size, scheme


def course(*names: str) -> tuple[Edition, User, list[User]]:
    """The small edition with a lecturer and students."""
    edition, _ = catalog.load_edition(edition_file(), {})
    tina = person("tina", "Tina Verstraete")
    EnrolmentFactory(edition=edition, person=tina, role=Role.LECTURER)
    students = []
    for number, name in enumerate(names):
        student = person(name.split()[0].lower(), name)
        EnrolmentFactory(
            edition=edition, person=student, track="gent", group="A", number=f"s{number}"
        )
        TeamFactory(edition=edition, name=name, solo=True, people=[student])
        students.append(student)
    return edition, tina, students


def places(edition: Edition, student: User | None = None) -> dict[str, str]:
    here = f"/editions/{edition.pk}"
    found = {
        name: f"{here}/{name}/"
        for name in ("results", "marks", "marks/exam", "resits", "requests", "outcomes", "publish")
    }
    if student:
        found["record"] = f"{here}/results/{student.pk}/"
        team = solo(student).pk
        found["assess"] = f"/projects/{project(edition, 'edge').pk}/assess/{team}/"
    return {name.replace("/", "-"): path for name, path in found.items()}


def test_empty(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    edition, _, _ = course()
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    show(page, live_server.url, "empty-results", places(edition), look)


def test_normal(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    edition, tina, (alice, bob, _) = course("Alice Mertens", "Bob Wouters", "Charlie Dupont")
    why = "Agreed with the class in the first week."
    courses.answer(edition=edition, setting="late_demo", value=True, by=tina, reason=why)
    edition = Edition.objects.get(pk=edition.pk)
    for name, given in (("works", "advanced"), ("report", "not yet proficient")):
        criterion = row_of(edition, "edge", name)
        domain.decide(
            team=solo(alice),
            criterion=criterion,
            level=level(criterion, given),
            by=tina,
            comment="Shown live; the report says less than the demo.",
        )
    domain.give_mark(edition=edition, mark="exam", owner=alice, points=Decimal("41.5"), by=tina)
    domain.lift(edition=edition, owner=bob, rule="HOG-21", reason="Was ill in week 4.", by=tina)
    request = domain.ask_again(
        edition=edition, student=alice, part="edge", words="The report has the numbers on page 3."
    )
    domain.answer(request=request, words="Read again; it stays.", changed=False, by=tina)
    domain.ask_again(edition=edition, student=alice, words="And the demo, please?")
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    show(page, live_server.url, "normal-results", places(edition, alice), look)
    page = open_page(*look)
    sign_in(page, live_server.url, "alice", PASSWORD)
    own = {"mine": f"/editions/{edition.pk}/my-result/"}
    show(page, live_server.url, "normal-results", own, look)
    domain.freeze(edition=edition, by=tina)
    domain.publish(edition=edition, by=tina)
    show(page, live_server.url, "published-results", own, look)


def test_crowded(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    edition = crowded(60, 7)
    students = list(User.objects.filter(enrolments__edition=edition))
    for each, name in zip(students, invented(60), strict=False):
        each.display_name = name
        each.save(update_fields=["display_name"])
    tina = person("tina", "Tina Verstraete")
    EnrolmentFactory(edition=edition, person=tina, role=Role.LECTURER)
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    here = f"/editions/{edition.pk}"
    names = {"book": "results", "exam": "marks/exam", "record": f"results/{students[0].pk}"}
    there = {name: f"{here}/{path}/" for name, path in names.items()}
    show(page, live_server.url, "crowded-results", there, look)


def test_a_review_by_the_keyboard(live_server: LiveServer, page: Page) -> None:
    edition, _, (alice,) = course("Alice Mertens")
    sign_in(page, live_server.url, "tina", PASSWORD)
    edge, team = project(edition, "edge"), solo(alice)
    page.goto(f"{live_server.url}/projects/{edge.pk}/assess/{team.pk}/")
    page.keyboard.press("j")
    page.keyboard.press("3")
    expect(page.get_by_text("Draft kept; not decided yet.")).to_be_visible()
    assert Draft.objects.get().level.name == "advanced"
    assert not Assessment.objects.exists()
    page.keyboard.press("c")
    page.keyboard.type("Knows 1 and 2 by heart.")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("1 of 2 criteria decided")).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("2")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("2 of 2 criteria decided")).to_be_visible()
    decided = Assessment.objects.order_by("criterion__order")
    assert [each.level.name for each in decided] == ["advanced", "proficient"]
    assert decided[0].comment == "Knows 1 and 2 by heart."


def test_a_gradebook_is_published(live_server: LiveServer, open_page: Opened) -> None:
    edition, _, (alice,) = course("Alice Mertens")
    page, hers = open_page(), open_page()
    sign_in(page, live_server.url, "tina", PASSWORD)
    page.goto(f"{live_server.url}/editions/{edition.pk}/results/")
    page.get_by_role("link", name="Why: Alice Mertens").click()
    expect(page.locator(f"#why-{alice.pk}")).to_contain_text("The lecturer in charge")
    page.get_by_role("link", name="Publish").click()
    page.get_by_role("button", name="Freeze the results").click()
    expect(page.get_by_role("heading", name="The results are frozen")).to_be_visible()
    sign_in(hers, live_server.url, "alice", PASSWORD)
    hers.get_by_role("link", name="My result").click()
    expect(hers.get_by_text("Not final: nothing is published yet.")).to_be_visible()
    page.get_by_role("button", name="Publish to the students").click()
    expect(page.get_by_role("heading", name="The results are published")).to_be_visible()
    assert stand_of(edition).word == "published"
    hers.reload()
    expect(hers.get_by_text("This is your result, published on")).to_be_visible()
    expect(hers.get_by_text("Not final")).to_have_count(0)
