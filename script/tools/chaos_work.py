"""What people hand in while chaos reigns, and how: over HTTP, again and again until it is in."""

import os
import random
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import httpx
from django.core.management import call_command

from grader.solutions import GIT_ENV
from portal.courses.models import MiniProject
from portal.people.models import User
from script.tools.chaos_services import BASE, FOLDER
from script.tools.visitor import Visitor

REPOSITORIES = FOLDER / "repositories"
EDITIONS = 8
HANDS = 6  # people who hand in at the same time
PAUSE = 0.3
FROM = "FROM mlops-python:3.11\nCOPY round /round\n"
# What each repository holds, and the verdict and fault that an undisturbed portal must give.
KINDS: dict[str, tuple[dict[str, str], tuple[str, str]]] = {
    "well": ({"Dockerfile": f'{FROM}CMD ["true"]\n'}, ("passed", "")),
    "badly": ({"Dockerfile": f'{FROM}CMD ["sh", "-c", "exit 3"]\n'}, ("failed", "")),
    "slow to run": ({"Dockerfile": f'{FROM}CMD ["sleep", "3"]\n'}, ("passed", "")),
    "nothing to build": ({"README.md": "later\n"}, ("rejected", "dockerfile_missing")),
    "slow to build": ({"Dockerfile": f'{FROM}RUN sleep 3\nCMD ["true"]\n'}, ("passed", "")),
    "file forgotten": (
        {"Dockerfile": f"{FROM}COPY model.bin /\n"},
        ("rejected", "copy_source_missing"),
    ),
    "slow to fetch": (
        {"Dockerfile": f'{FROM}CMD ["true"]\n'}
        | {f"data/{number % 50}/{number}.csv": f"{number}\n" * 200 for number in range(4000)},
        ("passed", ""),
    ),
    "step that fails": ({"Dockerfile": f"{FROM}RUN exit 7\n"}, ("rejected", "build_failed")),
}
MIX = (*KINDS, "well", "badly")
EDITION = """
course: A small course
course_code: small
edition: "{name}"
timezone: Europe/Brussels
levels: [not yet proficient, proficient]
mini_projects:
  - {{id: hello, title: Say hello, labs: [hello]}}
"""


@dataclass(frozen=True)
class Work:
    """What one person hands in for one mini-project."""

    kind: str
    person: str
    project: int
    folder: Path

    @property
    def expected(self) -> tuple[str, str]:
        """Verdict and fault of a portal that is left in peace."""
        return KINDS[self.kind][1]


def make_people(count: int) -> tuple[list[str], list[int]]:
    """Editions with `count` students each, all in every edition; their names, the projects."""
    for number in range(1, EDITIONS + 1):
        file = FOLDER / f"edition-{number}.yaml"
        file.write_text(EDITION.format(name=number))
        call_command("load_edition", str(file), verbosity=0, stdout=StringIO())
        call_command("seed_people", edition=str(number), students=count, stdout=StringIO())
    people = User.objects.filter(enrolments__role="student").distinct().order_by("pk")
    return (
        list(people.values_list("username", flat=True)),
        list(MiniProject.objects.order_by("pk").values_list("pk", flat=True)),
    )


def plan(count: int, people: Sequence[str], projects: Sequence[int], seed: int) -> list[Work]:
    """Who hands in what, in which order: all kinds, all people, all editions."""
    places = [(person, project) for person in people for project in projects][:count]
    works = [
        Work(MIX[number % len(MIX)], person, project, REPOSITORIES / f"{number:03}")
        for number, (person, project) in enumerate(places)
    ]
    random.Random(seed).shuffle(works)  # noqa: S311 - a shuffle, no secret
    for work in works:
        work.folder.mkdir(parents=True)
        for path, text in KINDS[work.kind][0].items():
            (work.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (work.folder / path).write_text(text)
        _git(work, "init", "--quiet", "--initial-branch=main")
    return works


def new_commits(works: Sequence[Work], name: str) -> None:
    """The same work in other commits, so that no image of an earlier round is used again."""
    for work in works:
        (work.folder / "round").write_text(f"{name} {work.folder.name}\n")
        _git(work, "add", "--all")
        _git(work, "commit", "--quiet", "--message", name)


@dataclass
class Crowd:
    """The people, each signed in once, who hand in one round of works."""

    password: str
    attempts: dict[Work, int] = field(default_factory=dict)
    _visitors: dict[str, Visitor] = field(default_factory=dict)

    def sign_in(self, people: Sequence[str]) -> None:
        """Sign all of them in; a session outlives whatever dies."""
        with ThreadPoolExecutor(HANDS) as hands:
            visitors = hands.map(lambda name: Visitor(BASE, name, self.password), people)
            self._visitors = dict(zip(people, visitors, strict=True))

    def hand_in(
        self, works: Sequence[Work], allowed: Callable[[], float], over: threading.Event
    ) -> None:
        """Hand in all of them in order, as many as are allowed by now."""
        self.attempts = {}

        def one(turn: int) -> None:
            while turn >= allowed() and not over.wait(PAUSE):
                pass
            self._insist(works[turn], over)

        with ThreadPoolExecutor(HANDS) as hands:
            list(hands.map(one, range(len(works))))

    def _insist(self, work: Work, over: threading.Event) -> None:
        """Try until it is in. A form whose answer never came is sent again as it was."""
        visitor, lookup = self._visitors[work.person], None
        while not over.is_set():
            try:
                lookup = lookup or visitor.look_up(work.project, "hello", f"file://{work.folder}")
                self.attempts[work] = visitor.confirm(lookup)
            except httpx.HTTPError:
                time.sleep(PAUSE)
            except (RuntimeError, TimeoutError):  # the link was not resolved: nothing was handed in
                lookup = None
                time.sleep(PAUSE)
            else:
                return


def _git(work: Work, *words: str) -> None:
    subprocess.run(["git", "-C", work.folder, *words], check=True, env=os.environ | GIT_ENV)
