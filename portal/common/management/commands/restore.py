"""`manage.py restore FILE`: what `manage.py backup` wrote, back in the database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.common import backup
from portal.common.databases import BackupError


class Command(BaseCommand):
    """Restores a backup. Stop web and workers first: they would go on with what they knew."""

    help = "Restore a backup into an empty database, or with --force in the place of another."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which, whether to replace what is there, and where its secrets go."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace all that is there")
        parser.add_argument(
            "--secrets-to", type=Path, help="folder for its secrets, as PORTAL_SECRETS_DIR wants"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - Django's
        """Restore it, and say what else it needs."""
        del args
        try:
            found = backup.restore(
                options["file"].absolute(),
                force=options["force"],
                secrets_to=options["secrets_to"],
            )
        except (BackupError, OSError) as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"Restored what was backed up at {found.made_at:%Y-%m-%d %H:%M} UTC.")
        self.stdout.write(f"It was made with the secrets {', '.join(found.secrets)}.")
        self.stdout.write("Without the same signing_key no older verdict can be audited.")
