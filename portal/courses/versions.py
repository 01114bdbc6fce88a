"""The rules of an edition as they were loaded, one version after the other."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.apps import apps
from django.utils import timezone

from lab_specs.edition.file import EditionFile
from portal.common.errors import Refused
from portal.courses.models import Edition, MiniProject, RuleVersion
from portal.courses.queries import rules_used
from portal.people.models import User

# What only describes a course, or says how it is checked, changes nobody's result.
DESCRIPTIVE = {"course", "language", "source", "ours", "notes", "descriptions", "staff"}
DESCRIPTIVE |= {"outcomes", "activities", "repositories", "rules_version"}
OF_A_PROJECT = {
    "labs",
    "later_lab",
    "outcomes",
    "theory",
    "extensions",
    "translations",
    "ours",
    "pull_requests",
}
ENOUGH = 5  # differences that a refusal names
MISSING = "nothing"
# Where a row of the app of assessment says to which edition it belongs
WAYS: Mapping[Any, str] = {Edition: "", MiniProject: "__edition"}


def keep(
    edition: Edition, file: EditionFile, *, by: User | None = None, at: datetime | None = None
) -> list[str]:
    """Store the file as the newest version; what differs from the one before, in words.

    Nothing is stored when nothing differs. Refused when the rules differ under which somebody
    has been assessed, and the file does not say that its rules are new.
    """
    before = rules_used(edition)
    body = file.model_dump_json()
    old = EditionFile.model_validate_json(before.body) if before else None
    changes = differences(told(old), told(file)) if old else []
    if before and not changes:
        return []
    if old:
        _demand_new_number(edition, old, file)
    RuleVersion.objects.create(
        edition=edition,
        number=before.number + 1 if before else 1,
        rules_version=file.rules_version,
        body=body,
        digest=hashlib.sha256(body.encode()).hexdigest(),
        loaded_at=at or timezone.now(),
        loaded_by=by,
        change="\n".join(changes),
    )
    edition.__dict__.pop("file", None)  # it is read anew
    return changes


def _demand_new_number(edition: Edition, old: EditionFile, new: EditionFile) -> None:
    if new.rules_version < old.rules_version:
        raise Refused(
            f"The file has rules_version {new.rules_version}, and {edition} has"
            f" {old.rules_version} already. Is this an old file?"
        )
    changed = differences(told(old, rules_only=True), told(new, rules_only=True))
    if changed and new.rules_version == old.rules_version and assessed(edition):
        more = "" if len(changed) <= ENOUGH else f"; and {len(changed) - ENOUGH} more"
        raise Refused(
            f"Somebody has been assessed under rules_version {old.rules_version}, and the file"
            f" changes it: {'; '.join(changed[:ENOUGH])}{more}. Write rules_version:"
            f" {old.rules_version + 1} into the file if that is meant: every result says which"
            " version it used."
        )


def assessed(edition: Edition) -> bool:
    """Whether anything has been decided in the edition, in whichever row of assessment."""
    for model in apps.get_app_config("assessment").get_models():
        for field in model._meta.get_fields():  # noqa: SLF001 - Django's documented way
            if field.many_to_one and field.related_model in WAYS:
                way = WAYS[field.related_model]
                found = model._default_manager.filter(  # noqa: SLF001 - documented, too
                    **{f"{field.name}{way}": edition}
                )
                if found.exists():
                    return True
    return False


def told(file: EditionFile, *, rules_only: bool = False) -> dict[str, Any]:
    """The file as plain data; without what cannot change a result, if so asked."""
    data = file.model_dump(mode="json", exclude=DESCRIPTIVE if rules_only else None)
    for each in data["mini_projects"] if rules_only else ():
        for name in OF_A_PROJECT:
            each.pop(name, None)
    return data


def differences(old: Any, new: Any, place: str = "") -> list[str]:  # noqa: ANN401 - any JSON
    """Each place where two files differ, as `rules.3.at: 20 → 21`."""
    if old == new:
        return []
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        return [
            each
            for key in dict.fromkeys([*old, *new])
            for each in differences(old.get(key), new.get(key), f"{place}.{key}".lstrip("."))
        ]
    if isinstance(old, Sequence) and isinstance(new, Sequence) and not isinstance(old, str):
        return list(_in_lists(old, new, place))
    return [f"{place}: {_brief(old)} → {_brief(new)}"]


def _in_lists(old: Sequence[Any], new: Sequence[Any], place: str) -> Iterator[str]:
    """Things that have an id are compared by it, others by where they stand."""
    before, after = ({_key(each, n): each for n, each in enumerate(rows)} for rows in (old, new))
    for key in dict.fromkeys([*before, *after]):
        yield from differences(before.get(key), after.get(key), f"{place}.{key}")
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield f"{place}: in another order"


def _key(each: Any, number: int) -> str:  # noqa: ANN401 - any JSON
    return str(each.get("id", number)) if isinstance(each, Mapping) else str(number)


def _brief(value: Any) -> str:  # noqa: ANN401 - any JSON
    if value is None:
        return MISSING
    if isinstance(value, Mapping | list):
        name = value.get("title") or value.get("rule") if isinstance(value, Mapping) else None
        return f"({name or 'several fields'})"
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - a line
