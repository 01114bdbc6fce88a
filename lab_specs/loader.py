"""Reads the shelf: a lab's folder becomes a `LabSpec`, an edition's file an `EditionFile`.

Checks are read from the source of `test_acceptance.py` without running it, so the portal can
list them without the packages that a judge needs. Every mistake names file, line and field.
"""

import ast
import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lab_specs.schema import CheckSpec, EditionFile, LabFile, LabSpec

FILE_CAP = 1_000_000  # bytes; no lecturer writes a longer specification by hand
Model = TypeVar("Model", bound=BaseModel)


class SpecError(ValueError):
    """A specification that cannot be used. Its text names the file, the line and the field."""

    def __init__(self, file: Path, line: int, field: str, problem: str) -> None:
        place = f"{file}, line {line}" + (f", {field}" if field else "")
        super().__init__(f"{place}: {problem}")
        self.file, self.line, self.field, self.problem = file, line, field, problem


def load_lab(folder: Path) -> LabSpec:
    """Read one lab. Raises `SpecError`."""
    yaml_path, checks_path = folder / "lab.yaml", folder / "test_acceptance.py"
    file = load_yaml(yaml_path, LabFile)
    sources = {path.name: _read(path) for path in sorted(folder.glob("*.py"))}
    if checks_path.name not in sources:
        raise SpecError(checks_path, 1, "", "the file is missing; it holds the lab's checks")
    checks = _read_checks(checks_path, sources[checks_path.name], file)
    _demand_full_rubric(yaml_path, file, checks)
    brief_path = folder / "brief.md"
    return LabSpec(
        id=folder.name,
        file=file,
        checks=checks,
        brief=_read(brief_path),
        sources=sources,
        digest=_digest({"lab.yaml": _read(yaml_path), **sources}),
    )


def load_shelf(folders: Iterable[Path]) -> dict[str, LabSpec]:
    """Read every lab below the given folders, by id. A later folder may not redefine a lab."""
    shelf: dict[str, LabSpec] = {}
    for folder in folders:
        for path in sorted(folder.glob("*/lab.yaml")):
            lab = load_lab(path.parent)
            if lab.id in shelf:
                raise SpecError(path, 1, "", f"a lab named {lab.id!r} is already on the shelf")
            shelf[lab.id] = lab
    return shelf


def load_edition(path: Path) -> EditionFile:
    """Read one edition. Raises `SpecError`."""
    return load_yaml(path, EditionFile)


def load_yaml(path: Path, model: type[Model]) -> Model:
    """Read a YAML file into `model`; the first mistake is raised as `SpecError`."""
    text = _read(path)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise SpecError(path, line, "", f"not valid YAML: {error.problem}") from error
    if not isinstance(content, dict):
        raise SpecError(path, 1, "", "expected fields such as 'title:', found none")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = first["loc"]
        field = ".".join(str(part) for part in where)
        message = first["msg"].removeprefix("Value error, ")
        raise SpecError(path, _line_of(node, where), field, message) from error


def _line_of(node: yaml.Node | None, where: Iterable[int | str]) -> int:
    """The line of the innermost node that a validation error points at."""
    line = 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _read_checks(path: Path, source: str, file: LabFile) -> tuple[CheckSpec, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise SpecError(path, error.lineno or 1, "", f"not valid Python: {error.msg}") from error
    checks: list[CheckSpec] = []
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test_"):
            spec = _read_check(path, function, file)
            if spec.after is not None and spec.after not in {check.id for check in checks}:
                raise SpecError(
                    path, function.lineno, spec.id, f"after: no check {spec.after!r} above"
                )
            checks.append(spec)
    return tuple(checks)


def _read_check(path: Path, function: ast.FunctionDef, file: LabFile) -> CheckSpec:
    name = function.name.removeprefix("test_")
    call = next(
        (
            decorator
            for decorator in function.decorator_list
            if isinstance(decorator, ast.Call)
            and isinstance(decorator.func, ast.Name)
            and decorator.func.id == "check"
        ),
        None,
    )
    if call is None:
        raise SpecError(path, function.lineno, name, "a test needs @check(criterion, level)")
    arguments = _literal_arguments(path, name, call)
    title = (ast.get_docstring(function) or "").strip()
    if not title:
        raise SpecError(path, function.lineno, name, "a docstring is missing; students read it")
    spec = CheckSpec(id=name, title=title, **arguments)
    if spec.criterion not in {criterion.id for criterion in file.criteria}:
        raise SpecError(path, function.lineno, name, f"no criterion {spec.criterion!r} in lab.yaml")
    if spec.level not in file.levels[1:]:
        raise SpecError(
            path, function.lineno, name, f"no level {spec.level!r} to reach in lab.yaml"
        )
    return spec


def _literal_arguments(path: Path, name: str, call: ast.Call) -> dict[str, Any]:
    try:
        named = dict(zip(("criterion", "level"), map(ast.literal_eval, call.args), strict=False))
        named |= {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        CheckSpec(id=name, title="-", **named)
    except (ValueError, TypeError, ValidationError) as error:
        problem = "@check takes a criterion, a level and after=…, each a plain string"
        raise SpecError(path, call.lineno, name, problem) from error
    return named


def _demand_full_rubric(path: Path, file: LabFile, checks: tuple[CheckSpec, ...]) -> None:
    """A level without a check would be reached by doing nothing."""
    bound = {(check.criterion, check.level) for check in checks}
    for criterion in file.criteria:
        for level in file.levels[1:]:
            if (criterion.id, level) not in bound:
                problem = f"no check is bound to level {level!r}; it would be reached by nothing"
                raise SpecError(path, 1, f"criteria.{criterion.id}", problem)


def _read(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SpecError(path, 1, "", f"cannot be read: {error.strerror}") from error
    if len(raw) > FILE_CAP:
        raise SpecError(path, 1, "", f"larger than {FILE_CAP} bytes")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise SpecError(path, raw[: error.start].count(b"\n") + 1, "", "not UTF-8") from error


def _digest(files: Mapping[str, str]) -> str:
    digest = hashlib.sha256()
    for name, text in sorted(files.items()):
        digest.update(f"{name}\0{len(text.encode())}\0{text}".encode())
    return digest.hexdigest()
