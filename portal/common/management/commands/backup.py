"""`manage.py backup FILE`: everything that the portal knows, in one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.common import backup
from portal.common.databases import BackupError


class Command(BaseCommand):
    """Backs up the database while the portal runs. Secrets are named, not held."""

    help = "Back up the database to a file, while the portal runs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Where to, and whether the secrets go with it."""
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--with-secrets", action="store_true", help="hold the portal's secrets, too"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Make it, and say what it does not hold."""
        del args
        path = options["file"]
        try:
            made = backup.make(path.absolute(), with_secrets=options["with_secrets"])
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{path}: {path.stat().st_size:,} bytes of {made.vendor}")
        held = "It holds" if options["with_secrets"] else "Keep elsewhere, it does not hold"
        self.stdout.write(f"{held} the secrets {', '.join(made.secrets)}.")
