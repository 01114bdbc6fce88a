"""A backup is one tar file: a manifest, the database, and, only if asked for, the secrets.

The broker needs no backup: the database knows what is to be done.
"""

import hashlib
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Literal

from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone
from pydantic import BaseModel, ValidationError

from portal import env as surroundings
from portal.common import databases
from portal.common.databases import BackupError

MANIFEST, DATABASE, SECRETS = "manifest.json", "database", "secrets.json"
# Rows that a freshly migrated database has, too
BOOKKEEPING = {"django_migrations", "django_content_type", "auth_permission"}


class Manifest(BaseModel):
    """What a backup holds."""

    format: Literal[1] = 1
    made_at: datetime
    vendor: str
    migrations: list[str]
    secrets: list[str]
    sha256: dict[str, str]


def make(path: Path, *, with_secrets: bool) -> Manifest:
    """Write a backup; whole or not at all, and for its owner's eyes. Workers may go on."""
    secrets = _secrets()
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
        parts = Path(folder)
        applied = sorted(map(".".join, MigrationLoader(connection).applied_migrations))
        databases.dump(parts / DATABASE)
        if with_secrets:
            (parts / SECRETS).write_text(json.dumps(secrets))
        manifest = Manifest(
            made_at=timezone.now(),
            vendor=connection.vendor,
            migrations=applied,
            secrets=sorted(secrets),
            sha256={part.name: _digest(part) for part in sorted(parts.iterdir())},
        )
        (parts / MANIFEST).write_text(manifest.model_dump_json(indent=2))
        whole = parts / "whole"
        with os.fdopen(os.open(whole, os.O_WRONLY | os.O_CREAT, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                for name in (MANIFEST, *manifest.sha256):
                    tar.add(parts / name, name)
            file.flush()
            os.fsync(file.fileno())
        whole.replace(path)
    return manifest


def restore(path: Path, *, force: bool, secrets_to: Path | None) -> Manifest:
    """Put a backup in the place of the database. BackupError, before anything changed, if not."""
    with _opened(path) as (manifest, parts):
        if manifest.vendor != connection.vendor:
            raise BackupError(
                f"The backup comes from {manifest.vendor}, this portal runs on"
                f" {connection.vendor}. Set PORTAL_DATABASE_URL to a database of that kind."
            )
        known = set(map(".".join, MigrationLoader(None).disk_migrations))
        if unknown := sorted(set(manifest.migrations) - known):
            raise BackupError(
                "The backup comes from a newer portal: this one does not know"
                f" {', '.join(unknown)}. Restore it with the version that made it."
            )
        if (filled := _filled()) and not force:
            raise BackupError(
                f"The database is not empty ({', '.join(filled[:3])} …)."
                " --force replaces all that is in it."
            )
        if secrets_to is not None and not (parts / SECRETS).exists():
            raise BackupError("The backup holds no secrets: it was made without --with-secrets.")
        databases.load(parts / DATABASE)
        if secrets_to is not None:
            _write_secrets(parts / SECRETS, secrets_to)
    call_command("migrate", interactive=False, verbosity=0)  # an older backup catches up
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Manifest, Path]]:
    """The manifest, and a folder with the parts; every one is what was put in."""
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".restore-") as folder:
        parts = Path(folder)
        try:
            with tarfile.open(path) as tar:
                for name in {MANIFEST, DATABASE, SECRETS} & set(tar.getnames()):
                    source = tar.extractfile(name)
                    if source is None:
                        raise BackupError(f"{path} is damaged: {name} is no file.")
                    with source, (parts / name).open("wb") as target:
                        shutil.copyfileobj(source, target)
            manifest = Manifest.model_validate_json((parts / MANIFEST).read_bytes())
        except (OSError, tarfile.TarError, ValidationError) as error:
            raise BackupError(f"{path} is no backup that this portal can read: {error}") from None
        for name in (DATABASE, *({SECRETS} & manifest.sha256.keys())):
            part = parts / name
            if not part.exists() or _digest(part) != manifest.sha256.get(name):
                raise BackupError(f"{path} is damaged: {name} is not what was backed up.")
        yield manifest, parts


def _filled() -> list[str]:
    """The tables with rows that no migration made."""
    with connection.cursor() as cursor:
        names = sorted(set(connection.introspection.table_names(cursor)) - BOOKKEEPING)
        filled = []
        for name in names:
            quoted = connection.ops.quote_name(name)
            cursor.execute(f"SELECT 1 FROM {quoted} LIMIT 1")  # noqa: S608 - a table's own name
            if cursor.fetchone():
                filled.append(name)
    return filled


def _secrets() -> dict[str, str]:
    env = surroundings.read()
    given = {name: parts[0] for name, parts in env.secrets().items() if parts}
    return given | {"secret_key": env.django_key(), "signing_key": ",".join(env.signing_keys())}


def _write_secrets(source: Path, folder: Path) -> None:
    """One file per secret, as PORTAL_SECRETS_DIR wants them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, value in json.loads(source.read_text()).items():
        path = folder / f"portal_{Path(name).name}"
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(value)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
