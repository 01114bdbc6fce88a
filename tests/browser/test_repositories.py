"""Repositories for a roster in the browser: empty, planned, in the middle, crowded; all looks."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from lab_specs.edition.syllabus import PullRequests
from portal.github import provisions, rooms
from portal.github.models import Installation, Provision, Repository, Room, RoomStatus, Workflow
from portal.people.models import User
from tests.browser.conftest import Opened, shoot
from tests.browser.steps import sign_in
from tests.portal.github.asking import asking
from tests.worlds import PASSWORD, World, hand_in, judged, make_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("phone", "light"), ("phone", "dark"), ("desktop", "light"), ("desktop", "dark")]


def fits(page: Page) -> bool:
    """Whether nothing sticks out of the page sideways."""
    wide: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return wide <= 0


def looks(open_page: Opened, base: str, places: dict[str, str]) -> None:
    """Every place in every look."""
    for look in LOOKS:
        page = open_page(*look)
        sign_in(page, base, "tina", PASSWORD)
        for name, place in places.items():
            page.goto(f"{base}{place}")
            shoot(page, f"repositories-{name}-{'-'.join(look)}")
            assert fits(page), (name, look)
        page.context.close()


def installed(world: World) -> Installation:
    row = Installation.objects.create(
        number=7,
        account="mlops-school",
        permissions={"administration": "write"},
        seen_at=timezone.now(),
    )
    row.courses.add(world.edition.course)
    return row


def ordered(world: World) -> Provision:
    """Names of all kinds: proved, claimed and unknown."""
    for number, person in enumerate(world.students):
        login = f"hub-{number:03}" if number % 4 else ""
        proved = 1000 + number if number % 4 in {1, 2} else None
        User.objects.filter(pk=person.pk).update(github_login=login, github_id=proved)
    order = provisions.Order(
        mini_projects=world.mini_projects[:2], pattern="{course}-{edition}-{team}", template="a/b"
    )
    provision = provisions.order(
        edition=world.edition, installation=installed(world), order=order, by=world.lecturer
    )
    rooms.look(provision, by=world.lecturer)
    return provision


def in_the_middle(provision: Provision) -> None:
    """A room of every kind, one after the other."""
    states: list[dict[str, Any]] = [
        {"seen": {"there": False}},
        {"seen": {"there": True, "ours": False, "full_name": "mlops-school/taken"}},
        {"status": RoomStatus.WAITING},
        {"status": RoomStatus.MADE, "notes": [{"login": "x", "code": "not_found", "said": ""}]},
        {"status": RoomStatus.INVITED},
        {"status": RoomStatus.DONE},
        {"status": RoomStatus.FAILED, "fault": "taken", "facts": {"what": "mlops-school/x"}},
    ]
    inside = [{"login": "hub-001", "number": 1001}, {"login": "prof", "number": 5}]
    for number, room in enumerate(provision.rooms.order_by("pk")):
        state = states[number % len(states)]
        if state.get("status") in {RoomStatus.MADE, RoomStatus.INVITED, RoomStatus.DONE}:
            state |= {"seen": {"there": True, "ours": True, "members": inside}}
            state["repository"] = Repository.objects.create(
                number=number, full_name=f"mlops-school/{room.name}", private=True
            )
        seen_at = timezone.now() + timedelta(seconds=1)
        Room.objects.filter(pk=room.pk).update(seen_at=seen_at, **state)


def test_before_anything_is_ordered(live_server: LiveServer, open_page: Opened) -> None:
    world = make_world(students=6, mini_projects=2)
    here = f"/editions/{world.edition.pk}/repositories/"
    looks(open_page, live_server.url, {"nowhere": here})
    installed(world)
    looks(open_page, live_server.url, {"empty": here})


@pytest.mark.parametrize(("name", "students"), [("normal", 24), ("crowded", 180)])
def test_orders(live_server: LiveServer, open_page: Opened, name: str, students: int) -> None:
    world = make_world(students=students, mini_projects=3)
    provision = ordered(world)
    here = f"/editions/{world.edition.pk}/repositories/"
    looks(open_page, live_server.url, {f"{name}-looking": f"{here}{provision.pk}/"})
    in_the_middle(provision)
    looks(open_page, live_server.url, {name: f"{here}{provision.pk}/", f"{name}-all": here})


def test_the_page_follows_by_itself(live_server: LiveServer, page: Page) -> None:
    world = make_world(students=6, mini_projects=2)
    provision = ordered(world)
    sign_in(page, live_server.url, "tina", PASSWORD)
    page.goto(f"{live_server.url}/editions/{world.edition.pk}/repositories/{provision.pk}/")
    expect(page.get_by_text("names so far")).to_be_visible()
    seen_at = timezone.now() + timedelta(seconds=1)
    Room.objects.update(seen={"there": False}, seen_at=seen_at)
    expect(page.get_by_role("button", name="Make 3 repositories")).to_be_visible()
    page.get_by_role("button", name="Make 3 repositories").click()
    expect(page.get_by_text("3 are being made")).to_be_visible()


def test_evidence_on_the_review_page(live_server: LiveServer, open_page: Opened) -> None:
    world = make_world(students=6, mini_projects=2)
    asking(world.edition, PullRequests(protected=True, reviews=1, actions=True))
    done = judged(hand_in(world, world.teams[0], world.mini_projects[0]))
    told = {
        "branch": "main",
        "protected": {"branch": False, "rules": ["pull_request"]},
        "pull": {"number": None},
        "merged": {"looked_at": 4, "unreviewed": [{"number": 3, "author": "a", "by": "ann"}]},
        "actions": {"outcome": "none", "runs": []},
    }
    now = timezone.now()
    Workflow.objects.create(submission=done.submission, asked_at=now, looked_at=now, told=told)
    looks(open_page, live_server.url, {"evidence": f"/attempts/{done.pk}/review/"})
