"""Reads the shelf: a lab's folder becomes a `LabSpec`, an edition's file an `EditionFile`.

Checks are read from the source of `test_acceptance.py` without running it, so the portal can
list them without the packages that a judge needs. Every mistake names file, line and field.
"""

import ast
import hashlib
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from lab_specs.edition.file import EditionFile
from lab_specs.schema import SLUG, CheckSpec, LabFile, LabSpec

FILE_CAP = 1_000_000  # bytes; no lecturer writes a longer specification by hand
TITLE_CAP = 300  # characters of the line that a student reads
# Python up to 3.11.7 counts how deep a tree is for all threads together, and fails when they mix
PARSING = Lock()
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
    if not re.fullmatch(SLUG, folder.name):
        raise SpecError(yaml_path, 1, "", f"the folder's name {folder.name!r} cannot be an id")
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
    except yaml.reader.ReaderError as error:
        line = text[: error.position].count("\n") + 1
        raise SpecError(path, line, "", f"not valid YAML: {error.reason}") from error
    except (ValueError, RecursionError) as error:  # a date that is none, brackets without an end
        raise SpecError(path, 1, "", f"not valid YAML: {error}") from error
    _demand_distinct_keys(path, node)
    if not isinstance(content, dict):
        raise SpecError(path, 1, "", "expected fields such as 'title:', found none")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where, message = first["loc"], first["msg"].removeprefix("Value error, ")
        if not where:  # a rule over several fields names the one to change itself
            named, _, message = message.partition(": ")
            where = tuple(int(part) if part.isdigit() else part for part in named.split("."))
        field = ".".join(str(part) for part in where)
        raise SpecError(path, _line_of(node, where), field, message) from error


def _demand_distinct_keys(path: Path, root: yaml.Node | None) -> None:
    """YAML lets the last of two equal keys win in silence; here they are a mistake.

    An alias is the node that it stands for, which may hold itself: each is looked at once.
    """
    left, known = [root], set[int]()
    while left:
        node = left.pop()
        if id(node) in known:
            continue
        known.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise SpecError(path, line, str(key.value), "the same field stands twice")
                seen.add(key.value)
                left.append(value)
        elif isinstance(node, yaml.SequenceNode):
            left += node.value


def _line_of(node: yaml.Node | None, where: Iterable[int | str]) -> int:
    """The line of the innermost node that a validation error points at."""
    line = 1
    for part in where:
        if isinstance(node, yaml.MappingNode):
            pair = next((p for p in node.value if p[0].value == str(part)), None)
            if pair is None:
                continue  # a field that is missing, or the name of a kind of rule
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            break
    return line


def _read_checks(path: Path, source: str, file: LabFile) -> tuple[CheckSpec, ...]:
    try:
        with PARSING:
            tree = ast.parse(source)
    except SyntaxError as error:
        raise SpecError(path, error.lineno or 1, "", f"not valid Python: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise SpecError(path, 1, "", f"not valid Python: {error}") from error
    _demand_plain_functions(path, tree)
    _demand_sidecars(path, tree, file)
    checks: list[CheckSpec] = []
    for function in tree.body:
        if isinstance(function, ast.FunctionDef) and function.name.startswith("test"):
            spec = _read_check(path, function, file)
            above = {check.id for check in checks}
            if spec.id in above:
                raise SpecError(path, function.lineno, spec.id, "the same check stands twice")
            if spec.after is not None and spec.after not in above:
                raise SpecError(
                    path, function.lineno, spec.id, f"after: no check {spec.after!r} above"
                )
            checks.append(spec)
    return tuple(checks)


def _demand_plain_functions(path: Path, tree: ast.Module) -> None:
    """Refuse what pytest would run, or drop, and this reading would not see as a check."""
    plain = {id(node) for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            raise SpecError(path, node.lineno, node.name, "a check is a function, not a class")
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or id(node) in plain:
            continue
        if node.name.startswith("test_"):
            problem = "a check is a plain function at the left margin"
            raise SpecError(path, node.lineno, node.name.removeprefix("test_"), problem)


def _demand_sidecars(path: Path, tree: ast.Module, file: LabFile) -> None:
    """Refuse a sidecar that `lab.yaml` does not name, which an attempt would else find out."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="sidecar"), args=[ast.Constant(value=str(name))]):
                if name not in file.sidecars:
                    raise SpecError(path, node.lineno, "", f"lab.yaml names no sidecar {name!r}")


def _read_check(path: Path, function: ast.FunctionDef, file: LabFile) -> CheckSpec:
    name = function.name.removeprefix("test_")
    calls = [
        decorator
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        and isinstance(decorator.func, ast.Name)
        and decorator.func.id == "check"
    ]
    if not function.name.startswith("test_") or not re.fullmatch(SLUG, name):
        problem = f"a check is named test_ and small letters, not {function.name!r}"
        raise SpecError(path, function.lineno, name, problem)
    if len(calls) != 1:
        raise SpecError(path, function.lineno, name, "a test needs @check(criterion, level)")
    if len(function.decorator_list) != 1:
        problem = "@check is the only decorator: one function is one check, and it always runs"
        raise SpecError(path, function.lineno, name, problem)
    call = calls[0]
    arguments = _literal_arguments(path, name, call)
    title = (ast.get_docstring(function) or "").strip()
    if not title:
        raise SpecError(path, function.lineno, name, "a docstring is missing; students read it")
    if len(title) > TITLE_CAP:
        raise SpecError(path, function.lineno, name, f"a docstring over {TITLE_CAP} characters")
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
        order = ("criterion", "level")[: len(call.args)]
        named = dict(zip(order, map(ast.literal_eval, call.args), strict=True))
        named |= {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
        CheckSpec(id=name, title="-", **named)
    except (ValueError, TypeError, ValidationError) as error:
        problem = "@check takes a criterion, a level and after=…, each a plain string"
        raise SpecError(path, call.lineno, name, problem) from error
    return named


def _demand_full_rubric(path: Path, file: LabFile, checks: tuple[CheckSpec, ...]) -> None:
    """A level without a check could not be reached, whatever a student does."""
    bound = {(check.criterion, check.level) for check in checks}
    for criterion in file.criteria:
        for level in file.levels[1:]:
            if (criterion.id, level) not in bound:
                problem = f"no check is bound to level {level!r}; it could not be reached"
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
