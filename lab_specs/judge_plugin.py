"""The pytest plugin of the judge: it makes a report out of the outcomes of checks."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab_specs import wire
from lab_specs.faults import StudentFault
from lab_specs.figures import FIGURES, Figure
from lab_specs.fixtures import BRIEF, CALL, SHOW
from lab_specs.messages import explain
from lab_specs.report import TEXT_CAP, CheckResult, Outcome
from lab_specs.service import Failure
from lab_specs.student import Call


class JudgePlugin:
    """Runs one lab's checks and keeps their results."""

    def __init__(self, brief: wire.Brief, call: Call, announce: Callable[[str], None]) -> None:
        self.results: list[CheckResult] = []
        self.figures: dict[str, Figure] = {}
        self.rejection: StudentFault | None = None
        self.broken = ""
        self._brief = brief
        self._call = call
        self._announce = announce

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the fixtures what they are made of."""
        config.stash[BRIEF], config.stash[CALL] = self._brief, self._call
        config.stash[SHOW] = self.show

    def show(self, figure: Figure) -> None:
        """Keep a figure: one of the same id gives way, one too many is left out."""
        if figure.id in self.figures or len(self.figures) < FIGURES:
            self.figures[figure.id] = figure

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A lab whose checks cannot be collected is broken: that is ours."""
        if report.failed:
            self.broken = str(report.longrepr)[-TEXT_CAP:]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Run one check from its fixtures to its result."""
        began = time.monotonic()
        self._ended: tuple[Outcome, BaseException | None] = (Outcome.PASSED, None)
        result = yield
        self.results.append(self._result(item, time.monotonic() - began))
        if self.rejection is not None:
            item.session.shouldstop = "the submission is rejected"
        return result

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Skip a check whose ground is missing."""
        after = _binding(item)["after"]
        if after is None:
            return
        ground = next(r for r in self.results if r.id == after)  # the loader demands it above
        if ground.outcome is not Outcome.PASSED:
            pytest.skip(f"runs only once this passes: {ground.title}")

    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Tell the page that watches which check runs."""
        self._announce(_title(item))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Class what was raised, and whose it is."""
        report = yield
        error = call.excinfo.value if call.excinfo else None
        if error is not None and self._ended[1] is None:
            if isinstance(error, StudentFault) and call.when == "setup":
                self.rejection = error
            self._ended = (_outcome(error), error)
        return report

    def _result(self, item: pytest.Item, seconds: float) -> CheckResult:
        outcome, error = self._ended
        binding = _binding(item)
        return CheckResult(
            id=item.name.removeprefix("test_"),
            title=_title(item),
            criterion=binding["criterion"],
            level=binding["level"],
            outcome=outcome,
            seconds=round(seconds, 3),
            **_words(error),
        )


def _outcome(error: BaseException) -> Outcome:
    if isinstance(error, Failure | StudentFault):
        return Outcome.FAILED
    return Outcome.SKIPPED if isinstance(error, pytest.skip.Exception) else Outcome.ERROR


def _words(error: BaseException | None) -> dict[str, Any]:
    if error is None:
        return {}
    if isinstance(error, Failure):
        return {"expected": error.expected, "actual": error.actual, "hint": error.hint}
    if isinstance(error, StudentFault):
        said = explain(error.code, error.facts)
        return {"expected": said.expected, "actual": said.happened, "hint": said.next_step}
    if isinstance(error, pytest.skip.Exception):
        return {"actual": str(error)}
    return {"actual": f"the check itself broke: {type(error).__name__}: {error}"}


def _binding(item: pytest.Item) -> dict[str, Any]:
    binding: dict[str, Any] = item.function.check  # type: ignore[attr-defined]
    return binding


def _title(item: pytest.Item) -> str:
    return (item.function.__doc__ or "").strip()  # type: ignore[attr-defined]
