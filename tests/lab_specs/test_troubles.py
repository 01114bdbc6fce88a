"""Words for whatever goes wrong at GitHub."""

import pytest

from lab_specs.troubles import PASSING, WORDS, Trouble, explain_trouble

HOSTILE = {"said": "<b>{status}</b>\x1b[31m", "status": 502, "what": "a" * 9_999, "host": None}


@pytest.mark.parametrize("code", Trouble)
@pytest.mark.parametrize("facts", [{}, HOSTILE])
def test_every_trouble_says_what_was_expected_and_what_to_do(
    code: Trouble, facts: dict[str, object]
) -> None:
    said = explain_trouble(code, facts)
    for text in (said.happened, said.expected, said.next_step):
        assert text.endswith(".")
        assert len(text) < 1_600
        assert not {"\x1b", "\n"} & set(text)


def test_what_passes_by_itself_says_so() -> None:
    assert {code for code in WORDS if "by itself" in WORDS[code].next_step} == PASSING
