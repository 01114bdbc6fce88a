"""`manage.py seed_people`: invented people for a demonstration or a benchmark."""

import os
import secrets
from argparse import ArgumentParser
from itertools import count, islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.courses import domain, names, teams
from portal.courses.models import Edition, Membership
from portal.courses.rules import Role
from portal.people.models import User

STAFF = (("tina", "Tina Verstraete", Role.LECTURER), ("amir", "Amir Rahimi", Role.ASSISTANT))
NAMED = (("alice", "Alice Mertens"), ("bob", "Bob Wouters"), ("charlie", "Charlie Dupont"))
TEAM_SIZE = 4


class Command(BaseCommand):
    """Makes people, their roles and teams. Doing it again changes nothing.

    Only a demonstration portal gives them a password: one for all, made up once and kept in
    its folder. While debugging nobody can sign in as one of them.
    """

    help = "Make invented students, a lecturer and an assistant for an edition."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which edition, how many, and the seed of the names."""
        parser.add_argument("--edition", help="name of the edition; needed if there are several")
        parser.add_argument("--students", type=int, default=12)
        parser.add_argument("--seed", type=int, default=0)

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Make them, and say how to sign in."""
        del args
        if not (settings.DEMO or settings.DEBUG):
            raise CommandError("invented people have no place on a real portal: set PORTAL_DEMO")
        edition = _edition(options["edition"])
        password = demo_password() if settings.DEMO else None
        encoded = make_password(password)  # once: hashing is slow by design
        with transaction.atomic():
            for username, name, role in STAFF:
                domain.enrol(edition=edition, person=_person(username, name, encoded), role=role)
            students = [
                _person(username, name, encoded)
                for username, name in _students(options["students"], options["seed"])
            ]
            for person in students:
                domain.enrol(edition=edition, person=person, role=Role.STUDENT)
            _make_teams(edition, students)
        self.stdout.write(f"{edition}: {len(students)} students, lecturer tina, assistant amir")
        if password:
            self.stdout.write(f"Everybody's password: {password}")


def demo_password() -> str:
    """The password of all invented people of this demonstration; made on first use."""
    path = Path(settings.VAR) / "demo_password"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii")
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(password := f"demo-{secrets.token_hex(4)}")
    return password


def _edition(name: str | None) -> Edition:
    editions = Edition.objects.filter(active=True)
    if name:
        editions = editions.filter(name=name)
    found = list(editions[:2])
    if len(found) != 1:
        problem = "several editions: name one with --edition" if found else "no such edition"
        raise CommandError(problem)
    return found[0]


def _students(wanted: int, seed: int) -> list[tuple[str, str]]:
    """Sign-in name and full name of each student; the three named ones come first."""
    made_up = (
        (f"student{number:04}", name) for number, name in enumerate(names.people(seed), start=1)
    )
    return [*NAMED[:wanted], *islice(made_up, max(0, wanted - len(NAMED)))]


def _person(username: str, name: str, encoded: str) -> User:
    person, _ = User.objects.get_or_create(
        username=username, defaults={"display_name": name, "password": encoded}
    )
    return person


def _make_teams(edition: Edition, students: list[User]) -> None:
    """Teams of four for those who are in none; charlie comes last, away from alice and bob."""
    settled = set(
        Membership.objects.filter(edition=edition, solo=False).values_list("person_id", flat=True)
    )
    free = [person for person in students if person.pk not in settled]
    free.sort(key=lambda person: person.username == "charlie")
    taken = set(edition.teams.filter(solo=False).values_list("name", flat=True))
    fresh = (name for number in count() if (name := names.team(number)) not in taken)
    for start in range(0, len(free), TEAM_SIZE):
        people = free[start : start + TEAM_SIZE]
        teams.found(edition=edition, name=next(fresh), people=people)
