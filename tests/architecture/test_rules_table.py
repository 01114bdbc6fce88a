"""Every numbered rule of the courses has a home and a test, and the page says so."""

from collections import defaultdict
from pathlib import Path

import pytest

from lab_specs.edition.book import Book, Entry, load_book
from lab_specs.loader import SpecError
from script.tools import rules_table


def test_the_page_is_fresh_and_has_no_empty_cell(capsys: pytest.CaptureFixture[str]) -> None:
    assert rules_table.main(["--check"]) == 0, capsys.readouterr().err


def test_the_book_lists_every_rule_of_the_five_courses() -> None:
    counts: dict[str, list[int]] = defaultdict(list)
    for cite in load_book().rules:
        course, _, number = cite.rpartition("-")
        counts[course].append(int(number))
    hogent = [*range(1, 17), *range(20, 43)]
    assert dict(counts) == {
        "PUT": list(range(1, 15)),
        "ZHAW": list(range(1, 15)),
        "UPC": list(range(1, 17)),
        "HOG": hogent,
        "HOG25": list(range(1, 11)),
        "DTU": list(range(1, 19)),
    }


@pytest.mark.parametrize(
    ("entry", "home", "test", "says"),
    [
        (Entry(says="x"), ["a.yaml: rules.count"], ["test_x"], None),
        (Entry(says="x"), [], ["test_x"], "AB-1 is expressed nowhere"),
        (Entry(says="x"), ["a.yaml: rules.count"], [], "AB-1 has no test"),
        (Entry(says="x", to_come="pages"), ["a.yaml: rules.count"], [], None),
        (Entry(says="x", to_come="pages"), ["a.yaml: x"], ["test_x"], "`to_come` must go"),
        (Entry(says="x", home=("no/such.py",)), ["no/such.py"], ["test_x"], "no file no/such.py"),
    ],
)
def test_an_empty_cell_is_a_problem(
    entry: Entry, home: list[str], test: list[str], says: str | None
) -> None:
    book = Book(rules={"AB-1": entry})
    expressed = defaultdict(list, {"AB-1": home})
    tested = defaultdict(list, {"AB-1": test})
    found = rules_table.problems(book, expressed, tested)
    assert [says in each for each in found] == [True] if says else found == []


def test_an_id_that_nobody_knows_is_a_problem() -> None:
    known = defaultdict(list, {"AB-1": ["a"]})
    book = Book(rules={"AB-1": Entry(says="x")})
    found = rules_table.problems(book, known, defaultdict(list, {"AB-1": ["t"], "AB-2": ["t"]}))
    assert found == ["AB-2 is cited, and rules.yaml does not have it"]


def test_marks_above_tests_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
@pytest.mark.rule("AB-1", "AB-2")
@pytest.mark.slow
def test_one(): ...

@pytest.mark.rule("AB-3")
def helper(): ...
"""
    (tmp_path / "test_some.py").write_text(source)
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "some.yaml").write_text("cases: [{name: a case, rules: [AB-4]}]")
    monkeypatch.setattr(rules_table, "TESTS", tmp_path)
    assert dict(rules_table.tests()) == {
        "AB-1": ["test_some.py: test_one"],
        "AB-2": ["test_some.py: test_one"],
        "AB-4": ["cases/some.yaml: a case"],
    }


def test_a_mistake_in_the_book_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules:\n  AB-1: {says: x}\n  AB1: {says: y}\n")
    with pytest.raises(SpecError, match="line 3"):
        load_book(path)
