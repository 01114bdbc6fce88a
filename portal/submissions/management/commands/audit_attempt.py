"""`manage.py audit_attempt ID`: what holds of a verdict; `--reproduce` grades it once more."""

import time
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError

from lab_specs.loader import SpecError
from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.courses.catalog import shelf
from portal.people.models import User
from portal.submissions import domain
from portal.submissions.audit import Finding, audit, compare
from portal.submissions.models import Attempt
from portal.submissions.states import ACTIVE, State

LOOK_EVERY = 0.5  # seconds
SIGNS = {True: "✔", False: "✘", None: "·"}


class Command(BaseCommand):
    """Ends with 0 when everything holds, else with 1."""

    help = "Check the signature of an attempt's record, count its levels again, and say so."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """An attempt; for another run, in whose name and how long to wait."""
        parser.add_argument("attempt", type=int)
        parser.add_argument("--reproduce", action="store_true", help="grade it again and compare")
        parser.add_argument("--by", help="who runs it again: somebody who teaches the edition")
        parser.add_argument("--wait", type=float, default=1_800, help="seconds until its end")
        parser.add_argument("--answer", type=float, default=60, help="seconds until it is taken")

    def handle(self, *args: Any, attempt: int, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Say what holds; raise CommandError when something does not."""
        del args
        found = Attempt.objects.select_related("submission").filter(pk=attempt).first()
        if found is None:
            raise CommandError(f"There is no attempt {attempt}.")
        if found.state != State.DONE:
            raise CommandError(f"Attempt {attempt} has no verdict to audit: it is {found.state}.")
        held = self._tell(audit(found, _lab(found.submission.lab)))
        if options["reproduce"]:
            again = self._run_again(found, options["by"], options["wait"], options["answer"])
            held = self._tell(compare(found, again)) and held
        if not held:
            raise CommandError(f"Attempt {attempt} does not hold.")
        self.stdout.write(f"Attempt {attempt} holds.")

    def _tell(self, findings: Iterable[Finding]) -> bool:
        held = True
        for finding in findings:
            self.stdout.write(f"{SIGNS[finding.holds]} {finding.text}")
            held = held and finding.holds is not False
        return held

    def _run_again(self, first: Attempt, by: str | None, wait: float, answer: float) -> Attempt:
        person = User.objects.filter(username=by).first()
        if person is None:
            raise CommandError("Say with --by in whose name it is run again: a sign-in name.")
        reason = f"audit of attempt {first.number}"
        try:
            again = domain.rerun(submission=first.submission, by=person, reason=reason)
        except (Refused, PermissionDenied) as error:
            raise CommandError(str(error) or f"{by} does not teach this edition.") from None
        try:
            return self._watch(again, wait, answer)
        finally:  # nobody waits for it any more, if it has not ended
            domain.cancel(attempt=again, by=person, reason="the audit ended before it")

    def _watch(self, again: Attempt, wait: float, answer: float) -> Attempt:
        """Look at the row until it ends, and tell each of its states."""
        began, told = time.monotonic(), ""
        while again.live:
            if again.state != told:
                self.stdout.write(f"· Attempt {again.pk} is {again.state}.")
                told = again.state
            waited = time.monotonic() - began
            if again.state == State.QUEUED and waited >= answer and not _somebody_works():
                raise CommandError(
                    f"No worker has taken it in {waited:.0f} seconds, and none is busy with"
                    " anything else. Start one (script/server), then audit again."
                )
            if waited >= wait:
                raise CommandError(f"It has not ended in {waited:.0f} seconds; see --wait.")
            time.sleep(LOOK_EVERY)
            again.refresh_from_db()
        if again.state != State.DONE:
            raise CommandError(f"The other run has no verdict: it was {again.state}.")
        return again


def _somebody_works() -> bool:
    return Attempt.objects.filter(state__in=ACTIVE).exists()


def _lab(name: str) -> LabSpec | None:
    try:
        return shelf().get(name)
    except SpecError:
        return None
