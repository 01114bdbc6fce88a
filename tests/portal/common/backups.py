"""A portal of its own in a folder, filled with verdicts, for tests of backup and restore."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from script.tools.portal import ROOT

FILL = """
from lab_specs.report import Verdict
from portal.submissions.states import State
from tests.factories import AttemptFactory
for verdict in [*Verdict] * 5:
    AttemptFactory(state=State.DONE, verdict=verdict, levels={"care": verdict.value})
AttemptFactory(state=State.BUILDING)
"""
SHOW = """
import json
from portal.submissions.models import Attempt
names = ("pk", "state", "verdict", "levels", "submission__commit")
rows = Attempt.objects.order_by("pk").values(*names)
print(json.dumps(list(rows)))
"""
# Two rows in every transaction: a backup that holds an odd number saw half of one.
WRITE = """
import time
from django.db import transaction
from tests.factories import CourseFactory
end = time.monotonic() + {seconds}
while time.monotonic() < end:
    with transaction.atomic():
        CourseFactory(code=f"a{{time.monotonic_ns()}}")
        CourseFactory(code=f"b{{time.monotonic_ns()}}")
"""
REFUSED = """
import json
from django.core.management import CommandError, call_command
from portal.submissions.models import Attempt
before, told = list(Attempt.objects.order_by("pk").values()), []
for words in {words!r}:
    try:
        call_command("restore", *words)
    except CommandError as error:
        told.append(str(error))
    else:
        told.append("restored")
    assert list(Attempt.objects.order_by("pk").values()) == before
print(json.dumps(told))
"""
COUNT = "from portal.courses.models import Course; print(Course.objects.count())"


class Installation:
    """One portal: its folder, its database, its secrets. Nothing of it runs until asked."""

    def __init__(self, folder: Path, **more: str) -> None:
        folder.mkdir()
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if "PORTAL_" not in name}
        self.environment = kept | {
            "PORTAL_DEMO": "1",
            "PORTAL_VAR": str(folder),
            "DJANGO_SETTINGS_MODULE": "portal.settings",
            **more,
        }

    def manage(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a management command."""
        return subprocess.run(self._words(*words), check=False, **self._how())

    def done(self, *words: str) -> str:
        """Run one that must succeed; what it printed."""
        ran = self.manage(*words)
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def shell(self, code: str) -> str:
        """Run Python with its settings."""
        return self.done("shell", "--verbosity", "0", "--command", code)

    def start(self, code: str) -> subprocess.Popen[str]:
        """Run Python beside us."""
        return subprocess.Popen(
            self._words("shell", "--verbosity", "0", "--command", code), **self._how()
        )

    def verdicts(self) -> list[dict[str, Any]]:
        """Every attempt with what came out of it."""
        found: list[dict[str, Any]] = json.loads(self.shell(SHOW))
        return found

    def refuses(self, *words: list[str]) -> list[str]:
        """Try to restore with each of these words; what it says. Nothing may change."""
        found: list[str] = json.loads(self.shell(REFUSED.format(words=words)))
        return found

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, str(ROOT / "manage.py"), *words]

    def _how(self) -> dict[str, Any]:
        pipe = subprocess.PIPE
        return {
            "env": self.environment,
            "cwd": ROOT,
            "text": True,
            "stdout": pipe,
            "stderr": pipe,
        }


def filled(folder: Path, **more: str) -> Installation:
    """A portal with verdicts of every kind, and an attempt that is being built."""
    one = Installation(folder, **more)
    one.done("migrate", "--verbosity", "0")
    one.shell(FILL)
    return one
