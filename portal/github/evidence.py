"""How a commit came about, in words: what was asked, what was seen, and where. Pure.

A line says what GitHub told, never what it is worth.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_specs.edition.syllabus import PullRequests

GOOD, WARN, PLAIN = "good", "warn", ""
# Rules that keep pushes away from a branch; others, such as one against deleting it, do not.
GUARDS = ("pull_request", "merge_queue", "update", "required_status_checks")
PLACES = {
    "merge": "This is the commit that merged it.",
    "head": "This is its newest commit.",
    "part": "This commit is one of several of it.",
}
OUTCOMES = {
    "success": (GOOD, "ended well"),
    "failure": (WARN, "failed"),
    "running": (PLAIN, "still running"),
    "none": (WARN, "no runs"),
    "other": (WARN, "neither ended well nor failed"),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was asked for. `source`: which part of GitHub said so."""

    title: str
    word: str
    tone: str
    says: str
    source: str


def lines(asked: PullRequests, told: Mapping[str, Any]) -> list[Line]:
    """A line for each thing that the edition asks for, in a fixed order."""
    found = []
    if asked.protected:
        found.append(_protected(told))
    if asked.reviews:
        found += [_reviewed(asked.reviews, told), _merged(told)]
    if asked.actions:
        found.append(_actions(told))
    return found


def _unseen(title: str, part: Mapping[str, Any], source: str) -> Line:
    said = f" It said: {part['said']}" if part.get("said") else ""
    why = "GitHub did not show this to the portal, so it says nothing either way."
    return Line(title, "not seen", PLAIN, why + said, source)


def _protected(told: Mapping[str, Any]) -> Line:
    title, part = "Default branch protected", told.get("protected", {})
    branch, source = told.get("branch", ""), "branch and rulesets"
    if "unseen" in part:
        return _unseen(title, part, source)
    rules = part.get("rules", [])
    by = ["a protection of its own"] if part.get("branch") else []
    if set(rules) & set(GUARDS):
        by.append("rulesets: " + ", ".join(rules))
    if by:
        return Line(title, "yes", GOOD, f"“{branch}” has {' and '.join(by)}.", source)
    others = f" Its rulesets ({', '.join(rules)}) let pushes pass." if rules else ""
    return Line(title, "no", WARN, f"Whoever may write can push to “{branch}”.{others}", source)


def _reviewed(asked: int, told: Mapping[str, Any]) -> Line:
    title, part, source = "Reviews", told.get("pull", {}), "pull request and reviews"
    if "unseen" in part:
        return _unseen(title, part, source)
    if not part.get("number"):
        says = "The commit belongs to no pull request that GitHub knows."
        return Line(title, "no pull request", WARN, says, source)
    approved = part.get("approved", [])
    names = ", ".join(_reviewer(each) for each in approved) or "nobody"
    says = (
        f"Pull request {part['number']}, “{part['title']}”, by {part['author'] or 'somebody'}."
        f" {PLACES[part['place']]} Approved by {names}."
    )
    if part.get("against"):
        says += f" Changes were asked for by {', '.join(part['against'])}."
    if part.get("merged"):
        says += f" Merged by {part['merged_by'] or 'somebody'}."
    enough = len(approved) >= asked
    return Line(title, f"{len(approved)} of {asked}", GOOD if enough else WARN, says, source)


def _reviewer(each: Mapping[str, Any]) -> str:
    return str(each["login"]) + ("" if each.get("current") else " (of an earlier commit)")


def _merged(told: Mapping[str, Any]) -> Line:
    title, part, source = "Merged without a review", told.get("merged", {}), "merged pull requests"
    if "unseen" in part:
        return _unseen(title, part, source)
    looked, without = part.get("looked_at", 0), part.get("unreviewed", [])
    if not without:
        return Line(title, "none", PLAIN, f"Of the last {looked} that were merged.", source)
    return Line(
        title,
        f"{len(without)} of {looked}",
        WARN,
        f"Pull requests that nobody else had approved: {_listed(without)}.",
        source,
    )


def _listed(without: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{each['number']} (merged by {each['by'] or 'somebody'})" for each in without)


def _actions(told: Mapping[str, Any]) -> Line:
    title, part, source = "GitHub Actions", told.get("actions", {}), "workflow runs of the commit"
    if "unseen" in part:
        return _unseen(title, part, source)
    tone, word = OUTCOMES[part.get("outcome", "none")]
    runs = [
        f"{each['name'] or 'nameless'}: {each['conclusion'] or each['status']}"
        for each in part.get("runs", [])
    ]
    says = ", ".join(runs) + "." if runs else "No workflow ran on this commit; that is no pass."
    return Line(title, word, tone, says, source)
