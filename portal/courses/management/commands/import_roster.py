"""`manage.py import_roster FILE --edition NAME`: read in who takes part."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.common.errors import Refused
from portal.courses import roster, sheets
from portal.courses.models import Edition


class Command(BaseCommand):
    """Shows each line, and reads them in when none is bad. Doing it again changes nothing."""

    help = "Read people, roles, tracks and teams of an edition from a CSV or Excel file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """A file, and the edition's number, or name if only one has it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--edition", required=True, help="its course code and name: mlops/2026")
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Plan, tell, do."""
        del args
        edition = _edition(options["edition"])
        try:
            with file.open("rb") as opened:
                sheet = sheets.read(opened.read(sheets.MAX_BYTES + 1))
            lines, unread = roster.lines_of(sheet)
            plan = roster.plan(edition, lines)
            for note in [*sheet.notes, *plan.notes]:
                self.stdout.write(f"note: {note}")
            for name in unread:
                self.stdout.write(f"note: nobody reads the column “{name}”")
            for each in plan.planned:
                self._tell(each)
            if not dry_run:
                roster.apply(plan)
        except (Refused, OSError) as error:
            raise CommandError(str(error)) from None
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(plan.counts.items()))
        self.stdout.write(f"{edition}: {told}" + (" (nothing was changed)" if dry_run else ""))

    def _tell(self, each: roster.Planned) -> None:
        if each.kind != "same":
            what = "; ".join(each.problems or each.does)
            self.stdout.write(f"line {each.line.number}, {each.line.username}: {each.kind}: {what}")


def _edition(name: str) -> Edition:
    code, _, year = name.rpartition("/")
    found = Edition.objects.filter(name=year)
    if code:
        found = found.filter(course__code=code)
    editions = list(found[:2])
    if len(editions) != 1:
        problem = "several editions have this name" if editions else "no such edition"
        raise CommandError(f"{problem}: say course code and name, such as mlops/2026-27")
    return editions[0]
