"""Facts come from hostile work. They are plain, bounded JSON before anybody carries them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs import wire
from lab_specs.faults import (
    FACT_CAP,
    ITEMS_CAP,
    PLATFORM_CODES,
    STUDENT_CODES,
    Code,
    Fault,
    PlatformFault,
    StudentFault,
    plain,
)

ANY_TEXT = st.text(st.characters(codec=None))  # with NUL and lone surrogates
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | ANY_TEXT
    | st.binary()
    | st.complex_numbers(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(ANY_TEXT, inner),
    max_leaves=10,
)


@given(st.dictionaries(ANY_TEXT, anything))
def test_any_fact_travels_and_stays_what_it_is(facts: dict[str, Any]) -> None:
    fault = StudentFault(Code.OUTPUT_MISSING)
    fault.facts = plain(facts)
    text = json.dumps(fault.facts, allow_nan=False)
    assert "\\u0000" not in text
    sent = wire.Rejected(code=fault.code, facts=fault.facts).line()
    assert wire.ASK.validate_json(sent) == wire.Rejected(code=fault.code, facts=fault.facts)
    assert plain(fault.facts) == fault.facts, "plain twice is plain once"


def test_ordinary_facts_are_left_alone() -> None:
    facts = {"file": "é.csv", "found": ["a", "b"], "exit_code": 137, "seconds": 0.5, "log": "x\ny"}
    assert StudentFault(Code.OUTPUT_MISSING, **facts).facts == facts


@pytest.mark.parametrize(
    ("fact", "told"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (2**70, None),
        (True, True),
        ("a\0b", "a\ufffdb"),
        ("\x1b[2Jred\r\n\u202eder\t", "\ufffd[2Jred\n\ufffdder\t"),
        ("\ud800", "?"),
        ([[[[["deep"]]]]], [[[None]]]),
        ({1: 2}, {"1": 2}),
    ],
)
def test_what_json_or_a_database_refuses_is_replaced(fact: object, told: object) -> None:
    assert Fault(Code.INTERNAL, fact=fact).facts == {"fact": told}


def test_long_facts_are_cut() -> None:
    fault = Fault(Code.INTERNAL, text="x" * 999_999, items=["y"] * 999_999)
    assert len(fault.facts["text"]) == FACT_CAP
    assert len(fault.facts["items"]) == ITEMS_CAP


def test_every_code_is_either_the_students_or_ours() -> None:
    assert set(Code) == STUDENT_CODES | PLATFORM_CODES
    assert StudentFault(Code.BUILD_FAILED).is_students
    assert not PlatformFault(Code.WORKER_LOST).is_students
