"""Every page at both widths, light and dark, empty and crowded: it fits, and nothing complains."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page
from pytest_django.fixtures import Settings
from pytest_django.live_server_helper import LiveServer

from lab_specs.faults import Code
from lab_specs.report import Verdict
from portal.assessment.domain import decide
from portal.similarity.models import Pair
from portal.submissions import histories, workers
from portal.submissions.domain import cancel, rerun_all
from portal.submissions.lookups import answer_lookup, fail_lookup
from portal.submissions.models import Attempt, Submission, Worker
from portal.submissions.models import History as HistoryRow
from portal.submissions.states import LIVE, State
from tests.browser.conftest import Opened, shoot
from tests.browser.steps import sign_in
from tests.factories import AttemptFactory, LookupFactory
from tests.portal.similarity.rows import evidence, finished
from tests.portal.submissions.test_histories import person as contributor
from tests.portal.submissions.test_histories import told
from tests.worlds import (
    LOG,
    PASSWORD,
    SHELF,
    World,
    criterion_of,
    crowd,
    hand_in,
    judged,
    make_world,
    person,
    rejected,
)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LOOKS = [("phone", "light"), ("phone", "dark"), ("desktop", "light"), ("desktop", "dark")]


@pytest.fixture(params=LOOKS, ids="-".join)
def look(request: pytest.FixtureRequest) -> tuple[str, str]:
    size, scheme = request.param
    return size, scheme


@pytest.fixture(autouse=True)
def _shelf(settings: Settings) -> None:
    settings.SHELF = SHELF


def fits(page: Page) -> bool:
    """Whether nothing sticks out of the page sideways; tables scroll in a box of their own."""
    width: int = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    return width <= 0


def show(page: Page, base: str, world: str, places: dict[str, str], look: tuple[str, str]) -> None:
    wide = []
    for name, place in places.items():
        page.goto(f"{base}{place}")
        page.evaluate("document.querySelectorAll('details').forEach(fold => fold.open = true)")
        shoot(page, f"{world}-{name}-{'-'.join(look)}")
        if not fits(page):
            wide.append(name)
    assert wide == []


def test_empty(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    world = make_world(students=0, mini_projects=0)
    person("zoe", "Zoë Zimmer")
    page = open_page(*look)
    page.goto(f"{live_server.url}/login/")
    shoot(page, f"empty-login-{'-'.join(look)}")
    sign_in(page, live_server.url, "zoe", PASSWORD)
    show(page, live_server.url, "empty", {"student": "/"}, look)
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    edition = f"/editions/{world.edition.pk}/"
    places = {
        "staff": "/",
        "edition": edition,
        "class": f"{edition}class/",
        "reviews": f"{edition}reviews/",
        "log": f"{edition}log/",
        "trouble": f"{edition}trouble/",
        "insight": f"{edition}insight/",
    }
    show(page, live_server.url, "empty", places, look)


def read_history(work: Submission, *people: dict[str, Any]) -> None:
    """A worker has read who made these commits."""
    histories.order(work, now=timezone.now())
    row = HistoryRow.objects.get(submission=work)
    other = contributor("Zoë Zimmer", "12345+zoe-z@users.noreply.github.com", 7)
    histories.answer(history_id=row.pk, told=told(*people, other), now=timezone.now())


@pytest.fixture
def normal() -> tuple[World, dict[str, str], dict[str, str]]:
    """Alice's team has one of everything."""
    world = make_world(students=12, mini_projects=4)
    team, (first, second, third, fourth) = world.teams[0], world.mini_projects
    alice = world.students[0]
    fourth.labs = ["serving", "training"]
    fourth.save(update_fields=["labs"])
    older = rejected(hand_in(world, team, first, days_ago=6))
    done = judged(hand_in(world, team, first, days_ago=1))
    for slug in ("interface", "predictions"):
        criterion = criterion_of(first, slug)
        decide(
            team=team,
            criterion=criterion,
            level=criterion.levels.get(name="proficient"),
            by=world.lecturer,
            attempt=done,
            comment="Clear and complete; the error messages could say more.",
        )
    read_history(done.submission, contributor("Alice Mertens", "alice@home.example", 31, helped=4))
    compared = finished([done.submission, hand_in(world, world.teams[1], first)], world.lecturer)
    waiting = finished(
        [hand_in(world, world.teams[2], second), hand_in(world, world.teams[3], second)],
        world.lecturer,
        finished_at=None,
    )
    running = AttemptFactory(
        submission=hand_in(world, team, second, days_ago=0.001), state=State.BUILDING, log_tail=LOG
    )
    queued = AttemptFactory(submission=hand_in(world, world.teams[1], second), state=State.QUEUED)
    retried = AttemptFactory(
        submission=hand_in(world, team, third, days_ago=0.001),
        retries=1,
        not_before=timezone.now() + timedelta(seconds=40),
    )
    workers.tell(name="bench-1 4711", slots=2)
    lookups = [
        LookupFactory(mini_project=third, team=team, person=alice, lab="serving") for _ in range(3)
    ]
    answer_lookup(lookup_id=lookups[1].pk, commit="b" * 40, commit_title="Serve the second model")
    fail_lookup(
        lookup_id=lookups[2].pk,
        code=Code.REF_NOT_FOUND,
        facts={"ref": "mian", "refs": ["main", "dev"]},
    )
    student = {
        "home": "/",
        "project": f"/projects/{first.pk}/",
        "several-labs": f"/projects/{fourth.pk}/",
        "progress": f"/projects/{first.pk}/progress/",
        "attempt": f"/attempts/{done.pk}/",
        "rejected": f"/attempts/{older.pk}/",
        "live": f"/attempts/{running.pk}/",
        "retried": f"/attempts/{retried.pk}/",
        "link-waiting": f"/links/{lookups[0].pk}/",
        "link-found": f"/links/{lookups[1].pk}/",
        "link-failed": f"/links/{lookups[2].pk}/",
        "404": "/attempts/987654/",
    }
    edition = f"/editions/{world.edition.pk}/"
    staff = {
        "staff": "/",
        "edition": edition,
        "class": f"{edition}class/",
        "reviews": f"{edition}reviews/",
        "log": f"{edition}log/",
        "trouble": f"{edition}trouble/",
        "insight": f"{edition}insight/",
        "rerun": f"/projects/{first.pk}/rerun/",
        "comparisons": f"/projects/{first.pk}/comparisons/",
        "compared": f"/comparisons/{compared.pk}/",
        "comparing": f"/comparisons/{waiting.pk}/",
        "pair": f"/comparisons/{compared.pk}/pairs/1/",
        "none-to-compare": f"/projects/{third.pk}/comparisons/",
        "review": f"/attempts/{done.pk}/review/",
        "staff-attempt": f"/attempts/{done.pk}/",
        "staff-queued": f"/attempts/{queued.pk}/",
    }
    return world, student, staff


def test_normal(
    live_server: LiveServer,
    open_page: Opened,
    look: tuple[str, str],
    normal: tuple[World, dict[str, str], dict[str, str]],
) -> None:
    _, student, staff = normal
    for name, places in (("alice", student), ("tina", staff)):
        page = open_page(*look)
        sign_in(page, live_server.url, name, PASSWORD)
        show(page, live_server.url, "normal", places, look)


def in_trouble(world: World) -> None:
    """Workers in every state, work that is tried again, and work that was given up."""
    soon = timezone.now() + timedelta(minutes=4)
    for number in range(6):
        workers.tell(name=f"bench-{number} 40{number}", slots=4)
    workers.tell(
        name="bench-9 1", slots=4, failures=4, paused_until=soon, reason="engine_unavailable: gone"
    )
    Worker.objects.filter(name__startswith="bench-5").update(seen_at=soon - timedelta(hours=2))
    last = world.mini_projects[-1]
    for number, team in enumerate(world.teams[:40]):
        work = hand_in(world, team, last)
        if number % 4 == 0:
            AttemptFactory(submission=work, retries=2, not_before=soon, worker="bench-9 1")
            continue
        AttemptFactory(
            submission=work,
            state=State.DONE,
            verdict=Verdict.CRASHED,
            fault=Code.ENGINE_UNAVAILABLE,
            facts={"problem": "the socket did not answer " * 20},
            retries=4,
            worker="bench-9 1",
        )


def test_crowded(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    world = make_world(students=120, mini_projects=7)
    crowd(world)
    for attempt in Attempt.objects.filter(state__in=LIVE)[:8]:
        cancel(attempt=attempt, by=world.lecturer, reason="it stood in the way " * 25)
    in_trouble(world)
    first = world.mini_projects[0]
    rerun_all(mini_project=first, by=world.lecturer, reason="the checks were too strict")
    edition = f"/editions/{world.edition.pk}/"
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    names = {"class": "class/", "reviews": "reviews/", "log": "log/"}
    names |= {"trouble": "trouble/", "insight": "insight/"}
    places = {"edition": edition, "rerun": f"/projects/{first.pk}/rerun/"}
    places |= {name: f"{edition}{end}" for name, end in names.items()}
    show(page, live_server.url, "crowded", places, look)
    page = open_page(*look)
    sign_in(page, live_server.url, "alice", PASSWORD)
    show(page, live_server.url, "crowded", {"home": "/"}, look)


def read_and_compared(world: World) -> dict[str, str]:
    """Everybody has something in common with somebody, and one team has forty helpers."""
    work = [hand_in(world, team, world.mini_projects[0]) for team in world.teams]
    done = judged(work[0], number=1)
    long = "Averylongnamewithoutanyblankinit" * 2
    people = (contributor(f"{long} {n}", f"{long}{n}@x.example", n) for n in range(2, 41))
    read_history(work[0], *people)
    row = finished(work, world.lecturer, template=f"https://github.com/{long}/{long}")
    row.parts.filter(submission__in=work[20:]).update(
        fault=Code.REPOSITORY_NOT_FOUND, facts={"repository": f"https://github.com/{long}"}
    )
    row.parts.filter(submission__in=work[:9]).update(left_out=12, whole=False)
    first = row.pairs.get()
    files = evidence()["files"] * 8
    first.evidence["files"] = [{**each, "left": f"src/{long}/{long}.py"} for each in files]
    first.save(update_fields=["evidence"])
    parts = list(row.parts.all())
    Pair.objects.bulk_create(
        Pair(
            comparison=row,
            number=n,
            left=parts[n % 30],
            right=parts[n % 30 + 1],
            percent=n,
            shared=n,
            commits=n % 3,
            evidence=first.evidence,
        )
        for n in range(2, 61)
    )
    here = f"/comparisons/{row.pk}/"
    return {"compared": here, "pair": f"{here}pairs/1/", "review": f"/attempts/{done.pk}/review/"}


@pytest.mark.parametrize("look", [("phone", "dark"), ("desktop", "light")], ids="-".join)
def test_crowded_groups(live_server: LiveServer, open_page: Opened, look: tuple[str, str]) -> None:
    world = make_world(students=62, mini_projects=1)
    places = read_and_compared(world)
    page = open_page(*look)
    sign_in(page, live_server.url, "tina", PASSWORD)
    show(page, live_server.url, "crowded", places, look)
