"""Each check of the serving lab passes for a good service and fails for the flaw it looks for."""

import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import ModuleType
from typing import Any

import pytest

from lab_specs.digits import digits
from lab_specs.kit import Failure, Figure, Service
from lab_specs.loader import load_lab
from tests.lab_specs.labs.judged import LABS, judged
from tests.lab_specs.labs.serving_oracle import serving

SEED = 5
CHECKS = [check.id for check in load_lab(LABS / "serving").checks]


@pytest.fixture(scope="module")
def lab() -> Iterator[ModuleType]:
    with judged("serving") as module:
        yield module


@pytest.fixture(scope="module")
def known() -> dict[tuple[float, ...], int]:
    x, y = digits(SEED, 1000, "hidden")
    rounded = [[round(float(value), 2) for value in row] for row in x]
    return {tuple(row): int(label) for row, label in zip(rounded, y, strict=True)}


@pytest.fixture
def shown() -> list[Figure]:
    """The figures that a check showed."""
    return []


@pytest.fixture
def attempt(
    lab: ModuleType, known: dict[tuple[float, ...], int], shown: list[Figure]
) -> Iterator[Callable[[str, str], None]]:
    """Run one check against an oracle with a flaw."""
    with ExitStack() as stack:

        def run(check: str, flaw: str = "") -> None:
            def start() -> Service:
                return stack.enter_context(serving(known, flaw))

            alike = flaw != "replica"
            service = start() if alike else stack.enter_context(serving(known))
            rows, labels = lab.hidden_digits(SEED)
            values: dict[str, Any] = {"service": service, "launch": start, "rows": rows}
            values |= {"latency": lab.Latency(), "show": shown.append}
            function = getattr(lab, f"test_{check}")
            wanted = inspect.signature(function).parameters
            if "share_right" in wanted:
                read = [
                    y for i in range(0, 1000, 100) for y in lab.predict(service, rows[i : i + 100])
                ]
                values["share_right"] = sum(map(int.__eq__, read, labels)) / 1000
            function(**{name: values[name] for name in wanted})

        yield run


@pytest.mark.parametrize("check", CHECKS)
def test_a_good_service_passes(attempt: Callable[[str], None], check: str) -> None:
    attempt(check)


@pytest.mark.parametrize(
    ("check", "flaw", "said"),
    [
        ("readiness", "cold", "status 503"),
        ("schema", "first only", "1 labels"),
        ("schema", "words", '"predictions": ["'),
        ("schema", "from one", "10"),
        ("answers_vary", "constant", "only [0]"),
        ("accuracy", "constant", "%"),
        ("accuracy", "one in three wrong", "6"),
        ("accuracy_advanced", "one in six wrong", "8"),
        ("accuracy_expert", "one in eleven wrong", "9"),
        ("batch_equals_singles", "company", "100 labels differ"),
        ("order_kept", "sorted", "of 60 differ"),
        ("wrong_type", "takes all", "status 200"),
        ("wrong_type", "server error", "status 500"),
        ("wrong_type", "silent", "with the body ''"),
        ("wrong_type", "harmed", "["),
        ("wrong_type", "hangs up", "connection broke"),
        ("wrong_shape", "takes all", "status 200"),
        ("wrong_shape", "harmed", "["),
        ("empty", "takes all", "status 200"),
        ("empty", "server error", "status 500"),
        ("not_finite", "takes all", "status 200"),
        ("not_finite", "hangs up", "connection broke"),
        ("concurrent_clients", "global", "went wrong"),
        ("openapi", "no description", "status 404"),
        ("openapi", "thin description", "{}"),
        ("replicas_agree", "replica", "100 labels differ"),
        ("stops_in_order", "deaf", "ran on"),
        ("stops_in_order", "exit code", "143"),
        ("no_request_lost", "cuts connections", "connection broke"),
        ("huge_body", "no limit", "status"),
        ("endless_body", "no limit", "status"),
        ("endless_body", "trusts the length", "status"),
    ],
)
def test_a_flaw_is_found_and_told(
    attempt: Callable[[str, str], None], check: str, flaw: str, said: str
) -> None:
    with pytest.raises(Failure) as failure:
        attempt(check, flaw)
    assert said in failure.value.actual
    assert failure.value.expected
    assert failure.value.hint


def test_a_flaw_harms_only_the_checks_that_look_for_it(attempt: Callable[[str, str], None]) -> None:
    for check in sorted(set(CHECKS) - {"endless_body"}):
        attempt(check, "trusts the length")


def test_every_check_is_tried_with_a_flaw() -> None:
    marks = test_a_flaw_is_found_and_told.pytestmark  # type: ignore[attr-defined]
    tried = {case[0] for mark in marks for case in mark.args[1]}
    assert tried == set(CHECKS)


def test_how_long_answers_took_is_shown(
    attempt: Callable[[str], None], shown: list[Figure]
) -> None:
    attempt("batch_equals_singles")
    attempt("concurrent_clients")
    for figure, kind, answers in zip(
        shown, ("one digit", "16 clients at once"), (100, 16 * 8), strict=True
    ):
        [series] = figure.series
        assert (figure.id, series.name, len(series.x), series.x[-1]) == (
            *("latency", kind, answers, 100),
        )
        assert list(series.y) == sorted(series.y)
