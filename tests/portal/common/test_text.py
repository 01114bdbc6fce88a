"""Text from outside can be stored."""

from hypothesis import given
from hypothesis import strategies as st

from portal.common.text import storable, storable_json, tail

ODD = st.text(alphabet=st.characters(exclude_categories=()))


@given(ODD)
def test_storable_text_has_neither_nul_nor_half_characters(text: str) -> None:
    assert "\x00" not in storable(text)
    assert storable(storable(text)) == storable(text)
    storable(text).encode("utf-8")


@given(ODD, st.integers(1, 50))
def test_a_tail_is_the_end_and_fits(text: str, size: int) -> None:
    end = tail(text, size)
    assert len(end.encode()) <= size
    assert storable(text).endswith(end)


def test_json_is_cleaned_all_through() -> None:
    value = {"a\x00": ["b\x00", {"c": ("d\ud800", 1, 1.5, None, True)}]}
    assert storable_json(value) == {"a": ["b", {"c": ["d?", 1, 1.5, None, True]}]}


def test_what_json_cannot_say_is_told_in_words() -> None:
    value = {"seconds": [float("nan"), float("inf"), float("-inf"), 0.5]}
    assert storable_json(value) == {"seconds": ["nan", "inf", "-inf", 0.5]}
