"""Dumping a whole database to a file, and loading it back.

SQLite does it by its own online backup, PostgreSQL by its own programs. Both see one moment of
the database, whoever is writing meanwhile.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.conninfo import make_conninfo

ASIDE = "before_restore"  # the schema that waits until the new one is there


class BackupError(Exception):
    """A backup cannot be made or restored; the text says why and what to do."""


def dump(path: Path) -> None:
    """Write the database to a file."""
    if connection.vendor == "postgresql":
        _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={path}")
        return
    with closing(sqlite3.connect(path)) as target:
        _sqlite().backup(target)
        target.execute("PRAGMA journal_mode=DELETE")  # one file, nothing beside it


def load(path: Path) -> None:
    """Put what a file holds in the place of the whole database; if that fails, nothing changes."""
    if connection.vendor == "postgresql":
        _load_postgres(path)
        return
    try:
        with closing(sqlite3.connect(path)) as source:
            source.backup(_sqlite())
    except sqlite3.DatabaseError as error:
        raise BackupError(f"SQLite cannot read the backup: {error}") from None


def _load_postgres(path: Path) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER SCHEMA public RENAME TO {ASIDE}")
        cursor.execute("CREATE SCHEMA public")
    try:
        _run("pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", str(path))
    except BackupError:
        with connection.cursor() as cursor:
            cursor.execute("DROP SCHEMA public CASCADE")
            cursor.execute(f"ALTER SCHEMA {ASIDE} RENAME TO public")
        raise
    with connection.cursor() as cursor:
        cursor.execute(f"DROP SCHEMA {ASIDE} CASCADE")
    connection.close()  # what it knew of the old tables is past


def _sqlite() -> sqlite3.Connection:
    connection.ensure_connection()
    found: sqlite3.Connection = connection.connection
    return found


def _run(program: str, *words: str) -> None:
    """Run one of PostgreSQL's programs; the password goes through its environment."""
    known: dict[str, Any] = connection.settings_dict
    if (found := shutil.which(program)) is None:
        raise BackupError(f"missing: {program} (on Debian: apt-get install postgresql-client)")
    where = make_conninfo(
        dbname=known["NAME"],
        user=known["USER"] or None,
        host=known["HOST"] or None,
        port=known["PORT"] or None,
        **{name: value for name, value in known["OPTIONS"].items() if isinstance(value, str)},
    )
    done = subprocess.run(
        [found, *words, f"--dbname={where}"],
        env=os.environ | {"PGPASSWORD": known["PASSWORD"] or ""},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BackupError(f"{program} failed: {done.stderr.strip()}")
