"""What holds of a recorded verdict, in words; and whether a second run came to the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lab_specs.schema import LabSpec
from portal.common.errors import Refused
from portal.submissions import records, scoring
from portal.submissions.models import Attempt, Record

SHORT = 12  # characters of a digest that a person compares
CAUSES = ("lab_digest", "image", "judge_image", "sidecars", "seed", "limits", "stand_ins")


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence. `holds` is None when it only tells something."""

    holds: bool | None
    text: str


def audit(attempt: Attempt, lab: LabSpec | None) -> list[Finding]:
    """Signature, row and arithmetic of an attempt. `lab` is the lab as it is now, if known."""
    problems = records.problems(attempt)
    if problems:
        return [Finding(holds=False, text=problem) for problem in problems]
    history = list(attempt.records.select_related("by"))
    return [*_told(attempt, history), _counted(attempt, history[-1], lab)]


def compare(first: Attempt, second: Attempt) -> list[Finding]:
    """Whether two runs of one commit came to the same; and what was not the same around them."""
    pairs = [
        ("verdict", first.verdict, second.verdict),
        ("fault", first.fault, second.fault),
        ("levels", first.levels, second.levels),
    ]
    found = [
        Finding(holds=one == other, text=_same(name, one, other)) for name, one, other in pairs
    ]
    return [*found, *_checks(_outcomes(first), _outcomes(second)), *_around(first, second)]


def _told(attempt: Attempt, history: list[Record]) -> Iterator[Finding]:
    last, work = history[-1], attempt.submission
    newest = "the newest" if last.key_id == records.keys()[0].id else "an older"
    of = f" of {len(history)}" if len(history) > 1 else ""
    yield Finding(
        holds=True,
        text=f"Record {last.number}{of}, of {last.at:%Y-%m-%d %H:%M:%S} UTC,"
        f" is signed with {newest} of our keys ({last.key_id}).",
    )
    yield Finding(
        holds=True,
        text=f"The row says what was signed: {attempt.verdict}, lab {work.lab},"
        f" commit {work.short_commit}, judged by {attempt.worker or 'nobody'}.",
    )
    for record in history[1:]:
        person = record.by.username if record.by else "nobody"
        yield Finding(
            holds=None,
            text=f"Scored again by {person} on {record.at:%Y-%m-%d %H:%M} UTC,"
            f" because: {record.reason} ({record.change}).",
        )


def _counted(attempt: Attempt, last: Record, lab: LabSpec | None) -> Finding:
    """Levels and verdict from the stored report; binding only if the lab is still the same."""
    name = attempt.submission.lab
    if attempt.verdict not in scoring.SCORED:
        return Finding(holds=None, text="Its verdict does not come from levels: none are counted.")
    if lab is None:
        return Finding(holds=None, text=f"The lab {name} is not at hand: levels are not counted.")
    same_lab = lab.digest == last.lab_digest
    since = (
        ""
        if same_lab
        else f"The lab {name} has changed since"
        f" ({last.lab_digest[:SHORT]} then, {lab.digest[:SHORT]} now). "
    )
    try:
        change = scoring.difference(attempt, scoring.score_of(attempt, lab))
    except Refused as refused:
        return Finding(holds=False if same_lab else None, text=f"{since}{refused}")
    if same_lab:
        told = f"are others: {change}" if change else "are the same"
        text = f"Levels and verdict, counted again from the report, {told}."
        return Finding(holds=not change, text=text)
    now = f"would change ({change}); see manage.py rescore" if change else "would not change"
    return Finding(holds=None, text=f"{since}Counted as the lab does now, its score {now}.")


def _same(name: str, one: object, other: object) -> str:
    if one != other:
        return f"Another {name}: {_worded(one)} then, {_worded(other)} now."
    return f"The same {name}: {_worded(one)}."


def _worded(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {item}" for key, item in sorted(value.items())) or "none"
    return str(value or "none")


def _outcomes(attempt: Attempt) -> dict[str, str]:
    return {check["id"]: check["outcome"] for check in (attempt.report or {}).get("checks", ())}


def _checks(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[Finding]:
    names = {**one, **other}
    differing = [name for name in names if one.get(name) != other.get(name)]
    if names and not differing:
        yield Finding(holds=True, text=f"All checks ended the same: {len(names)}.")
    for name in differing:
        told = f"{one.get(name, 'not there')} then, {other.get(name, 'not there')} now"
        yield Finding(holds=False, text=f"Check {name}: {told}.")


def _around(first: Attempt, second: Attempt) -> Iterator[Finding]:
    """What may explain a difference. It is none by itself."""
    one, other = first.provenance, second.provenance
    for name in CAUSES:
        if one.get(name) != other.get(name):
            then, now = one.get(name, "unknown"), other.get(name, "unknown")
            yield Finding(holds=None, text=f"Not the same {name}: {then} then, {now} now.")
    if second.provenance.get("image_reused"):
        yield Finding(holds=None, text="The image was used again, not built anew.")
