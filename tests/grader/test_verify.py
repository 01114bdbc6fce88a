"""What proves a lab: each kind of variant against each kind of end."""

from pathlib import Path
from typing import Any

import pytest

from grader import verify as verify_module
from grader.pipeline import Outcome
from grader.settings import GraderSettings
from grader.solutions import Variant
from grader.verify import Proof, failed_checks, holds, verify, wavering
from lab_specs.faults import Code
from lab_specs.report import Outcome as CheckOutcome
from lab_specs.report import Verdict, levels_reached, verdict_of
from tests.grader.labs import make_lab, reported

LAB = make_lab()
FAILED, SKIPPED, ERROR = CheckOutcome.FAILED, CheckOutcome.SKIPPED, CheckOutcome.ERROR


def variant(name: str = "manners", **more: Any) -> Variant:
    return Variant(name=name, lab="manners", folder=Path(), **more)


def ended(**outcomes: CheckOutcome) -> Outcome:
    report = reported(**outcomes).report
    levels = levels_reached(report.checks, LAB.criteria, LAB.file.levels)
    verdict = verdict_of(report, levels, LAB.file.levels, LAB.file.pass_level)
    return Outcome(verdict=verdict, levels=levels, checks=report.checks)


def rejected(code: Code) -> Outcome:
    return Outcome(verdict=Verdict.REJECTED, code=code)


CRASHED = Outcome(verdict=Verdict.CRASHED, code=Code.INTERNAL)
TOP = ended()
PASSED = ended(is_quick=FAILED)
NOTHING = ended(starts=FAILED, is_quick=SKIPPED)
BROKE = ended(is_quick=ERROR)
NO_START = rejected(Code.NEVER_LISTENED)

REFERENCE = variant(top=True)
STYLE = variant("manners-flask")
TEMPLATE = variant("manners-template")
SLOW = variant("manners: slow", fails=frozenset({"is_quick"}))
ABSENT = variant("manners: absent", rejected=Code.NEVER_LISTENED)


@pytest.mark.parametrize(
    ("tried", "outcomes"),
    [
        (REFERENCE, [TOP]),
        (STYLE, [TOP, PASSED]),
        (TEMPLATE, [NOTHING, NO_START, rejected(Code.BUILD_FAILED)]),
        (SLOW, [PASSED]),
        (ABSENT, [NO_START]),
    ],
    ids=lambda value: value.name if isinstance(value, Variant) else "",
)
def test_each_variant_comes_to_its_own_end_and_no_other(
    tried: Variant, outcomes: list[Outcome]
) -> None:
    ends = [TOP, PASSED, NOTHING, NO_START, rejected(Code.BUILD_FAILED), CRASHED, BROKE]
    assert [end for end in ends if holds(tried, LAB, end)] == outcomes


def test_a_mistake_must_fail_all_that_it_names_and_nothing_more() -> None:
    both = variant(fails=frozenset({"starts", "is_quick"}))
    assert holds(both, LAB, ended(starts=FAILED, is_quick=FAILED))
    assert not holds(both, LAB, ended(starts=FAILED, is_quick=SKIPPED))
    assert not holds(SLOW, LAB, ended(starts=FAILED, is_quick=FAILED))


def test_a_mistake_that_fails_another_check_proves_nothing() -> None:
    wrong = variant("manners: odd", fails=frozenset({"starts"}))
    assert not holds(wrong, LAB, ended(is_quick=FAILED))


def test_a_skipped_check_did_not_fail() -> None:
    assert failed_checks(NOTHING) == {"starts"}


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (TOP, "passed"),
        (NOTHING, "failed, fails starts"),
        (NO_START, "rejected: never_listened {}"),
    ],
)
def test_a_proof_says_what_came_out(outcome: Outcome, words: str) -> None:
    assert Proof(REFERENCE, outcome, holds=True).got == words


def test_levels_that_differ_between_repeats_are_told() -> None:
    proofs = [
        Proof(REFERENCE, TOP, holds=True),
        Proof(STYLE, TOP, holds=True),
        Proof(ABSENT, NO_START, holds=True),
        Proof(REFERENCE, TOP, holds=True, repeat=1),
        Proof(STYLE, PASSED, holds=True, repeat=1),
        Proof(ABSENT, NO_START, holds=True, repeat=1),
    ]
    assert wavering(proofs[:3]) == []
    assert wavering(proofs) == [STYLE.name]


def prove_by_a_table(
    monkeypatch: pytest.MonkeyPatch, ends: dict[tuple[str, int], Outcome]
) -> list[tuple[str, int]]:
    """Let `verify` take outcomes from a table; the tries that it makes."""
    tried: list[tuple[str, int]] = []

    def prove_all(tries: Any, _settings: GraderSettings) -> list[Proof]:
        tried.extend((tried_variant.name, repeat) for tried_variant, _, repeat in tries)
        return [
            Proof(one, ends[one.name, repeat], holds(one, lab, ends[one.name, repeat]), repeat)
            for one, lab, repeat in tries
        ]

    monkeypatch.setattr(verify_module, "_prove_all", prove_all)
    monkeypatch.setattr(verify_module, "variants", lambda _lab: [REFERENCE, STYLE])
    return tried


@pytest.mark.parametrize(("second", "code"), [(TOP, 0), (PASSED, 1)], ids=["steady", "unsteady"])
def test_a_variant_must_reach_the_same_levels_in_each_repeat(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    second: Outcome,
    code: int,
) -> None:
    names = (REFERENCE.name, STYLE.name)
    ends = {(name, repeat): TOP for name in names for repeat in range(2)}
    tried = prove_by_a_table(monkeypatch, ends | {(STYLE.name, 1): second})
    assert verify([LAB], GraderSettings(), repeats=2) == code
    assert tried == [(name, repeat) for repeat in range(2) for name in names]
    said = capsys.readouterr().out
    assert "4 of 4 variants came to their end" in said, "both ends are allowed, one by one"
    assert f"Levels that differ: {'none' if code == 0 else STYLE.name}." in said


def test_a_variant_can_be_tried_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = prove_by_a_table(monkeypatch, {(STYLE.name, 0): PASSED})
    assert verify([LAB], GraderSettings(), only=[STYLE.name]) == 0
    assert tried == [(STYLE.name, 0)]


def test_an_unknown_variant_names_those_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    prove_by_a_table(monkeypatch, {})
    with pytest.raises(ValueError, match=f"no variant slow.*{STYLE.name}"):
        verify([LAB], GraderSettings(), only=["slow"])
