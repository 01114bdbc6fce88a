"""Only `portal/assessment/domain` writes rows of assessment."""

import ast
from pathlib import Path

import pytest
from django.apps import apps

ROOT = Path(__file__).resolve().parents[2]
WRITER = Path("portal/assessment/domain")
MODELS = {model.__name__ for model in apps.get_app_config("assessment").get_models()}
WRITING = {"create", "bulk_create", "update", "update_or_create", "get_or_create"}
WRITING |= {"bulk_update", "delete"}
# It makes signed rows in memory, for the domain to store.
BUILDS = {Path("portal/assessment/published.py")}


def writes(source: str) -> list[int]:
    """Lines that write a row of assessment through its manager, or make one."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if _writes(node)]


def _writes(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call):
        return False
    if isinstance(node.func, ast.Name):
        return node.func.id in MODELS
    return (
        isinstance(node.func, ast.Attribute)
        and node.func.attr in WRITING
        and _root(node.func.value) in MODELS
    )


def _root(node: ast.AST) -> str:
    """The first name of a chain such as `Mark.objects.filter(…).order_by(…)`."""
    while not isinstance(node, ast.Name):
        if isinstance(node, ast.Attribute):
            node = node.value
        elif isinstance(node, ast.Call):
            node = node.func
        else:
            return ""
    return node.id


def test_nobody_else_writes() -> None:
    found = {}
    for path in sorted((ROOT / "portal").rglob("*.py")):
        short = path.relative_to(ROOT)
        if "migrations" in short.parts or WRITER in short.parents or short in BUILDS:
            continue
        if "policy" in short.parts:  # its facts have names of their own
            continue
        if lines := writes(path.read_text(encoding="utf-8")):
            found[str(short)] = lines
    assert found == {}


def test_the_writer_itself_is_caught() -> None:
    source = "".join(path.read_text() for path in sorted((ROOT / WRITER).glob("*.py")))
    source = source.replace("from __future__", "#")
    assert len(writes(source)) >= 12


@pytest.mark.parametrize(
    "source",
    [
        "Mark.objects.create(points=1)",
        "Mark.objects.filter(pk=1).order_by('pk').update(points=2)",
        "Publication(kind='publish')",
        "PublishedResult.objects.bulk_create(rows)",
        "Draft.objects.filter(pk=1).delete()",
    ],
)
def test_every_way_of_writing_is_caught(source: str) -> None:
    assert writes(source) == [1]


def test_reading_is_not_writing() -> None:
    assert writes("rows = Mark.objects.filter(pk=1); x.update({})") == []
