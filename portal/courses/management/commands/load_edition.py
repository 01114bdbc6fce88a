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

    def handle(self, *args: Any, file: Path, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Read, and say what changed."""
        del args, options
        try:
            edition, changes = catalog.read_edition(file)
        except (SpecError, Refused) as error:
            raise CommandError(str(error)) from None
        for word, names in (
            ("created", changes.created),
            ("updated", changes.updated),
            ("removed", changes.removed),
        ):
            for name in names:
                self.stdout.write(f"{word} {name}")
        self.stdout.write(f"{edition}: {edition.mini_projects.count()} mini-projects")
