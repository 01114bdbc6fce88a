"""A mistake in a specification names its file, its line and its field."""

import ast
from pathlib import Path

import pytest

from lab_specs import loader
from lab_specs.loader import SpecError, load_edition, load_lab, load_shelf, load_yaml
from lab_specs.schema import LabFile

ROOT = Path(__file__).resolve().parents[2]
LAB = """\
title: Say hello
summary: The smallest lab.
kind: job
levels: [none, good]
pass_level: good
limits: {memory_mb: 64, cpus: 1.0, pids: 32, tmp_mb: 4, total_seconds: 60}
criteria:
  - id: manners
    title: Manners
    descriptors:
      none: Says nothing.
      good: Says hello.
"""
CHECKS = '''\
from lab_specs.kit import check


@check("manners", "good")
def test_hello():
    """It says hello"""
'''


def lab(folder: Path, *, yaml: str = LAB, checks: str = CHECKS, name: str = "hello") -> Path:
    place = folder / name
    place.mkdir()
    (place / "lab.yaml").write_text(yaml)
    (place / "test_acceptance.py").write_text(checks)
    (place / "brief.md").write_text("# Hello\n")
    return place


def mistake(folder: Path, **parts: str) -> SpecError:
    with pytest.raises(SpecError) as caught:
        load_lab(lab(folder, **parts))
    return caught.value


def test_a_lab_is_read_without_running_its_checks(tmp_path: Path) -> None:
    spec = load_lab(lab(tmp_path, checks=CHECKS + "\nraise RuntimeError\n"))
    (one,) = spec.checks
    assert (one.id, one.title, one.criterion, one.level, one.after) == (
        "hello",
        "It says hello",
        "manners",
        "good",
        None,
    )


def test_one_thread_parses_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parse, held = ast.parse, list[bool]()

    def watched(source: str) -> ast.Module:
        held.append(loader.PARSING.locked())
        return parse(source)

    monkeypatch.setattr(ast, "parse", watched)
    load_lab(lab(tmp_path))
    assert held == [True]
    assert not loader.PARSING.locked()


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "says"),
    [
        ("title: Say hello", "titel: Say hello", 1, "title", "Field required"),
        ("kind: job", "kind: jab", 3, "kind", "'service' or 'job'"),
        ("memory_mb: 64", "memory_mb: lots", 6, "limits.memory_mb", "valid integer"),
        (" pids: 32,", "", 6, "limits.pids", "Field required"),
        (
            "pass_level: good",
            "pass_level: great",
            5,
            "pass_level",
            "'great' is not one of ['good']",
        ),
        ("pass_level: good", "pass_level: none", 5, "pass_level", "'none' is not one of ['good']"),
        ("levels: [none, good]", "levels: [none, none]", 4, "levels", "stands twice"),
        (
            "      good: Says hello.\n",
            "",
            10,
            "criteria.0.descriptors",
            "one text for each of ['none', 'good']",
        ),
        ("id: manners", "id: Good Manners", 8, "criteria.0.id", "pattern"),
        ("kind: job", "kind: [job", 4, "", "not valid YAML"),
        ("kind: job", "kind: job\nkind: service", 4, "kind", "stands twice"),
        (" good: Says", " none: Says", 12, "none", "stands twice"),
        ("kind: job", "kind: \x07", 3, "", "not valid YAML"),
        ("kind: job", "kind: 2026-13-77", 1, "", "not valid YAML"),
        ("kind: job", "kind: !!python/name:os.system", 3, "", "not valid YAML"),
        ("kind: job", "kind: job\n---\nkind: job", 4, "", "not valid YAML"),
        ("kind: job", "kind: " + "[" * 3000, 1, "", "not valid YAML"),
        ("kind: job", "kind: &itself [*itself]", 3, "kind", "'service' or 'job'"),
        ("good: Says hello.", "good: ''", 12, "criteria.0.descriptors.good", "at least 1"),
        ("cpus: 1.0", "cpus: .nan", 6, "limits.cpus", "less than"),
        ("kind: job", "kind: job\nvolumes: {Out: 4}", 4, "volumes.Out.[key]", "pattern"),
        (
            "    title: Manners\n",
            "    title: Manners\n    colour: red\n",
            10,
            "criteria.0.colour",
            "",
        ),
    ],
)
def test_a_mistake_in_the_yaml_is_named(
    tmp_path: Path, old: str, new: str, line: int, field: str, says: str
) -> None:
    error = mistake(tmp_path, yaml=LAB.replace(old, new))
    assert error.file.name == "lab.yaml"
    assert (error.line, error.field) == (line, field)
    assert says in error.problem
    assert str(error).startswith(f"{error.file}, line {line}")


def test_a_sidecar_that_the_file_does_not_name_is_a_mistake(tmp_path: Path) -> None:
    asks = CHECKS + '\n\ndef device(sidecar):\n    return sidecar("device")\n'
    error = mistake(tmp_path, checks=asks)
    assert (error.file.name, error.line) == ("test_acceptance.py", asks.count("\n"))
    assert "no sidecar 'device'" in error.problem
    share = "sidecars: {device: {memory_mb: 64, cpus: 0.5, pids: 8, tmp_mb: 4}}"
    load_lab(lab(tmp_path, yaml=f"{LAB}{share}\n", checks=asks, name="named"))


def test_aliases_of_aliases_are_looked_at_once(tmp_path: Path) -> None:
    layers = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    file = tmp_path / "lab.yaml"
    file.write_text("\n".join(["a0: &a0 x", *layers]))
    with pytest.raises(SpecError, match="title"):
        load_yaml(file, LabFile)


def test_an_unknown_field_is_a_mistake(tmp_path: Path) -> None:
    error = mistake(tmp_path, yaml=LAB + "points: 10\n")
    assert (error.line, error.field) == (13, "points")


@pytest.mark.parametrize("yaml", ["", "[]", "just words", "- a\n- b\n"])
def test_a_file_without_fields_is_a_mistake(tmp_path: Path, yaml: str) -> None:
    assert "expected fields" in mistake(tmp_path, yaml=yaml).problem


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ('    """It says hello"""', "    pass", 5, "docstring"),
        ('@check("manners", "good")\n', "", 4, "needs @check"),
        ('"manners"', '"grace"', 5, "no criterion 'grace'"),
        ('"good"', '"great"', 5, "no level 'great'"),
        ('"good"', '"none"', 5, "no level 'none'"),
        ('"good"', '"good", after="later"', 5, "no check 'later' above"),
        ('"good"', "LEVEL", 4, "plain string"),
        ("def test_hello():", "def test_hello(:", 5, "not valid Python"),
        ("def test_hello():", "def test_hello():\0", 1, "not valid Python"),
        ("def test_hello():", "async def test_hello():", 5, "plain function"),
        ("def test_hello():", "def testHello():", 5, "small letters"),
        ("def test_hello():", "def test_Hello():", 5, "small letters"),
        ("@check", "@other\n@check", 6, "only decorator"),
        ("@check", '@check("manners", "good")\n@check', 6, "needs @check"),
        ("It says hello", "long" * 100, 5, "over 300"),
        ('"good"', '"good", afterwards="hello"', 4, "plain string"),
        ('"good"', '"good", None, 7', 4, "plain string"),
        ('"manners", "good"', "", 4, "plain string"),
        ('"good"', '"good", after="hello"', 5, "no check 'hello' above"),
    ],
)
def test_a_mistake_in_a_check_is_named(
    tmp_path: Path, old: str, new: str, line: int, says: str
) -> None:
    error = mistake(tmp_path, checks=CHECKS.replace(old, new))
    assert (error.file.name, error.line) == ("test_acceptance.py", line)
    assert says in error.problem


def test_checks_in_a_class_or_a_function_or_twice_are_mistakes(tmp_path: Path) -> None:
    again = CHECKS.split("\n\n\n")[1]
    inside = "class TestMore:\n    pass\n"
    nested = "def make():\n    def test_more():\n        pass\n"
    problems = [
        mistake(tmp_path, checks=f"{CHECKS}\n\n{more}", name=name).problem
        for name, more in [("one", again), ("two", inside), ("three", nested)]
    ]
    assert problems == [
        "the same check stands twice",
        "a check is a function, not a class",
        "a check is a plain function at the left margin",
    ]


@pytest.mark.parametrize("name", ["Hello", "über", "a b", "x" * 61])
def test_a_folder_whose_name_is_no_id_is_a_mistake(tmp_path: Path, name: str) -> None:
    assert "cannot be an id" in mistake(tmp_path, name=name).problem


def test_a_lab_that_is_too_large_or_a_folder_is_a_mistake(tmp_path: Path) -> None:
    assert "larger than" in mistake(tmp_path, checks=CHECKS + "#" * 1_000_001).problem
    place = lab(tmp_path, name="other")
    (place / "helper.py").mkdir()
    with pytest.raises(SpecError, match=r"helper.py, line 1: cannot be read: Is a directory"):
        load_lab(place)


def test_a_level_that_nothing_checks_would_be_reached_by_nothing(tmp_path: Path) -> None:
    yaml = LAB.replace("[none, good]", "[none, good, best]")
    yaml = yaml.replace("good: Says hello.", "good: Says hello.\n      best: Smiles.")
    error = mistake(tmp_path, yaml=yaml)
    assert error.field == "criteria.manners"
    assert "'best'" in error.problem


def test_missing_and_unreadable_files_are_named(tmp_path: Path) -> None:
    place = lab(tmp_path)
    (place / "lab.yaml").write_bytes(b"title: ok\nsummary: \xff\n")
    with pytest.raises(SpecError, match=r"line 2.*not UTF-8"):
        load_lab(place)
    (place / "test_acceptance.py").unlink()
    (place / "lab.yaml").write_text(LAB)
    with pytest.raises(SpecError, match="the file is missing"):
        load_lab(place)


def test_the_digest_knows_yaml_and_code_but_not_the_brief(tmp_path: Path) -> None:
    place = lab(tmp_path)
    first = load_lab(place).digest
    (place / "brief.md").write_text("# Other words\n")
    assert load_lab(place).digest == first
    (place / "helper.py").write_text("")
    second = load_lab(place).digest
    (place / "lab.yaml").write_text(LAB + "# a remark\n")
    assert len({first, second, load_lab(place).digest}) == 3


def test_a_shelf_holds_each_lab_once(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        lab(folder)
    assert list(load_shelf([one])) == ["hello"]
    with pytest.raises(SpecError, match="already on the shelf"):
        load_shelf([one, two])


def test_the_shelf_and_the_editions_of_the_house_can_be_read() -> None:
    shelf = load_shelf([ROOT / "lab_specs" / "labs"])
    assert {"training", "serving"} <= set(shelf)
    for path in sorted((ROOT / "lab_specs" / "courses").glob("*.yaml")):
        edition = load_edition(path)
        assert {name for each in edition.mini_projects for name in each.labs} <= set(shelf)


def test_an_edition_knows_its_time_zone(tmp_path: Path) -> None:
    path = tmp_path / "edition.yaml"
    text = (ROOT / "lab_specs" / "courses" / "demo-2026-27.yaml").read_text()
    path.write_text(text.replace("Europe/Brussels", "Europe/Brussel"))
    with pytest.raises(SpecError, match=r"timezone: 'Europe/Brussel' is not a time zone"):
        load_edition(path)
