"""Benchmark (g): the class table's time and queries, by the number of students.

Run as a process of its own with a fresh PORTAL_VAR; prints one JSON object. Word: students.
"""

import io
import json
import random
import statistics
import sys
import time
from datetime import timedelta

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.urls import reverse  # noqa: E402
from django.utils import timezone  # noqa: E402

from lab_specs.report import Verdict  # noqa: E402
from portal.courses.domain import team_for  # noqa: E402
from portal.courses.models import Edition, Enrolment, MiniProject  # noqa: E402
from portal.courses.rules import Role  # noqa: E402
from portal.people.models import User  # noqa: E402
from portal.submissions.models import Attempt, Submission  # noqa: E402
from portal.submissions.states import State  # noqa: E402

REPEATS = 20
PAGES = ("dashboards:class", "dashboards:reviews")


def main() -> None:
    """Fill the database, then time every page."""
    students = int(sys.argv[1])
    call_command("migrate", verbosity=0)
    call_command("load_edition", "lab_specs/courses/demo-2026-27.yaml", stdout=io.StringIO())
    call_command("seed_people", students=students, stdout=io.StringIO())
    edition = Edition.objects.get()
    _hand_in(edition)
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.get(username="tina"))
    print(json.dumps({name: _page(client, reverse(name, args=[edition.pk])) for name in PAGES}))  # noqa: T201


def _page(client: Client, address: str) -> dict[str, float]:
    times = []
    for _ in range(REPEATS):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(address)
        times.append(time.perf_counter() - began)
        if answer.status_code != 200:  # noqa: PLR2004 - HTTP's OK
            raise RuntimeError(f"{address} answered {answer.status_code}")
    return {"queries": len(queries), "seconds": statistics.median(times)}


def _hand_in(edition: Edition) -> None:
    """Two finished attempts of every student for every mini-project that has a lab."""
    chance, now = random.Random(0), timezone.now()  # noqa: S311 - made-up work
    for enrolment in Enrolment.objects.filter(edition=edition, role=Role.STUDENT):
        for project in MiniProject.objects.filter(edition=edition).exclude(labs=[]):
            submission = Submission.objects.create(
                mini_project=project,
                team=team_for(person=enrolment.person, mini_project=project),
                submitted_by=enrolment.person,
                lab=project.labs[0],
                repository="https://github.com/example/example",
                commit=f"{chance.getrandbits(160):040x}",
                created_at=now,
            )
            for number in (1, 2):
                Attempt.objects.create(
                    submission=submission,
                    number=number,
                    state=State.DONE,
                    verdict=chance.choice([Verdict.PASSED, Verdict.FAILED]),
                    queued_at=now - timedelta(minutes=chance.randrange(1, 500)),
                    finished_at=now,
                )


if __name__ == "__main__":
    main()
