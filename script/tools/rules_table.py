"""Writes docs/rules.md: each rule of the five courses, where it is expressed, what tests it.

python -m script.tools.rules_table           writes the page
python -m script.tools.rules_table --check   says whether it is stale or has an empty cell
"""

import ast
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import yaml

from lab_specs.edition.book import Book, Entry, load_book
from lab_specs.loader import load_edition

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "rules.md"
COURSES = ROOT / "lab_specs" / "courses"
TESTS = ROOT / "tests"
SHOWN = 3  # places per cell; the rest is counted
HEAD = """\
# The rules of the courses, and where they are

Made by `python -m script.tools.rules_table`; do not edit it by hand. *Expressed in* names the file
and the field (or rule) that holds it. *Tested by* names tests that carry the id. A gap is
a question that the course's documents leave open: its result is withheld until somebody answers.

| id | rule | expressed in | tested by |
|---|---|---|---|
"""
Places = dict[str, list[str]]


def homes(book: Book) -> Places:
    """For each id, the fields of editions that cite it, and the files that the book names."""
    found: Places = defaultdict(list)
    for path in sorted(COURSES.glob("*.yaml")):
        for cite, place in load_edition(path).cites():
            found[cite].append(f"{path.name}: {place}")
    for cite, entry in book.rules.items():
        found[cite] += entry.home
    return found


def tests() -> Places:
    """For each id, the tests that carry it: by mark, or by their line in a table of cases."""
    found: Places = defaultdict(list)
    for path in sorted(TESTS.rglob("test_*.py")):
        for cite, name in _marks(ast.parse(path.read_text())):
            found[cite].append(f"{path.relative_to(TESTS)}: {name}")
    for path in sorted(TESTS.rglob("cases/*.yaml")):
        for case in yaml.safe_load(path.read_text())["cases"]:
            for cite in case["rules"]:
                found[cite].append(f"{path.relative_to(TESTS)}: {case['name']}")
    return found


def _marks(tree: ast.Module) -> list[tuple[str, str]]:
    """Ids of `@pytest.mark.rule("HOG-21")` above a test, and the test's name."""
    return [
        (cite, node.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for decorator in node.decorator_list
        for cite in _ids(decorator)
    ]


def _ids(decorator: Any) -> list[str]:  # noqa: ANN401 - any expression
    if not isinstance(decorator, ast.Call) or ast.unparse(decorator.func) != "pytest.mark.rule":
        return []
    return [str(each.value) for each in decorator.args if isinstance(each, ast.Constant)]


def page(book: Book, expressed: Places, tested: Places) -> str:
    """The whole page."""
    lines = [
        f"| {cite} | {entry.says}{' (gap)' if entry.gap else ''} |"
        f" {_cell(expressed[cite])} | {_cell(tested[cite]) or _to_come(entry)} |\n"
        for cite, entry in book.rules.items()
    ]
    return HEAD + "".join(lines)


def _to_come(entry: Entry) -> str:
    return f"to come: {entry.to_come}" if entry.to_come else ""


def _cell(places: list[str]) -> str:
    each = list(dict.fromkeys(places))
    more = f" and {len(each) - SHOWN} more" if len(each) > SHOWN else ""
    return "<br>".join(f"`{place}`" for place in each[:SHOWN]) + more


def problems(book: Book, expressed: Places, tested: Places) -> list[str]:
    """What is wrong with the table: an empty cell, an id that nobody knows, a stale marker."""
    unknown = sorted((expressed.keys() | tested.keys()) - book.rules.keys())
    said = [f"{cite} is cited, and rules.yaml does not have it" for cite in unknown]
    for cite, entry in book.rules.items():
        if not expressed[cite]:
            said.append(f"{cite} is expressed nowhere")
        if not tested[cite] and not entry.to_come:
            said.append(f"{cite} has no test")
        if tested[cite] and entry.to_come:
            said.append(f"{cite} has a test, so `to_come` must go from rules.yaml")
        said += [f"{cite}: no file {each}" for each in entry.home if not (ROOT / each).is_file()]
    return said


def main(arguments: list[str]) -> int:
    """Write, or check. The exit status is 1 when something is wrong."""
    book = load_book()
    expressed, tested = homes(book), tests()
    said = problems(book, expressed, tested)
    text = page(book, expressed, tested)
    if arguments == ["--check"]:
        if not PAGE.is_file() or PAGE.read_text() != text:
            said.append("docs/rules.md is stale: run python -m script.tools.rules_table")
    else:
        PAGE.parent.mkdir(exist_ok=True)
        PAGE.write_text(text)
    for each in said:
        sys.stderr.write(f"rules: {each}\n")
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
