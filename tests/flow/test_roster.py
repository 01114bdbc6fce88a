"""Sixty students: a roster, a repository each, real pushes, a deadline, results that they read."""

import csv
import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django.fixtures import Settings

from lab_specs.edition.file import EditionFile
from portal.assessment import domain
from portal.assessment.domain.publishing import freeze, publish
from portal.courses import catalog
from portal.courses.models import Criterion, Edition
from portal.courses.queries import students_of
from portal.deliveries.models import Snapshot, Way
from portal.deliveries.snapshots import take_due
from portal.github import rooms
from portal.github.models import RoomStatus, Watch
from portal.people.models import User
from portal.submissions.models import Attempt, Submission
from tests.flow.semesters.play import Actor
from tests.flow.semesters.students import is_judged
from tests.hub.standin import StandIn
from tests.portal.github.roster import Classroom, furnished, told, work_off

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

SEED, CLASS = 20261121, 60
FIRST = ("Zoë", "Søren", "Łucja", "Jürgen", "Nguyễn", "Ama", "李", "Ali", "O'Brien", "Çağla")
LAST = ("Ärmel", "Øst", "Nowak", "Groß", "Văn", "Owusu", "伟", "Hassan", "Mac-Neil", "Demir")
HOUR = timedelta(hours=1)


def edition_file(deadline: datetime) -> EditionFile:
    """One mini-project, each student alone; its code is taken at the deadline."""
    texts = {"not yet proficient": "Missing.", "proficient": "There."}
    return EditionFile.model_validate(
        {
            "course": "Machine Learning Operations",
            "course_code": "mlops",
            "edition": "2026-27",
            "timezone": "Europe/Brussels",
            "levels": list(texts),
            "mini_projects": [
                {
                    "id": "serving",
                    "title": "Serve it",
                    "labs": ["serving"],
                    "lab_decides": False,
                    "deadline": deadline.isoformat(),
                    "deliverables": [
                        {"id": "code", "kind": "code", "title": "Code", "snapshot": True}
                    ],
                    "criteria": [{"id": "works", "title": "It works", "descriptors": texts}],
                }
            ],
            "scale": {"kind": "points", "cite": "FLOW-1", "highest": 10, "pass_at": 5},
            "rules": [{"rule": "count", "cite": "FLOW-2", "table": {0: 0, 1: 10}}],
        }
    )


def roster(folder: Path) -> Path:
    """Names of all kinds, some of them twice."""
    draw = random.Random(SEED)
    path = folder / "people.csv"
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["username", "name", "role", "github"])
        for number in range(CLASS):
            name = f"{draw.choice(FIRST)} {draw.choice(LAST)}"
            rows.writerow([f"s{number:03}", name, "student", f"hub-{number:03}"])
    return path


def prove(standin: StandIn, edition: Edition) -> None:
    """Everybody has an account at GitHub; all but the last three have signed in with it."""
    for number, row in enumerate(students_of(edition).order_by("person__username")):
        login = f"hub-{number:03}"
        account = standin.person(login, login, f"{login}@example.org")
        if number < CLASS - 3:
            User.objects.filter(pk=row.person_id).update(github_id=account.number)


def work_of_the_class(room: Classroom, deadline: datetime) -> dict[str, str]:
    """All come and push in time; every tenth pushes again, too late. What was there, by login."""
    kept = {}
    for watch in Watch.objects.select_related("repository").order_by("pk"):
        repository = room.at_github(watch.repository.name)
        person = watch.team.members.get()
        account = room.standin.world.account(person.github_login)
        assert account
        room.standin.accept(repository, account)
        files = {"Dockerfile": f"FROM scratch\nLABEL who={account.login}\n"}
        kept[account.login] = room.standin.push(
            repository, files, by=account, at=deadline - HOUR, message="My work"
        )
        if int(account.login[-3:]) % 10 == 0:
            room.standin.push(
                repository,
                {"late.txt": "One more thing.\n"},
                by=account,
                at=deadline + HOUR,
                when=deadline - 2 * HOUR,
                parents=[] if account.login.endswith("0") else None,
            )
    return kept


@pytest.mark.timeout(300)
def test_a_class_of_sixty(
    standin: StandIn, settings: Settings, tmp_path: Path, client: Client
) -> None:
    deadline = (timezone.now() - timedelta(days=1)).replace(microsecond=0)
    edition, _ = catalog.load_edition(edition_file(deadline), catalog.shelf())
    call_command("import_roster", str(roster(tmp_path)), edition="mlops/2026-27")
    prove(standin, edition)
    room = furnished(standin, settings, edition, edition.mini_projects.get())
    standin.repository(room.org, "start", {"README.md": "Begin here.\n"}, template=True)

    # A dry run, then a repository for each
    provision = room.order(
        pattern="{course}-{edition}-{login}", template="school/start", claimed=True
    )
    rooms.look(provision, by=room.tina)
    work_off()
    assert set(told(provision).values()) == {RoomStatus.PLANNED}
    assert len(standin.world.repositories) == 1
    standin.fail(r"POST .*/generate", "secondary", times=2)
    standin.fail(r"PUT .*/collaborators/hub-033", "broken")
    assert rooms.make(provision, by=room.tina) == CLASS
    work_off()
    assert set(told(provision).values()) == {RoomStatus.INVITED}
    assert len({name.lower() for name in told(provision)}) == CLASS
    assert len(standin.world.repositories) == CLASS + 1

    # Work, and the deadline; the portal was down at midnight
    kept = work_of_the_class(room, deadline)
    take_due(now=timezone.now())
    work_off()
    take_due(now=timezone.now())
    snapshots = Snapshot.objects.select_related("delivery", "team").prefetch_related(
        "team__members"
    )
    assert {
        each.team.members.all()[0].github_login: each.delivery.commit for each in snapshots
    } == kept
    assert {each.way for each in snapshots} == {Way.ACTIVITY}
    assert {each.delivery.at for each in snapshots} == {deadline}
    assert {each.commit for each in Submission.objects.all()} == set(kept.values())

    # Judged, decided, published
    lab = catalog.shelf()["serving"]
    actor = Actor(name="class", person="", lab_level=lab.file.levels[-1])
    for _ in range(CLASS):
        is_judged(actor, "serving", lab)
    criterion = Criterion.objects.get(slug="works")
    low, high = criterion.levels.order_by("order")
    attempts = Attempt.objects.select_related("submission__team").order_by("pk")
    for number, attempt in enumerate(attempts):
        domain.decide(
            team=attempt.submission.team,
            criterion=criterion,
            level=high if number % 4 else low,
            by=room.tina,
            attempt=attempt,
            comment="As shown.",
        )
    freeze(edition=edition, by=room.tina)
    publish(edition=edition, by=room.tina)
    pages = []
    for row in students_of(edition).select_related("person"):
        client.force_login(row.person)
        pages.append(client.get(reverse("assessment:mine", args=[edition.pk])).content.decode())
    assert all("This is your result, published on" in page for page in pages)
    assert sum("10 · " in page for page in pages) == CLASS * 3 // 4
