"""An edition's file together with the rubrics of its labs: all that an evaluation needs."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from lab_specs.edition import rules
from lab_specs.edition.file import EditionFile, MiniProjectFile
from lab_specs.schema import Criterion, LabSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A criterion with its scale. `lab` is empty for one that counts whichever lab was taken."""

    criterion: Criterion
    lab: str
    levels: tuple[str, ...]
    passing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The rules of one edition, ready to evaluate."""

    edition: EditionFile
    rubrics: Mapping[str, tuple[Row, ...]]  # those that decide, per part
    criteria: Mapping[str, Mapping[str, frozenset[str]]]  # part, criterion: levels there may be
    digest: str

    @classmethod
    def of(cls, edition: EditionFile, labs: Mapping[str, LabSpec] | None = None) -> "Policy":
        """`labs`: those that the edition names; the same mapping as the portal's shelf.

        Raises `ValueError` when a lab is missing or has levels that the rules do not price.
        """
        shelf = labs or {}
        rubrics = {each.id: _rubric(edition, each, shelf) for each in edition.mini_projects}
        digest = hashlib.sha256(edition.model_dump_json().encode())
        for lab in sorted({lab for each in edition.mini_projects for lab in each.labs}):
            digest.update(shelf[lab].digest.encode())
        criteria = {part: _levels(rows) for part, rows in rubrics.items()}
        deciding = {
            each.id: tuple(row for row in rubrics[each.id] if each.lab_decides or not row.lab)
            for each in edition.mini_projects
        }
        for rule in edition.rules:
            if isinstance(rule, rules.Average | rules.Adjust):
                _priced(rule.worth if isinstance(rule, rules.Average) else rule.by, deciding)
        return cls(edition=edition, rubrics=deciding, criteria=criteria, digest=digest.hexdigest())

    def setting_file(self, name: str) -> rules.SettingFile:
        """A gap of the edition, set or not."""
        return next(each for each in self.edition.settings if each.id == name)

    def with_settings(self, values: Mapping[str, Any]) -> "Policy":
        """The same rules with gaps filled in. Raises `ValueError` for a value that cannot be."""
        unknown = sorted(values.keys() - {each.id for each in self.edition.settings})
        if unknown:
            raise ValueError(f"no such setting: {', '.join(unknown)}")
        content = self.edition.model_dump(mode="json")
        for setting in content["settings"]:
            if setting["id"] in values:
                setting["value"] = values[setting["id"]]
        edition = EditionFile.model_validate(content)
        digest = hashlib.sha256(f"{self.digest}{edition.settings!r}".encode()).hexdigest()
        return replace(self, edition=edition, digest=digest)

    def part(self, name: str) -> MiniProjectFile:
        """A mini-project by its id."""
        return next(each for each in self.edition.mini_projects if each.id == name)

    def parts_of(self, rule: rules.Rule) -> list[MiniProjectFile]:
        """The mini-projects that a rule speaks of, in the order of the file."""
        return [each for each in self.edition.mini_projects if self.speaks_of(rule, each)]

    def speaks_of(self, rule: rules.Rule, part: MiniProjectFile) -> bool:
        """Whether a rule speaks of this mini-project: named, or counting where none is."""
        return part.id in rule.parts if rule.parts else part.counts


def _rubric(
    edition: EditionFile, each: MiniProjectFile, shelf: Mapping[str, LabSpec]
) -> tuple[Row, ...]:
    rows = []
    for lab in each.labs:
        if lab not in shelf:
            raise ValueError(f"no lab {lab!r} on the shelf")
        file = shelf[lab].file
        passing = file.levels.index(file.pass_level)
        rows += [
            Row(criterion=criterion, lab=lab, levels=file.levels, passing=passing)
            for criterion in file.criteria
        ]
    passing = edition.levels.index(edition.passing)
    return (
        *rows,
        *(
            Row(criterion=criterion, lab="", levels=edition.levels, passing=passing)
            for criterion in each.criteria
        ),
    )


def _levels(rows: tuple[Row, ...]) -> dict[str, frozenset[str]]:
    """Two labs may name a criterion alike and have scales of their own."""
    found: dict[str, frozenset[str]] = {}
    for row in rows:
        found[row.criterion.id] = found.get(row.criterion.id, frozenset()) | set(row.levels)
    return found


def _priced(table: Mapping[str, Any], rubrics: Mapping[str, tuple[Row, ...]]) -> None:
    for part, rows in rubrics.items():
        for row in rows:
            missing = [level for level in row.levels if level not in table]
            if missing:
                raise ValueError(
                    f"{part}: the rules say nothing about the level {missing[0]!r}"
                    f" of {row.criterion.id!r}"
                )
