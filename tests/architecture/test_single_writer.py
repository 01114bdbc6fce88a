"""Only `portal/submissions/moves.py` writes an attempt's state and verdict."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
WRITER = Path("portal/submissions/moves.py")
GUARDED = {"state", "verdict"}
WRITING_CALLS = {"update", "create", "get_or_create", "update_or_create", "Attempt", "aupdate"}
BULK_CALLS = {"bulk_update", "save"}


def writes(source: str) -> list[int]:
    """Lines on which a guarded column of some row is written."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if _writes(node)]


def _writes(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(_is_guarded(target) for target in node.targets)
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return _is_guarded(node.target)
    return isinstance(node, ast.Call) and _call_writes(node)


def _is_guarded(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return any(_is_guarded(each) for each in target.elts)
    return isinstance(target, ast.Attribute) and target.attr in GUARDED


def _of_other_rows(func: ast.expr) -> bool:
    """Whether this is plainly `Other.objects.create` and the like: other rows have states, too."""
    manager = func.value if isinstance(func, ast.Attribute) else None
    if not (isinstance(manager, ast.Attribute) and manager.attr == "objects"):
        return False
    return isinstance(manager.value, ast.Name) and manager.value.id != "Attempt"


def _call_writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    name = call.func.id if isinstance(call.func, ast.Name) else name
    texts = {
        part.value
        for value in [*call.args, *(keyword.value for keyword in call.keywords)]
        for part in ast.walk(value)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    if _of_other_rows(call.func):
        return False
    if name in WRITING_CALLS:
        return bool(GUARDED & {keyword.arg for keyword in call.keywords}) or bool(
            name in {"update_or_create", "get_or_create"} and GUARDED & texts
        )
    return name in BULK_CALLS | {"setattr"} and bool(GUARDED & texts)


def sources() -> list[Path]:
    return [
        path.relative_to(ROOT)
        for room in ("portal", "grader")
        for path in sorted((ROOT / room).rglob("*.py"))
        if "migrations" not in path.parts
    ]


def test_nobody_else_writes_state_or_verdict() -> None:
    found = {
        str(path): lines
        for path in sources()
        if path != WRITER and (lines := writes((ROOT / path).read_text(encoding="utf-8")))
    }
    assert found == {}


def test_the_writer_itself_is_caught() -> None:
    """The net has no hole where the fish is."""
    assert len(writes((ROOT / WRITER).read_text(encoding="utf-8"))) >= 2


@pytest.mark.parametrize(
    "source",
    [
        "attempt.state = 'done'",
        "attempt.state, x = 'done', 1",
        "attempt.verdict: str = 'passed'",
        "rows.update(state='done')",
        "Attempt.objects.create(submission=s, verdict='passed')",
        "Attempt(state='queued')",
        "setattr(attempt, 'state', 'done')",
        "Attempt.objects.bulk_update(rows, ['verdict'])",
        "attempt.save(update_fields=['state'])",
        "Attempt.objects.update_or_create(pk=1, defaults={'state': 'done'})",
    ],
)
def test_every_way_of_writing_is_caught(source: str) -> None:
    assert writes(source) == [1]


@pytest.mark.parametrize(
    "source", ["rows.filter(state='done')", "state = attempt.state", "rows.update(worker='w')"]
)
def test_reading_is_not_writing(source: str) -> None:
    assert writes(source) == []
