"""Rows that are only ever added: the model refuses to change one, and so does the database.

Whoever owns the database can still drop a trigger; what was signed shows it.
"""

from itertools import product
from typing import Any, NoReturn

from django.db import models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations import RunPython
from django.db.migrations.state import StateApps

EVENTS = ("update", "delete")
SQLITE = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
BEGIN SELECT RAISE(ABORT, 'rows of {table} are only ever added'); END
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
RAISE EXCEPTION 'rows of % are only ever added', TG_TABLE_NAME
USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
POSTGRESQL = """
CREATE TRIGGER {table}_no_{event} BEFORE {event} ON {table}
FOR EACH ROW EXECUTE FUNCTION append_only()
"""


class AppendOnly(models.Model):
    """A row that is written once."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - Django's
        """Add the row. An existing one is not written again."""
        if not self._state.adding:
            self._refuse()
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:  # noqa: ANN401 - Django's
        """Never."""
        del args, kwargs
        self._refuse()

    def _refuse(self) -> NoReturn:
        raise TypeError(f"rows of {self._meta.db_table} are only ever added")


def protect(*tables: str) -> RunPython:
    """A migration's operation: the database refuses to change or delete rows of these tables.

    On SQLite a later migration that alters such a table makes it anew, without its triggers;
    it has to `protect` the table again, which PostgreSQL does not mind. A test asks for every
    table.
    """

    def forwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        del apps
        postgresql = editor.connection.vendor == "postgresql"
        if postgresql:
            editor.execute(FUNCTION, None)
        for table, event in product(tables, EVENTS):
            trigger = POSTGRESQL if postgresql else SQLITE
            editor.execute(_drop(table, event, postgresql=postgresql), None)
            editor.execute(trigger.format(table=table, event=event), None)

    def backwards(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        del apps
        postgresql = editor.connection.vendor == "postgresql"
        for table, event in product(tables, EVENTS):
            editor.execute(_drop(table, event, postgresql=postgresql), None)

    return RunPython(forwards, backwards)


def _drop(table: str, event: str, *, postgresql: bool) -> str:
    return f"DROP TRIGGER IF EXISTS {table}_no_{event}" + f" ON {table}" * postgresql
