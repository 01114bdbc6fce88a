"""Advice about a text: what a reader would find missing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_specs.edition.syllabus import Deliverable
from portal.deliveries.advice import Advice, advise, words

REPORT = Deliverable(
    id="report", kind="report", title="Report", headings=("Data", "The model"), words=(5, 10)
)
PLAIN = Deliverable(id="report", kind="report", title="Report")


def says(text: str, deliverable: Deliverable = PLAIN, **how: Any) -> list[tuple[bool, str]]:
    return [(each.fine, each.says) for each in advise(deliverable, text, **how)]


@pytest.mark.rule("DTU-14")
def test_headings_and_words_are_compared_with_what_is_asked() -> None:
    assert says("# 1. Data:\n\nRows of digits here.\n\n## THE MODEL\n\nA tree.", REPORT) == [
        (True, "All headings are there."),
        (True, "10 words, of the 5 to 10 that are asked."),
    ]
    assert says("# Data\n\nFew.", REPORT) == [
        (False, "No heading “The model”."),
        (False, "2 words: fewer than the 5 to 10 that are asked."),
    ]
    assert says("word " * 11, REPORT)[1] == (
        False,
        "11 words: more than the 5 to 10 that are asked.",
    )


def test_code_and_addresses_are_no_words() -> None:
    text = "Two [words](https://a.example/many/more/words).\n\n```\nnot these here\n```\n"
    assert words(text) == 2


def test_tasks_that_are_open_are_counted() -> None:
    assert says("- [x] one\n- [ ] two\n* [X] three")[1] == (
        False,
        "2 of 3 tasks of the list are ticked.",
    )
    assert says("- [x] one")[1] == (True, "1 of 1 tasks of the list are ticked.")


@pytest.mark.parametrize(
    ("target", "alone", "in_repository"),
    [
        ("https://a.example/x.png", True, True),
        ("figures/x.png", False, True),
        ("../x.png", False, False),
        ("", False, False),
        ("C:/Users/ann/x.png", False, False),
        ("/home/ann/x.png", False, False),
        ("file:///x.png", False, False),
        ("https:///x.png", False, False),
        ("//a.example/x.png", False, False),
        ("https://[x/y.png", False, False),
    ],
)
def test_an_image_resolves_for_others_or_not(target: str, alone: bool, in_repository: bool) -> None:
    for where, fine in ((False, alone), (True, in_repository)):
        found = says(
            f"![a figure]({target})", exists=lambda t, where=where: where and t == "figures/x.png"
        )
        assert [each for each, said in found if "mages" in said] == [fine], (target, where)


def test_an_image_whose_target_is_nowhere() -> None:
    assert says("![a][nowhere]")[1] == (False, "Images that nobody else can see: “![a][nowhere]”.")
    assert says("![a][here]\n\n[here]: https://a.example/x.png")[1][0]


@given(st.text(max_size=200))
def test_any_text_has_advice(text: str) -> None:
    assert all(isinstance(each, Advice) and each.says for each in advise(REPORT, text))
