"""A lab that tests may write anew, and attempts that a worker judged by it."""

from pathlib import Path
from typing import Any

import yaml

from lab_specs.loader import load_lab
from lab_specs.report import CheckResult, Outcome, Report, levels_reached, verdict_of
from portal.courses import catalog
from portal.submissions import domain
from portal.submissions.models import Attempt, Submission
from tests.claims import take
from tests.factories import AttemptFactory

LEVELS = ["not yet proficient", "proficient", "advanced"]
CHECKS = """
@check("interface", "{schema_level}")
def test_schema(): "Schema"
@check("interface", "{other_level}")
def test_speed(): "Speed"
@check("care", "proficient")
def test_errors(): "Errors"
@check("care", "advanced")
def test_restart(): "Restart"
"""
EXTRA = """
@check("care", "advanced")
def test_extra(): "Extra"
"""


def put_lab(
    shelf: Path,
    *,
    schema_level: str = "proficient",
    need: str = "proficient",
    comment: str = "",
    extra: bool = False,
) -> None:
    """Write the lab: criteria interface (schema, speed) and care (errors, restart)."""
    folder = shelf / "serving"
    folder.mkdir(parents=True, exist_ok=True)
    criteria = [
        {"id": name, "title": name, "descriptors": {level: f"is {level}" for level in LEVELS}}
        for name in ("interface", "care")
    ]
    limits = {"memory_mb": 64, "cpus": 1.0, "pids": 32, "tmp_mb": 4, "total_seconds": 60}
    lab = {
        "title": "Serve",
        "summary": "Serve it.",
        "kind": "service",
        "levels": LEVELS,
        "pass_level": need,
        "limits": limits,
        "criteria": criteria,
    }
    other = "advanced" if schema_level == "proficient" else "proficient"
    checks = CHECKS.format(schema_level=schema_level, other_level=other)
    (folder / "lab.yaml").write_text(yaml.safe_dump(lab))
    (folder / "brief.md").write_text("Serve it.")
    (folder / "test_acceptance.py").write_text(f"{comment}\n{checks}{EXTRA if extra else ''}")
    catalog._shelf.cache_clear()


def judge(work: Submission, shelf: Path, *, number: int = 1, **outcome: Any) -> Attempt:
    """Another attempt of this work, judged."""
    return grade(AttemptFactory(submission=work, number=number), shelf, **outcome)


def grade(
    attempt: Attempt,
    shelf: Path,
    *,
    levels: dict[str, str] | None = None,
    image: str = "sha256:1",
    reused: bool = False,
    **outcomes: Outcome,
) -> Attempt:
    """What a worker does with a queued attempt; a check passes unless it is named."""
    token = take(attempt.pk)
    lab = load_lab(shelf / "serving")
    checks = tuple(
        CheckResult(
            **check.model_dump(exclude={"after"}), outcome=outcomes.get(check.id, Outcome.PASSED)
        )
        for check in lab.checks
    )
    report = Report(checks=checks)
    reached = levels_reached(checks, lab.criteria, lab.file.levels)
    provenance = {"lab_digest": lab.digest, "image": image, "seed": "edition 1"}
    assert domain.record(
        attempt_id=attempt.pk,
        token=token,
        verdict=verdict_of(report, reached, lab.file.levels, lab.file.pass_level),
        report=report,
        levels=levels or reached,
        provenance=provenance | ({"image_reused": True} if reused else {}),
    )
    attempt.refresh_from_db()
    return attempt
