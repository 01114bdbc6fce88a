"""Every fault has words, and no fact, however hostile, spoils them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs.faults import PLATFORM_CODES, Code
from lab_specs.messages import (
    LOG_LIMIT,
    LOG_LINES,
    TEXT_LIMIT,
    WORDS,
    Explanation,
    explain,
    facts_named,
    last_lines,
)

EVERY_CODE = pytest.mark.parametrize("code", list(Code))

NAMED_BY_THE_RUN = {
    Code.COMMAND_NOT_FOUND: {"command", "error"},
    Code.CANNOT_START: {"error"},
    Code.EXITED_AT_START: {"exit_code", "seconds"},
    Code.NEVER_LISTENED: {"port", "listening", "seconds"},
    Code.NEVER_HEALTHY: {"path", "seconds", "last"},
    Code.COMMAND_FAILED: {"step", "exit_code"},
    Code.OUT_OF_MEMORY: {"step", "limit_mb"},
    Code.BUILD_TOO_LARGE: {"used_mb", "limit_mb", "instruction"},
    Code.IMAGE_TOO_LARGE: {"size_mb", "limit_mb"},
    Code.TIME_LIMIT: {"step", "limit_seconds", "cpu_seconds"},
    Code.DISK_LIMIT: {"step", "volume", "limit_mb"},
    Code.OUTPUT_MISSING: {"file", "found"},
    Code.OUTPUT_MALFORMED: {"file", "problem", "line"},
}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children) | st.dictionaries(st.text(), children),
    max_leaves=10,
)


def parts(explanation: Explanation) -> list[str]:
    return [explanation.happened, explanation.expected, explanation.next_step]


def full_facts(code: Code) -> dict[str, Any]:
    return {name: f"the-{name}" for name in facts_named(code)}


def test_the_table_has_every_code_and_no_other() -> None:
    assert set(WORDS) == set(Code)


@EVERY_CODE
def test_words_read_well_with_and_without_facts(code: Code) -> None:
    for text in parts(explain(code, full_facts(code))) + parts(explain(code, {})):
        assert len(text) >= 10
        assert text[0].isupper() or text[0] == "`"
        assert text.endswith(".")
        assert "  " not in text
        assert " ." not in text
        assert " ," not in text
        assert "not known" not in text, "a fact stands outside of brackets"
        assert not set("{}<>|") & set(text)
        assert text.count("`") % 2 == 0


@EVERY_CODE
def test_every_fact_is_really_said(code: Code) -> None:
    said = " ".join(parts(explain(code, full_facts(code))))
    for name in facts_named(code):
        assert f"the-{name}" in said


@pytest.mark.parametrize(("code", "facts"), NAMED_BY_THE_RUN.items())
def test_the_facts_of_the_run_are_named(code: Code, facts: set[str]) -> None:
    assert facts_named(code) == facts


def test_no_two_codes_say_the_same_happened() -> None:
    assert len({explain(code, {}).happened for code in Code}) == len(Code)


@EVERY_CODE
def test_only_our_own_faults_promise_that_they_cost_nothing(code: Code) -> None:
    promised = "costs you nothing" in explain(code, {}).happened
    assert promised == (code in PLATFORM_CODES)


@given(st.sampled_from(list(Code)), st.data())
def test_hostile_facts_never_break_the_words(code: Code, data: st.DataObject) -> None:
    names = st.sampled_from(sorted(facts_named(code))) if facts_named(code) else st.text()
    facts = data.draw(st.dictionaries(names, json_values))
    for text in parts(explain(code, facts)):
        assert 0 < len(text) <= TEXT_LIMIT
        assert text.isprintable()
        json.dumps(text).encode("utf-8")
        text.encode("utf-8")


def test_a_fact_cannot_bring_places_brackets_or_backticks_into_play() -> None:
    hostile = "{link} <x|y> `rm` \x1b[31m\n{problem}"
    happened = explain(Code.LINK_INVALID, {"link": hostile, "problem": "no host"}).happened
    assert "{link} <x|y> 'rm' [31m {problem}`" in happened
    assert happened.endswith("as a repository: no host.")


@pytest.mark.parametrize(
    "value", ["huge", float("nan"), float("inf"), object(), None, True, [], "", "\0"]
)
def test_a_fact_that_says_nothing_counts_as_missing(value: object) -> None:
    value = 10**5000 if value == "huge" else value  # pytest cannot print it as a test's name
    facts = {"step": value, "exit_code": value}
    assert explain(Code.COMMAND_FAILED, facts) == explain(Code.COMMAND_FAILED, {})


def test_a_deeply_nested_fact_is_left_out() -> None:
    deep: list[Any] = []
    for _ in range(10_000):
        deep = [deep]
    assert explain(Code.OUTPUT_MISSING, {"found": [deep, "a.csv"]}).next_step.count("a.csv") == 1


def test_numbers_and_lists_are_said_as_a_person_would() -> None:
    assert "after 60 seconds" in explain(Code.BUILD_TIMED_OUT, {"limit_seconds": 60.0}).happened
    assert "after 2.5 seconds" in explain(Code.EXITED_AT_START, {"seconds": 2.4999}).happened
    assert "code 0." in explain(Code.EXITED_AT_START, {"exit_code": 0}).happened
    found = [f"f{i}" for i in range(11)]
    assert "f7 and 3 more" in explain(Code.OUTPUT_MISSING, {"found": found}).next_step


def test_a_text_of_many_long_facts_is_capped_with_a_mark() -> None:
    facts = {name: ["x" * 500] * 50 for name in facts_named(Code.COPY_SOURCE_MISSING)}
    text = explain(Code.COPY_SOURCE_MISSING, facts).next_step
    assert len(text) == TEXT_LIMIT
    assert text.endswith("…")


def test_the_last_lines_of_a_log() -> None:
    log = "\n".join(f"line {i}\x1b[0m" for i in range(100))
    lines = last_lines({"log": log}).splitlines()
    assert len(lines) == LOG_LINES
    assert lines[-1] == "line 99 [0m"


@given(json_values)
def test_any_log_gives_capped_printable_lines(log: object) -> None:
    shown = last_lines({"log": log})
    assert len(shown) <= LOG_LIMIT
    assert len(shown.splitlines()) <= LOG_LINES
    assert all(line.isprintable() for line in shown.splitlines())
    assert last_lines({}) == ""
