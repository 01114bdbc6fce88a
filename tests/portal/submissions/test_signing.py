"""Signatures: any change of a text shows, old keys still verify, one content has one text."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.submissions.signing import Key, Signature, canonical, holds, key_of, sign

OLD, NEW = Key("o" * 40), Key("n" * 40)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
CONTENT = st.dictionaries(st.text(max_size=8), JSON, max_size=6)


@given(CONTENT, CONTENT)
def test_another_content_has_another_signature(one: dict[str, Any], other: dict[str, Any]) -> None:
    text = canonical(other)
    same = canonical(one) == text
    assert holds(text, sign(canonical(one), [NEW]), [NEW]) is same
    if same:
        assert json.loads(text) == json.loads(canonical(one))


@given(st.text(), st.integers(0, 63))
def test_a_signature_with_one_digit_changed_does_not_hold(text: str, place: int) -> None:
    made = sign(text, [NEW])
    digit = "0" if made.value[place] != "0" else "1"
    forged = made.value[:place] + digit + made.value[place + 1 :]
    assert holds(text, made, [NEW])
    assert not holds(text, Signature(forged, made.key_id), [NEW])


@given(CONTENT)
def test_what_comes_back_from_json_has_the_same_text(content: dict[str, Any]) -> None:
    text = canonical(content)
    assert canonical(json.loads(text)) == text
    assert canonical(json.loads(json.dumps(content))) == text
    turned = dict(reversed(list(content.items())))
    assert canonical(turned) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (1e22, f"1{'0' * 22}"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (True, "true"),
    ],
)
def test_a_number_is_written_in_one_way(number: float, text: str) -> None:
    assert canonical({"n": number}) == f'{{"n":{text}}}'


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_what_json_cannot_say_is_not_signed(number: float) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"n": number})


def test_the_newest_key_signs_and_older_ones_verify() -> None:
    before = sign("text", [OLD])
    after = sign("text", [NEW, OLD])
    assert after == sign("text", [NEW])
    assert after.key_id != before.key_id
    assert holds("text", before, [NEW, OLD])
    assert holds("text", after, [NEW, OLD])


def test_a_key_that_was_put_away_verifies_no_more() -> None:
    before = sign("text", [OLD])
    assert key_of(before, [NEW]) is None
    assert not holds("text", before, [NEW])
    assert not holds("text", Signature(before.value, NEW.id), [NEW])


def test_the_name_of_a_key_and_its_repr_tell_nothing_of_it() -> None:
    assert NEW.secret not in repr(NEW)
    assert NEW.id not in {OLD.id, NEW.secret[:12]}
