"""Demos in a real browser: booking, the sheet, and how every page looks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portal.courses import catalog
from portal.courses.domain import team_for
from portal.courses.models import Edition, MiniProject, SessionDate
from portal.courses.names import people as invented
from portal.courses.rules import Role
from portal.demos import domain
from portal.demos.models import Booking, DemoNote, Slot
from portal.demos.offers import Kind
from portal.people.models import User
from tests.browser.conftest import Opened, shoot
from tests.browser.steps import sign_in
from tests.factories import EnrolmentFactory, UserFactory
from tests.portal.demos.offering import file_of
from tests.worlds import PASSWORD, person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("phone", "light"), ("phone", "dark"), ("desktop", "light"), ("desktop", "dark")]


@dataclass
class Semester:
    """HOGENT's edition as if it had begun a week ago."""

    edition: Edition
    tina: User
    students: list[User]
    slots: list[Slot]

    def project(self, slug: str) -> MiniProject:
        return self.edition.mini_projects.get(slug=slug)


def semester(*, students: int = 3, slots: int = 6) -> Semester:
    edition, _ = catalog.load_edition(file_of("hogent-2024-25"), catalog.shelf())
    tina = person("tina", "Tina Verstraete")
    EnrolmentFactory(edition=edition, person=tina, role=Role.LECTURER)
    today = timezone.now().date()
    for number, session in enumerate(("m1", "m2", "m3")):
        SessionDate.objects.create(
            edition=edition,
            session=session,
            on=today + timedelta(days=7 * number - 6),
            reason="the room was not free",
            by=tina,
            at=timezone.now(),
        )
    names = [("alice", "Alice Mertens"), ("bob", "Bob Wouters"), ("charlie", "Charlie Dupont")]
    people = [person(*each) for each in names[:students]]
    for number, name in zip(range(students - len(people)), invented(3), strict=False):
        people.append(UserFactory(username=f"student{number:03}", display_name=name))
    for each in people:
        EnrolmentFactory(edition=edition, person=each, track="gent", lecturer=tina)
    found = publish(edition, tina, slots) if slots else []
    return Semester(edition, tina, people, found)


def publish(edition: Edition, tina: User, number: int) -> list[Slot]:
    first = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=2)
    starts = [first + timedelta(days=n // 12, minutes=15 * (n % 12)) for n in range(number)]
    given = {"kind": Kind.CONTACT, "minutes": 10, "place": "B.1.015"}
    return domain.publish(edition=edition, by=tina, starts=starts, **given)


def show(page: Page, base: str, world: str, places: dict[str, str], look: Sequence[str]) -> None:
    wide = []
    for name, place in places.items():
        page.goto(f"{base}{place}")
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        shoot(page, f"{world}-{name}-{'-'.join(look)}")
        if page.evaluate("document.documentElement.scrollWidth - window.innerWidth") > 0:
            wide.append(name)
    assert wide == []


@pytest.fixture(params=LOOKS, ids="-".join)
def look(request: pytest.FixtureRequest) -> tuple[str, str]:
    size, scheme = request.param
    return size, scheme


def on_day(slot: Slot) -> str:
    day: datetime = slot.starts_at.astimezone(slot.edition.zone)
    return f"/editions/{slot.edition_id}/demos/day/?on={day.date()}"


def test_empty(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    world = semester(slots=0)
    edition, docker = world.edition.pk, world.project("docker").pk
    page = open_page(*look)
    sign_in(page, live_server.url, "alice", PASSWORD)
    talks = f"/editions/{edition}/talks/"
    places = {"own": f"/editions/{edition}/demos/", "slots": f"/projects/{docker}/slots/demo/"}
    show(page, live_server.url, "empty-demos", places | {"talks": talks}, look)
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    places = {"day": f"/editions/{edition}/demos/day/", "talks-staff": talks}
    show(page, live_server.url, "empty-demos", places, look)


def test_normal(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    world = semester()
    alice, bob, charlie = world.students
    docker, cicd = world.project("docker"), world.project("cicd")
    booking = domain.book(slot=world.slots[0], mini_project=docker, item="demo", by=alice)
    domain.book(slot=world.slots[1], mini_project=docker, item="demo", by=bob)
    domain.wait_for(slot=world.slots[0], mini_project=docker, item="demo", by=charlie)
    workflow = world.project("workflow")
    link = "https://video.example/watch?v=a-long-name-for-a-recording"
    video = domain.send_video(mini_project=workflow, item="demo", link=link, by=charlie)
    lines = "Hidden debt in learning systems | https://example.org/debt\nTests of data\nDrift"
    domain.add_articles(edition=world.edition, lines=lines, by=world.tina)
    for article, student in zip(world.edition.articles.all(), (alice, bob), strict=False):
        talk = domain.assign(article=article, student=student, by=world.tina)
    assert talk is not None
    domain.note_question(talk=talk, student=alice, by=world.tina)
    edition = world.edition.pk
    page = open_page(*look)
    sign_in(page, live_server.url, "alice", PASSWORD)
    places = {
        "own": f"/editions/{edition}/demos/",
        "slots": f"/projects/{cicd.pk}/slots/demo/",
        "talks": f"/editions/{edition}/talks/",
        "calendar": "/calendar/",
    }
    show(page, live_server.url, "normal-demos", places, look)
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    places = {
        "day": on_day(world.slots[0]),
        "publish": f"/editions/{edition}/demos/publish/",
        "sheet": f"/bookings/{booking.pk}/sheet/",
        "video": f"/videos/{video.pk}/sheet/",
        "talks-staff": f"/editions/{edition}/talks/",
    }
    show(page, live_server.url, "normal-demos", places, look)


def test_crowded(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    world = semester(students=40, slots=60)
    docker = world.project("docker")
    for slot, student in zip(world.slots, world.students, strict=False):
        domain.book(slot=slot, mini_project=docker, item="demo", by=student)
    lines = "\n".join(f"Article {n} on what can go wrong in a long title" for n in range(40))
    domain.add_articles(edition=world.edition, lines=lines, by=world.tina)
    domain.assign_rest(edition=world.edition, by=world.tina)
    page = open_page(*look)
    sign_in(page, live_server.url, "alice", PASSWORD)
    cicd = world.project("cicd").pk
    show(page, live_server.url, "crowded-demos", {"slots": f"/projects/{cicd}/slots/demo/"}, look)
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    places = {"day": on_day(world.slots[0]), "talks": f"/editions/{world.edition.pk}/talks/"}
    show(page, live_server.url, "crowded-demos", places, look)


def test_a_student_books_and_cancels(live_server: LiveServer, page: Page) -> None:
    world = semester()
    docker = world.project("docker")
    domain.book(slot=world.slots[0], mini_project=docker, item="demo", by=world.students[1])
    sign_in(page, live_server.url, "alice", PASSWORD)
    page.get_by_role("link", name="Demos").click()
    page.get_by_role("link", name="Choose a slot: Lab 1, Docker").click()
    rows = page.get_by_role("row")
    expect(rows.nth(1)).to_contain_text("Somebody has taken it.")
    expect(rows.nth(1).get_by_role("button", name="Join the waiting list")).to_be_visible()
    rows.nth(2).get_by_role("button", name="Book").press("Enter")
    expect(page.get_by_text("Booked. It is in your calendar")).to_be_visible()
    assert Booking.objects.get(by=world.students[0]).slot == world.slots[1]
    page.get_by_role("link", name="Choose a slot: Lab 2").click()
    expect(page.get_by_role("row").nth(3)).to_contain_text("HOG-23")
    page.go_back()
    page.get_by_role("button", name="Cancel: Lab 1").click()
    expect(page.get_by_text("The slot is free for others.")).to_be_visible()


def test_a_sheet_is_kept_as_it_is_filled_in(live_server: LiveServer, page: Page) -> None:
    world = semester()
    docker = world.project("docker")
    booking = domain.book(
        slot=world.slots[0], mini_project=docker, item="demo", by=world.students[0]
    )
    Slot.objects.filter(pk=booking.slot_id).update(starts_at=timezone.now())
    sign_in(page, live_server.url, "tina", PASSWORD)
    page.goto(f"{live_server.url}/bookings/{booking.pk}/sheet/")
    saved = page.locator("#saved")
    page.get_by_role("textbox", name="Notes").fill("Knows layers well.")
    expect(saved).to_contain_text("✔ Saved")
    page.get_by_label("advanced").first.check()
    expect(page.locator("#seen")).to_have_value("2")
    page.get_by_role("checkbox", name="What is the difference").check()
    expect(page.locator("#seen")).to_have_value("3")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_text("0:01")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_label("Minutes that it took")).to_have_value("1")
    expect(page.locator("#seen")).to_have_value("4")
    page.get_by_role("button", name="The demo was held").click()
    expect(page.get_by_text("Held", exact=True)).to_be_visible()
    sheet = DemoNote.objects.get()
    assert (sheet.text, sheet.asked, len(sheet.levels)) == ("Knows layers well.", [0], 1)
    assert sheet.finished_at is not None
    assert team_for(person=world.students[0], mini_project=docker).demos_held.get().minutes == 1
