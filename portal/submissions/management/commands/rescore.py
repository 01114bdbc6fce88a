"""`manage.py rescore`: count stored reports again, as the labs do now. Nothing is run."""

from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lab_specs.loader import SpecError
from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.courses.catalog import shelf
from portal.courses.queries import standing
from portal.people.models import User
from portal.submissions import domain, records, scoring
from portal.submissions.models import Attempt
from portal.submissions.queries import scorable


class Command(BaseCommand):
    """Changes levels, and verdicts between passed and failed; each change adds a signed record.

    Ends with 1 when an attempt could not be scored again, and says why.
    """

    help = "Count levels and verdicts again from stored reports, in the editions of a lecturer."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Who, why, and which lab."""
        parser.add_argument("--by", required=True, help="sign-in name; their editions are scored")
        parser.add_argument("--reason", required=True, help="kept with every changed record")
        parser.add_argument("--lab", help="only attempts of this lab")
        parser.add_argument("--dry-run", action="store_true", help="say it and change nothing")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """One line per attempt that changes or cannot be scored, then the figures."""
        del args
        person = User.objects.filter(username=options["by"]).first()
        if person is None or not (staffed := standing(person).staffed):
            raise CommandError(f"{options['by']} teaches no edition here.")
        try:
            labs = shelf()
        except SpecError as error:
            raise CommandError(str(error)) from None
        lab = options["lab"]
        if lab and lab not in labs:
            raise CommandError(f"No lab called {lab!r} on the shelf: {', '.join(sorted(labs))}.")
        counts: Counter[str] = Counter()
        attempts = scorable(staffed, lab=lab)
        for pk in list(attempts.values_list("pk", flat=True)):
            attempt = attempts.get(pk=pk)  # one report in memory at a time
            try:
                change = self._one(attempt, labs.get(attempt.submission.lab), person, options)
            except Refused as refused:
                counts["refused"] += 1
                self.stdout.write(f"attempt {attempt.pk}: not scored again. {refused}")
                continue
            counts["changed" if change else "same"] += 1
            if change:
                self.stdout.write(f"attempt {attempt.pk}: {change}")
        verb = "would change" if options["dry_run"] else "changed"
        self.stdout.write(f"{counts['changed']} {verb}, {counts['same']} the same")
        if counts["refused"]:
            raise CommandError(f"{counts['refused']} could not be scored again.")

    def _one(
        self, attempt: Attempt, lab: LabSpec | None, person: User, options: dict[str, Any]
    ) -> str:
        if lab is None:
            raise Refused(f"The lab {attempt.submission.lab} is not on the shelf.")
        if not options["dry_run"]:
            record = domain.rescore(attempt=attempt, lab=lab, by=person, reason=options["reason"])
            return record.change if record else ""
        if problems := records.problems(attempt):
            raise Refused(" ".join(problems))
        return scoring.difference(attempt, scoring.score_of(attempt, lab))
