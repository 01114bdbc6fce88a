"""What must agree between the fields of an edition. A mistake names the field to change."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lab_specs.edition import rules
from lab_specs.edition.scales import Words
from lab_specs.edition.syllabus import After

if TYPE_CHECKING:
    from lab_specs.edition.file import EditionFile

NUMBERS = (rules.Weigh, rules.Count, rules.Average, rules.Adjust, rules.Bonus, rules.Cap)


def check_edition(edition: "EditionFile") -> None:
    """Raises `ValueError`, whose text begins with the field."""
    if edition.passing not in edition.levels[1:]:
        raise ValueError(f"pass_level: {edition.passing!r} is none of the levels above the lowest")
    for name in ("mini_projects", "marks", "sessions", "tracks", "outcomes", "settings"):
        ids = [each.id for each in getattr(edition, name)]
        for number, each in enumerate(ids):
            if each in ids[:number]:
                raise ValueError(f"{name}.{number}.id: {each!r} stands twice")
    if edition.rules and edition.scale is None:
        raise ValueError("rules: rules need a scale to tell their result on")
    _check_mini_projects(edition)
    _check_marks(edition)
    _check_settings(edition)
    for number, rule in enumerate(edition.rules):
        _check_rule(edition, f"rules.{number}", rule)


def _known(place: str, names: Iterable[str], known: Iterable[str]) -> None:
    known = sorted(known)
    for name in names:
        if name not in known:
            raise ValueError(f"{place}: no {name!r} in this file, only {known}")


def _check_mini_projects(edition: "EditionFile") -> None:
    sessions = [each.id for each in edition.sessions]
    outcomes = [each.id for each in edition.outcomes]
    for number, each in enumerate(edition.mini_projects):
        place = f"mini_projects.{number}"
        whens = [(f"{place}.deadline", each.deadline)]
        for turn, item in enumerate(each.deliverables):
            whens.append((f"{place}.deliverables.{turn}.due", item.due))
        for field, when in whens:
            if isinstance(when, After):
                _known(f"{field}.session", [when.session], sessions)
        _known(f"{place}.outcomes", each.outcomes, outcomes)
        if each.pull_requests and not each.labs:
            raise ValueError(f"{place}.pull_requests: without labs no commit is handed in here")
        for turn, criterion in enumerate(each.criteria):
            missing = [level for level in edition.levels if level not in criterion.descriptors]
            if edition.rules and missing:
                field = f"{place}.criteria.{turn}.descriptors"
                raise ValueError(f"{field}: no text for {', '.join(missing)}")
    for number, module in enumerate(edition.modules):
        _known(f"modules.{number}.session", [module.session], sessions)


def _check_marks(edition: "EditionFile") -> None:
    parts = [each.id for each in edition.mini_projects]
    for number, mark in enumerate(edition.marks):
        place = f"marks.{number}"
        if mark.id in parts:
            raise ValueError(f"{place}.id: a mini-project is called {mark.id!r} already")
        if mark.session:
            _known(f"{place}.session", [mark.session], [each.id for each in edition.sessions])
        if mark.part:
            _known(f"{place}.part", [mark.part], parts)


def _check_settings(edition: "EditionFile") -> None:
    """A table of a setting rises too, so that more work never means a lower grade."""
    for number, each in enumerate(edition.settings):
        if each.kind == "table" and each.value:
            numbers = [each.value[key] for key in sorted(each.value)]
            if numbers != sorted(numbers):
                raise ValueError(f"settings.{number}.value: more may not be worth less")


def _check_rule(edition: "EditionFile", place: str, rule: rules.Rule) -> None:
    parts = [each.id for each in edition.mini_projects]
    tracks = [each.id for each in edition.tracks]
    _known(f"{place}.parts", rule.parts, parts)
    _known(f"{place}.tracks", rule.tracks, tracks)
    _known(f"{place}.not_for", rule.not_for, tracks)
    settings = [each.id for each in edition.settings]
    for field in type(rule).model_fields:
        value = getattr(rule, field)
        if isinstance(value, rules.Ref):
            _known(f"{place}.{field}", [value.setting], settings)
    known = _names(edition, rule)
    for field, table in type(rule).REFERS.items():
        value = getattr(rule, field)
        names = [value] if isinstance(value, str) else [*value]
        _known(f"{place}.{field}", names, known[table])
    for field in ("worth", "by"):
        _known(f"{place}.{field}", edition.levels, getattr(rule, field, edition.levels))
    if isinstance(rule, rules.Resit):
        _known(f"{place}.until", rule.until.values(), edition.dates)
    numbers = not isinstance(edition.scale, Words)
    if isinstance(rule, NUMBERS) and not numbers:
        raise ValueError(f"{place}.rule: this rule needs a scale of numbers")


def _names(edition: "EditionFile", rule: rules.Rule) -> dict[str, list[str]]:
    """What a rule may name, by the kind of thing."""
    parts = [each.id for each in edition.mini_projects]
    marks = [each.id for each in edition.marks]
    chosen = [each for each in edition.mini_projects if each.id in (rule.parts or parts)]
    return {
        "deliverables": [item.id for each in chosen for item in each.deliverables],
        "marks": marks,
        "components": [*marks, *parts],
        "settings": [each.id for each in edition.settings],
        "scales": list(edition.other_scales),
        "tracks": [*(each.id for each in edition.tracks), "all"],
    }
