"""A result as plain data: what pages and cards show, and what is signed when it is published."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from portal.assessment.policy.facts import Fact, Marked, Present
from portal.assessment.policy.results import Effect, Reason, Resit, Result, Standing
from portal.assessment.policy.values import told as number_told
from portal.assessment.results import Book, Line, outcome_word, resit_of

FORM = 1  # of this data; count on when it says something else
ESSENCE = ("outcome", "word", "value", "scale", "parts", "marks", "rules_version")
# Which reasons a page tells together, and under which heading
GROUPS = {
    "withholds": "Withheld until somebody decides",
    "blocks": "What stands in the way",
    "awaits": "Still to come",
    "caps": "What limits the value",
    "counts": "What counts",
    "meets": "Conditions that are met",
    "notes": "Also noted",
}


def told(book: Book, line: Line) -> dict[str, Any]:
    """All that is to be said of a student's result."""
    result = line.result
    if result is None:
        return {"form": FORM, "word": outcome_word(None), "problem": line.problem}
    file = book.edition.file
    return {
        "form": FORM,
        "problem": "",
        "outcome": result.outcome.value,
        "word": outcome_word(result),
        "value": result.value,
        "scale": result.scale,
        "final": result.final,
        "rules_version": result.rules_version,
        "rules_digest": result.rules_digest,
        "parts": [_part(each) for each in result.standings.values()],
        "marks": [_mark(each.id, each.title, str(each.highest), line.facts) for each in file.marks],
        "reasons": [_reason(each, result) for each in result.reasons],
        "gaps": [{"name": each.name, "asks": each.asks, "who": each.who} for each in result.gaps],
        "to_change": list(result.to_change),
        "resit": _resit(resit_of(book, line), result),
    }


def differs(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two such tellings are of different results, however they are worded."""
    return any(one.get(name) != other.get(name) for name in ESSENCE)


def grouped(reasons: Iterable[Mapping[str, Any]]) -> list[tuple[str, str, list[Mapping[str, Any]]]]:
    """The reasons by what they do: (effect, heading, reasons), the deciding ones first."""
    found = list(reasons)
    groups = [
        (effect, heading, [each for each in found if each["effect"] == effect])
        for effect, heading in GROUPS.items()
    ]
    return [group for group in groups if group[2]]


def _part(standing: Standing) -> dict[str, Any]:
    return {
        "part": standing.part,
        "title": standing.title,
        "status": standing.status,
        "lost": bool(standing.lost),
        "proficient": standing.proficient,
        "levels": [
            {
                "criterion": each.criterion,
                "title": each.title,
                "technical": each.technical,
                "level": each.level or "",
                "passes": each.passes,
                "scale": list(each.levels),
            }
            for each in standing.reached
        ],
    }


def _mark(mark: str, title: str, highest: str, known: Sequence[Fact]) -> dict[str, Any]:
    given = [fact for fact in known if isinstance(fact, Marked) and fact.mark == mark]
    last = max(given, key=lambda fact: fact.chance, default=None)
    absent = any(isinstance(f, Present) and f.event == mark and not f.present for f in known)
    return {
        "mark": mark,
        "title": title,
        "highest": highest,
        "points": number_told(last.points) if last else "",
        "chance": last.chance if last else 1,
        "absent": absent,
    }


def _reason(reason: Reason, result: Result) -> dict[str, Any]:
    titles = {part: each.title for part, each in result.standings.items()}
    gap = reason.gap
    return {
        "cites": list(reason.cites),
        "effect": reason.effect.value,
        "says": reason.says,
        "part": titles.get(reason.part, ""),
        "to_change": reason.to_change,
        "amount": number_told(reason.amount)
        if reason.amount is not None and reason.effect is Effect.COUNTS
        else "",
        "ours": reason.ours,
        "gap": {"name": gap.name, "asks": gap.asks, "who": gap.who} if gap else None,
    }


def _resit(resit: Resit | None, result: Result) -> dict[str, Any] | None:
    if resit is None:
        return None
    titles = {part: each.title for part, each in result.standings.items()}
    return {
        "status": resit.status.value,
        "parts": [titles[part] for part in resit.parts],
        "videos": [titles[part] for part in resit.videos],
        "minutes": resit.minutes,
        "reasons": [_reason(each, result) for each in resit.reasons],
    }
