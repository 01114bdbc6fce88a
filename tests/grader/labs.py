"""A lab in memory and the reports of its judge, for tests that need no shelf."""

from typing import Any

from lab_specs import wire
from lab_specs.report import CheckResult, Outcome, Report
from lab_specs.schema import (
    CheckSpec,
    Criterion,
    Kind,
    LabFile,
    LabSpec,
    Limits,
    SidecarName,
    SidecarShare,
)

LEVELS = ("not yet proficient", "proficient", "advanced")
CHECKS = {"starts": "proficient", "is_quick": "advanced"}


def make_lab(
    *,
    volumes: dict[str, int] | None = None,
    sidecars: dict[SidecarName, SidecarShare] | None = None,
    **limits: Any,
) -> LabSpec:
    """One criterion, two checks, two volumes."""
    usual = {"memory_mb": 64, "cpus": 0.5, "pids": 32, "tmp_mb": 4, "total_seconds": 60}
    criterion = Criterion(id="manners", title="Manners", descriptors=dict.fromkeys(LEVELS, "…"))
    file = LabFile(
        title="A lab",
        summary="It judges manners",
        kind=Kind.JOB,
        levels=LEVELS,
        pass_level="proficient",
        limits=Limits.model_validate(usual | limits),
        volumes={"data": 16, "out": 64} if volumes is None else volumes,
        sidecars=sidecars or {},
        criteria=(criterion,),
    )
    checks = tuple(
        CheckSpec(id=name, title=name, criterion="manners", level=level)
        for name, level in CHECKS.items()
    )
    return LabSpec(id="manners", file=file, checks=checks, brief="", sources={}, digest="d1")


def reported(**outcomes: Outcome) -> wire.Reported:
    """The last line of a judge whose checks ended so; a check not named passed."""
    checks = tuple(
        CheckResult(
            id=name,
            title=name,
            criterion="manners",
            level=level,
            outcome=outcomes.get(name, Outcome.PASSED),
        )
        for name, level in CHECKS.items()
    )
    return wire.Reported(report=Report(checks=checks))
