"""Reads labs and edition files into rows. Reading the same again changes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import ProtectedError

from lab_specs import loader
from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.schema import Criterion as CriterionFile
from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.courses import versions
from portal.courses.models import Course, Criterion, Edition, Level, MiniProject
from portal.courses.queries import held_on
from portal.people.models import User

Model = TypeVar("Model", bound=models.Model)


@dataclass(slots=True)
class Changes:
    """What reading a file changed, in words such as "mini-project serving"."""

    created: list[str] = field(default_factory=list)
    updated: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)  # where the file differs from the last one
    notes: list[str] = field(default_factory=list)  # what a lecturer should know of it


@dataclass(frozen=True, slots=True)
class RubricRow:
    """A criterion of a file, the lab that it belongs to (or ""), and its scale."""

    lab: str
    file: CriterionFile
    levels: Sequence[str]


def shelf() -> Mapping[str, LabSpec]:
    """The labs that this portal knows, read once per process. Raises `SpecError`."""
    return _shelf(tuple(settings.SHELF))


@lru_cache(maxsize=4)
def _shelf(folders: tuple[Path, ...]) -> Mapping[str, LabSpec]:
    return loader.load_shelf(folders)


def read_edition(
    path: Path, *, by: User | None = None, dry_run: bool = False
) -> tuple[Edition, Changes]:
    """Read an edition's file, with the labs that it names. Raises `SpecError` or `Refused`.

    `dry_run`: only say what would change; the edition that is returned is not stored then.
    """
    with transaction.atomic():
        edition, changes = load_edition(loader.load_edition(path), shelf(), by=by)
        transaction.set_rollback(dry_run)
    return edition, changes


def load_edition(
    file: EditionFile, labs: Mapping[str, LabSpec], *, by: User | None = None
) -> tuple[Edition, Changes]:
    """Make the rows of an edition what its file says, and keep the file; all of it or nothing.

    A mini-project whose lab is not on the shelf is judged by its own criteria, and says so.
    Refused when something that was handed in or decided would lose its place, or when rules
    change under which somebody was assessed: rules never change silently.
    """
    changes = Changes()
    with transaction.atomic():
        course = _put(changes, Course, {"code": file.course_code}, {"title": file.course})
        edition = _put(
            changes,
            Edition,
            {"course": course, "name": file.edition},
            {"timezone": file.timezone, "language": file.language},
        )
        Edition.objects.select_for_update().get(pk=edition.pk)  # one reader of files at a time
        changes.rules = versions.keep(edition, file, by=by)
        changes.notes = [note for each in file.mini_projects for note in _unchecked(each, labs)]
        held = held_on(edition)
        for order, each in enumerate(on_shelf(file, labs).mini_projects):
            deadline = file.moment(each.deadline, held)
            mini_project = _put_mini_project(changes, edition, order, each, deadline)
            _put_rubric(changes, mini_project, _rubric(each, labs, file.levels))
        slugs = [each.id for each in file.mini_projects]
        _remove(changes, edition.mini_projects.exclude(slug__in=slugs))
    return edition, changes


def on_shelf(file: EditionFile, labs: Mapping[str, LabSpec]) -> EditionFile:
    """The file with those labs only that the shelf holds: what a result is worked out from."""
    parts = tuple(
        each.model_copy(update={"labs": tuple(lab for lab in each.labs if lab in labs)})
        for each in file.mini_projects
    )
    return file.model_copy(update={"mini_projects": parts})


def _unchecked(each: MiniProjectFile, labs: Mapping[str, LabSpec]) -> list[str]:
    """What is to be said of a mini-project whose labs are not all on the shelf."""
    missing = [lab for lab in each.labs if lab not in labs]
    if not missing:
        return []
    without = f"{each.title}: no lab {', '.join(missing)} on the shelf"
    if len(missing) < len(each.labs):
        return [f"{without}; the other labs can be taken."]
    if not each.criteria:
        raise Refused(
            f"{without}, and no criteria of its own: nothing could be judged. Known labs:"
            f" {', '.join(sorted(labs)) or 'none'}."
        )
    return [f"{without} yet. It is assessed by its own criteria; load the file again then."]


def _put_mini_project(
    changes: Changes,
    edition: Edition,
    order: int,
    each: MiniProjectFile,
    deadline: datetime | None,
) -> MiniProject:
    return _put(
        changes,
        MiniProject,
        {"edition": edition, "slug": each.id},
        {
            "title": each.title,
            "order": order,
            "deadline": deadline,
            "by_team": each.by_team,
            "labs": list(each.labs),
        },
    )


def _rubric(
    each: MiniProjectFile, labs: Mapping[str, LabSpec], levels: Sequence[str]
) -> list[RubricRow]:
    """Every criterion of a mini-project: those of each of its labs, then its own."""
    rows = [
        RubricRow(lab, criterion, labs[lab].file.levels)
        for lab in each.labs
        for criterion in labs[lab].file.criteria
    ]
    return rows + [RubricRow("", criterion, levels) for criterion in each.criteria]


def _put_rubric(changes: Changes, mini_project: MiniProject, rubric: Sequence[RubricRow]) -> None:
    kept = []
    for order, row in enumerate(rubric):
        criterion = _put(
            changes,
            Criterion,
            {"mini_project": mini_project, "lab": row.lab, "slug": row.file.id},
            {"title": row.file.title, "technical": row.file.technical, "order": order},
        )
        _put_levels(changes, criterion, row)
        kept.append(criterion.pk)
    _remove(changes, mini_project.criteria.exclude(pk__in=kept))


def _put_levels(changes: Changes, criterion: Criterion, row: RubricRow) -> None:
    existing = list(criterion.levels.values_list("name", flat=True))
    if existing and existing != list(row.levels):
        _remove(changes, criterion.levels.all())  # another scale; refused once it was used
    for order, name in enumerate(row.levels):
        descriptor = row.file.descriptors.get(name)
        if descriptor is None:
            raise Refused(f"Criterion {row.file.id!r} has no descriptor for the level {name!r}.")
        _put(
            changes,
            Level,
            {"criterion": criterion, "order": order},
            {"name": name, "descriptor": descriptor},
        )


def _put(
    changes: Changes, model: type[Model], key: dict[str, Any], values: dict[str, Any]
) -> Model:
    """The row with this key and these values; written only when something differs."""
    name = model._meta.verbose_name  # noqa: SLF001 - Django's documented way to a model's name
    row = model._default_manager.filter(**key).first()  # noqa: SLF001
    if row is None:
        row = model._default_manager.create(**key, **values)  # noqa: SLF001
        changes.created.append(f"{name} {row}")
        return row
    different = [column for column, value in values.items() if getattr(row, column) != value]
    if different:
        for column in different:
            setattr(row, column, values[column])
        row.save(update_fields=different)
        changes.updated.append(f"{name} {row} ({', '.join(different)})")
    return row


def _remove(changes: Changes, rows: models.QuerySet[Any]) -> None:
    """Delete what the file no longer names, unless work or decisions hang on it."""
    for row in rows:
        name = f"{row._meta.verbose_name} {row}"  # noqa: SLF001
        try:
            row.delete()
        except ProtectedError:
            raise Refused(
                f"The file no longer names {name!r}, but work or decisions belong to it."
                " Name it again, or start a new edition."
            ) from None
        changes.removed.append(name)
