"""The variants that prove a lab: what their headers say, and that commits repeat."""

import shutil
from pathlib import Path

import pytest

from grader.solutions import SOLUTIONS, Variant, make_repository, variants
from lab_specs.faults import Code
from tests.grader.repositories import git

PATCH = """The model is loaded anew for every request.

--- a/app.py
+++ b/app.py
@@ -1 +1 @@
-print("right")
+print("wrong")
"""


@pytest.fixture
def solutions(tmp_path: Path) -> Path:
    for name in ("manners", "manners-template", "manners-flask", "other"):
        folder = tmp_path / "solutions" / name
        folder.mkdir(parents=True)
        (folder / "app.py").write_text('print("right")\n')
    (tmp_path / "solutions" / "manners" / "broken").mkdir()
    return tmp_path / "solutions"


def broken(solutions: Path, header: str, name: str = "slow") -> None:
    path = solutions / "manners" / "broken" / f"{name}.patch"
    path.write_text(f"{header}\n{PATCH}")


def test_the_reference_comes_first_then_styles_then_mistakes(solutions: Path) -> None:
    broken(solutions, "Fails: is_quick, starts")
    broken(solutions, "Rejected: never_listened", "absent")
    found = list(variants("manners", solutions))
    assert [variant.name for variant in found] == [
        "manners",
        "manners-flask",
        "manners-template",
        "manners: absent",
        "manners: slow",
    ]
    assert [variant.expectation for variant in found] == [
        "top level everywhere",
        "passed",
        "passes nothing",
        "rejected: never_listened",
        "fails is_quick, starts",
    ]
    assert found[3].rejected is Code.NEVER_LISTENED
    assert found[4].fails == {"is_quick", "starts"}


@pytest.mark.parametrize(
    "header",
    ["", "Fails:", "Fails: ,", "fails: a", "Breaks: a", "Rejected:", "Rejected: no_such_code"],
)
def test_a_header_that_says_nothing_names_its_file(solutions: Path, header: str) -> None:
    broken(solutions, header)
    with pytest.raises(ValueError, match=r"slow\.patch"):
        list(variants("manners", solutions))


def test_a_lab_without_a_reference_names_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no reference solution .* 'nothing'"):
        list(variants("nothing", tmp_path))


def test_the_same_files_give_the_same_commit(solutions: Path, tmp_path: Path) -> None:
    variant = Variant(name="manners", lab="manners", folder=solutions / "manners")
    copied = tmp_path / "elsewhere"
    shutil.copytree(variant.folder, copied)
    again = Variant(name="manners", lab="manners", folder=copied)
    first = make_repository(variant, tmp_path / "a")
    assert make_repository(again, tmp_path / "b") == first
    (copied / "app.py").write_text("print(2)\n")
    assert make_repository(again, tmp_path / "c") != first


def test_a_settings_file_of_the_machine_changes_nothing(
    solutions: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    variant = Variant(name="manners", lab="manners", folder=solutions / "manners")
    first = make_repository(variant, tmp_path / "a")
    (tmp_path / ".gitconfig").write_text("[user]\nname = Someone\n[commit]\ngpgsign = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Someone")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "not-there"))
    assert make_repository(variant, tmp_path / "b") == first


def test_a_broken_variant_is_patched_and_tells_nothing_of_the_mistake(
    solutions: Path, tmp_path: Path
) -> None:
    broken(solutions, "Fails: is_quick")
    variant = list(variants("manners", solutions))[-1]
    make_repository(variant, tmp_path / "made")
    assert (tmp_path / "made" / "app.py").read_text() == 'print("wrong")\n'
    assert git(tmp_path / "made", "ls-files") == "app.py"
    assert git(tmp_path / "made", "status", "--porcelain") == ""


def test_a_patch_that_does_not_fit_says_so(solutions: Path, tmp_path: Path) -> None:
    broken(solutions, "Fails: is_quick")
    (solutions / "manners" / "app.py").write_text("print('something else')\n")
    variant = list(variants("manners", solutions))[-1]
    with pytest.raises(ValueError, match=r"slow(.|\n)*app\.py"):
        make_repository(variant, tmp_path / "made")


def labs_with_solutions() -> list[str]:
    return sorted({path.parent.parent.name for path in SOLUTIONS.glob("*/broken/*.patch")})


@pytest.mark.parametrize("lab", labs_with_solutions())
def test_every_mistake_of_ours_fits_its_reference(lab: str, tmp_path: Path) -> None:
    for number, variant in enumerate(variants(lab)):
        make_repository(variant, tmp_path / str(number))
