"""What a worker does beside: each kind of it takes one hand of a process at most.

Links that somebody waits for are looked up by the same workers, and find the other hands free.
"""

from dataclasses import replace
from threading import Lock
from typing import Any

import structlog
from django.utils import timezone

from grader import history
from grader.comparing import Wanted, evidence, gathered
from grader.gathering import Gathered
from grader.github_tasks import key_for
from grader.pipeline import fetch_policy
from grader.similarity import Found, compare
from grader.worker import settings
from lab_specs.faults import Code, Fault
from portal.celery_app import app
from portal.similarity import domain as comparisons
from portal.similarity.models import Comparison
from portal.submissions import histories
from portal.submissions.models import History

HAND, COMPARING = Lock(), Lock()
A_BELL = 20  # histories read for one bell; the reaper rings again while one is due
TEMPLATE = 0  # the key that no team has
logger = structlog.get_logger()


@app.task(name="grader.history")
def read_histories() -> None:
    """Read who made the commits of what was handed in, one after another."""
    if not HAND.acquire(blocking=False):
        return
    try:
        for _ in range(A_BELL):
            row = histories.take(now=timezone.now())
            if row is None:
                return
            _read(row)
    finally:
        HAND.release()


def _read(row: History) -> None:
    work = row.submission
    try:
        key = key_for(work.repository, work.team_id, vouched=True)
        policy = replace(fetch_policy(settings()), key=key)
        found = history.read(work.repository, work.commit, policy)
    except Fault as fault:
        histories.fail(history_id=row.pk, code=fault.code, facts=fault.facts, now=timezone.now())
        return
    except Exception:  # whatever a history holds, the ones behind it are read
        logger.exception("history_unread", submission=work.pk)
        histories.fail(history_id=row.pk, code=Code.INTERNAL, facts={}, now=timezone.now())
        return
    histories.answer(history_id=row.pk, told=found.told(), now=timezone.now())


@app.task(name="grader.compare")
def compare_groups() -> None:
    """Compare the groups of a mini-project that somebody asked for."""
    if not COMPARING.acquire(blocking=False):
        return
    try:
        while row := comparisons.take(now=timezone.now()):
            _compare(row)
    finally:
        COMPARING.release()


def _compare(row: Comparison) -> None:
    groups = _groups(row)
    if groups is None:
        return
    template = groups.pop(TEMPLATE, None)
    left_out = template.group if template else None
    found = compare([each.group for each in groups.values()], left_out)
    kept = comparisons.finish(
        row,
        _told(found),
        said={
            "pairs": len(found.pairs) + found.more,
            "more": found.more,
            "common_commits": found.common_commits,
            "common_prints": found.common_prints,
        },
        template_commit=template.commit if template else "",
        now=timezone.now(),
    )
    logger.info("compared", comparison=row.pk, groups=len(groups), kept=kept)


def _groups(row: Comparison) -> dict[int, Gathered] | None:
    """Everybody's work, as far as it can be read, and the template; None when that ends it."""
    parts = {each.submission.team_id: each for each in row.parts.select_related("submission")}
    places = {
        team: (part.submission.repository, part.submission.commit) for team, part in parts.items()
    }
    if row.template:  # first: without it, nothing else is worth the way
        places = {TEMPLATE: (row.template, row.template_ref), **places}
    wanted = {team: _wanted(team, *place) for team, place in places.items()}
    found: dict[int, Gathered] = {}
    for key, outcome in gathered(wanted, fetch_policy(settings())):
        if isinstance(outcome, Gathered):
            found[key] = outcome
        if key != TEMPLATE:
            held = comparisons.note(row, parts[key], now=timezone.now(), **_columns(outcome))
        elif isinstance(outcome, Fault):
            comparisons.fail(row, outcome.code, outcome.facts, now=timezone.now())
            held = False
        else:
            held = True
        if not held:
            return None
    return found


def _wanted(team: int, repository: str, ref: str) -> Wanted | Fault:
    """Where it lies, and what opens it: work was looked up before, and staff named the template."""
    try:
        return Wanted(repository, ref, key_for(repository, team, vouched=True))
    except Fault as fault:
        return fault


def _columns(outcome: Gathered | Fault) -> dict[str, Any]:
    if isinstance(outcome, Fault):
        return {"fault": outcome.code.value, "facts": outcome.facts}
    group = outcome.group
    return {
        "files": len(group.sources),
        "commits": len(group.commits),
        "left_out": outcome.left_out,
        "whole": outcome.whole,
    }


def _told(found: Found) -> list[dict[str, Any]]:
    return [
        {
            "left": each.left,
            "right": each.right,
            "percent": each.percent,
            "shared": each.shared,
            "commits": each.commit_count,
            "evidence": evidence(each),
        }
        for each in found.pairs
    ]
