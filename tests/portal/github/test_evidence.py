"""Evidence in words: nothing is called good that was not seen."""

import pytest

from lab_specs.edition.syllabus import PullRequests
from portal.github import evidence

ALL = PullRequests(protected=True, reviews=2, actions=True)


def test_only_what_was_asked_for_is_told() -> None:
    told = {"actions": {"outcome": "success", "runs": []}}
    lines = evidence.lines(PullRequests(actions=True), told)
    assert [(each.title, each.word, each.tone) for each in lines] == [
        ("GitHub Actions", "ended well", "good")
    ]


def test_nothing_told_is_nothing_good() -> None:
    assert not [each for each in evidence.lines(ALL, {}) if each.tone == "good"]


@pytest.mark.parametrize("part", ["protected", "pull", "merged", "actions"])
def test_what_was_not_seen_says_so(part: str) -> None:
    told = {part: {"unseen": "forbidden", "said": "No."}}
    lines = [each for each in evidence.lines(ALL, told) if each.word == "not seen"]
    assert len(lines) == 1
    assert lines[0].says.endswith("It said: No.")


def test_fewer_approvals_than_asked() -> None:
    pull = {"number": 3, "title": "x", "author": "ann", "place": "head", "merged": False}
    approved = [{"login": "ben", "current": True}]
    line = evidence.lines(PullRequests(reviews=2), {"pull": pull | {"approved": approved}})[0]
    assert (line.word, line.tone) == ("1 of 2", "warn")
