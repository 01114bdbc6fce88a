"""What GitHub is told of an attempt: the text of a check run, or one line for a commit's status.

It says what the attempt's page says, no more. Text that a student's work can influence becomes
plain words: no Markdown, no HTML, no link and no mention of anybody comes out of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lab_specs.faults import Code
from lab_specs.messages import Explanation, explain, last_lines
from lab_specs.report import CheckResult, Outcome, Verdict
from portal.submissions.messages import words_of
from portal.submissions.models import Attempt
from portal.submissions.outcome import CriterionOutcome, outcome_of
from portal.submissions.states import State

LONGEST = 60_000  # bytes of one text; GitHub takes 65,535
LONGEST_VALUE = 1_000  # characters of one thing that a check says
LONGEST_MESSAGE = 4_000  # characters of one annotation
STATUS_LENGTH = 140  # characters of a commit's status, GitHub's limit
MANIFEST = "mlops.yaml"
CONCLUSIONS: dict[str, str] = {
    Verdict.PASSED: "success",
    Verdict.FAILED: "failure",
    Verdict.REJECTED: "failure",
    Verdict.CRASHED: "neutral",
    State.CANCELLED: "cancelled",
    State.SUPERSEDED: "skipped",
}
# A status knows no grey: what is not the student's doing stays open, and is never red.
STATUSES: dict[str, str] = {
    Verdict.PASSED: "success",
    Verdict.FAILED: "failure",
    Verdict.REJECTED: "failure",
}
IN_DOCKERFILE = {
    Code.BUILD_FAILED,
    Code.BUILD_REACHED_OUT,
    Code.COPY_SOURCE_MISSING,
    Code.DOCKERFILE_INVALID,
}
MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~$:])")  # what means something within a line
CALLS = re.compile(r"(@|#|://|www\.|GH-)", re.IGNORECASE)
TICKS = re.compile(r"`+")
MOST_LINE = 10**6


@dataclass(frozen=True, slots=True)
class Told:
    """The text of a check run."""

    title: str
    summary: str
    text: str


def said_of(attempt: Attempt) -> str:
    """The verdict, or else the state, as far as GitHub hears of it."""
    if attempt.verdict or attempt.state in CONCLUSIONS:
        return attempt.verdict or attempt.state
    return "queued" if attempt.state == State.QUEUED and not attempt.retries else "in_progress"


def told_of(attempt: Attempt, *, note: str = "", details: str = "") -> Told:
    """All that a check run says. `note`: why it was not run again; `details`: a link."""
    words = words_of(attempt)
    outcome = outcome_of(attempt)
    fault = explain(Code(attempt.fault), attempt.facts) if attempt.fault else None
    summary = [f"{words.sentence} {'' if fault else words.next_step}".strip()]
    if note:
        summary.append(f"**Not run again.** {plain(note)}")
    if outcome:
        summary += [_table(outcome), "The levels are a proposal; a lecturer decides."]
    if attempt.reason:
        summary.append(f"Run again: {plain(attempt.reason)}")
    if details:
        summary.append(f"[The whole attempt]({details})")
    texts = [*_explained(fault, attempt.facts), *_failures(outcome)]
    return Told(words.label, capped(summary), capped(texts))


def status_of(attempt: Attempt) -> tuple[str, str]:
    """State and description of a commit's status; never red for what is not the student's."""
    words = words_of(attempt)
    state = STATUSES.get(attempt.verdict or "", "pending")
    levels = ", ".join(
        f"{each.title}: {each.proposed}" for each in outcome_of(attempt) if each.proposed
    )
    said = f"{words.label} ({levels})" if levels else f"{words.label}. {words.sentence}"
    return state, said if len(said) <= STATUS_LENGTH else said[: STATUS_LENGTH - 1] + "…"


def annotations(attempt: Attempt) -> list[dict[str, Any]]:
    """Where in the repository a fault lies, when the facts know a line of a file in it."""
    line = attempt.facts.get("line")
    if not attempt.fault or type(line) is not int or not 0 < line < MOST_LINE:
        return []
    path = _file_of(attempt)
    if not path:
        return []
    fault = explain(Code(attempt.fault), attempt.facts)
    said = f"{fault.happened}\n\nExpected: {fault.expected}\n\n{fault.next_step}"
    return [
        {
            "path": path,
            "start_line": line,
            "end_line": line,
            "annotation_level": "failure",
            "title": words_of(attempt).label,
            "message": said[:LONGEST_MESSAGE],  # GitHub shows it as plain text
        }
    ]


def _file_of(attempt: Attempt) -> str:
    """The file that the fault is about, as a path inside the repository; empty when unsure."""
    code, work = Code(attempt.fault), attempt.submission
    if code is Code.MANIFEST_INVALID:
        return MANIFEST
    if code not in IN_DOCKERFILE:
        return ""
    used = attempt.provenance.get("source")
    known = used.get("dockerfile") if isinstance(used, Mapping) else None
    said = known or attempt.facts.get("dockerfile") or work.dockerfile
    folder = "" if work.context in {"", "."} else f"{work.context}/"
    path = said if isinstance(said, str) and said else f"{folder}Dockerfile"
    return path if path.isprintable() and safe(path) else ""


def safe(path: str) -> bool:
    """Whether a path stays inside the repository."""
    parts = path.split("/")
    return 0 < len(path) <= 500 and "\\" not in path and not {"", ".", ".."} & set(parts)  # noqa: PLR2004 - as the columns


def _table(outcome: Iterable[CriterionOutcome]) -> str:
    rows = ["| Criterion | Proposed level | Checks passed |", "| --- | --- | --- |"]
    for each in outcome:
        checks = [check for group in each.levels for check in group.checks]
        passed = sum(check.outcome is Outcome.PASSED for check in checks)
        level = plain(each.proposed) or "none"
        rows.append(f"| {plain(each.title)} | {level} | {passed} of {len(checks)} |")
    return "\n".join(rows)


def _explained(fault: Explanation | None, facts: Mapping[str, Any]) -> list[str]:
    if fault is None:
        return []
    found = [
        f"**What happened:** {coded(fault.happened)}",
        f"**What was expected:** {coded(fault.expected)}",
        f"**What to do next:** {coded(fault.next_step)}",
    ]
    log = last_lines(facts)
    return [*found, fenced(log)] if log else found


def _failures(outcome: Iterable[CriterionOutcome]) -> list[str]:
    found = []
    for criterion in outcome:
        failed = [
            check
            for group in criterion.levels
            for check in group.checks
            if check.outcome in {Outcome.FAILED, Outcome.ERROR}
        ]
        if failed:
            found += [f"### {plain(criterion.title)}", *map(_failure, failed)]
    return found


def _failure(check: CheckResult) -> str:
    ours = " (failed on our side)" if check.outcome is Outcome.ERROR else ""
    lines = [f"- ✘ {coded(check.title)}{ours}"]
    told = {
        "Expected": check.expected,
        "What happened": check.actual,
        "What to do next": check.hint,
    }
    lines += [f"  - {name}: {coded(text)}" for name, text in told.items() if text]
    return "\n".join(lines)


def plain(text: str) -> str:
    """Text on one line in which nothing is Markdown, HTML, a link or a mention."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[:LONGEST_VALUE]).split())
    # What GitHub finds in finished text, too: names after @, numbers after #, bare links
    quiet = CALLS.sub(lambda found: f"{found[0]}\u200b", line)
    return MARKUP.sub(r"\\\1", quiet.replace("&", "&amp;"))


def coded(text: str) -> str:
    """Plain text whose `backticks` stay code, as on the attempt's page."""
    parts = re.split(r"`([^`\n]+)`", text[:LONGEST_VALUE])
    return "".join(_code(part) if at % 2 else _between(part) for at, part in enumerate(parts))


def _between(text: str) -> str:
    """Plain text within a line: the blanks at its ends stay."""
    before = " " if text[:1].isspace() else ""
    after = " " if text[-1:].isspace() and text.strip() else ""
    return f"{before}{plain(text)}{after}"


def _code(text: str) -> str:
    line = "".join(c if c.isprintable() else " " for c in text)
    return f"`` {line} ``" if line.strip() else ""


def fenced(text: str) -> str:
    """Text of many lines as it is, whatever stands in it."""
    longest = max((len(ticks) for ticks in TICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{text}\n{fence}"


def capped(parts: Sequence[str]) -> str:
    """As many whole parts as GitHub takes; it says how many were left out."""
    kept: list[str] = []
    size = 0
    for number, part in enumerate(parts):
        size += len(part.encode()) + 2
        if size > LONGEST:
            kept.append(f"… and {len(parts) - number} more: see the whole attempt in the portal.")
            break
        kept.append(part)
    return "\n\n".join(kept)
