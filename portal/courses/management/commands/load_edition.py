"""`manage.py load_edition FILE`: make an edition what its file says."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from lab_specs.loader import SpecError
from portal.common.errors import Refused
from portal.courses import catalog


class Command(BaseCommand):
    """Reads an edition's file into the database; reading it again changes nothing."""

    help = "Read an edition's file (lab_specs/courses/<edition>.yaml) into the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One file."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--dry-run", action="store_true", help="only say what would change")

    def handle(self, *args: Any, file: Path, dry_run: bool, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Read, and say what changed."""
        del args, options
        try:
            edition, changes = catalog.read_edition(file, dry_run=dry_run)
        except (SpecError, Refused) as error:
            raise CommandError(str(error)) from None
        for word, names in (
            ("created", changes.created),
            ("updated", changes.updated),
            ("removed", changes.removed),
            ("rules:", changes.rules),
            ("note:", changes.notes),
        ):
            for name in names:
                self.stdout.write(f"{word} {name}")
        if dry_run:
            self.stdout.write(f"{edition}: nothing was changed; this is what would be.")
            return
        self.stdout.write(f"{edition}: {edition.mini_projects.count()} mini-projects")
