"""Sixty groups with ordinary repositories are compared within a minute, and the copy is found.

`.venv/bin/pytest tests/grader/test_sixty_groups.py -s` says how long it took.
"""

import random
import time
from pathlib import Path

import pytest

from grader.comparing import Wanted, evidence, gathered
from grader.fetch import FetchPolicy
from grader.gathering import Gathered
from grader.similarity import compare
from tests.grader.repositories import git

pytestmark = pytest.mark.slow
TEAMS, FILES, COMMITS, FUNCTIONS = 60, 20, 80, 8
SECONDS = 60
SAYING = "takes what was measured and tells what it means for those who asked for it"
LEAVES = ("features", "labels", "100", "'validation'", "self.settings", "batches[0]", "None")
FORMS = (
    *("transform({}, {})", "({} + {})", "[{}, *{}]", "{} if {} else {}"),
    *("{}.predict(threshold={})", "({} == {})"),
)
STEPS = (
    *("prediction = {}", "for batch in {}:\n        total += batch", "settings[{}] = count"),
    *("if {}:\n        return labels", "with {} as handle:\n        handle.write(rows)"),
)


def expression(chance: random.Random, depth: int = 0) -> str:
    if depth > 2 or chance.random() < 0.3:
        return chance.choice(LEAVES)
    inner = [expression(chance, depth + 1) for _ in range(3)]
    return chance.choice(FORMS).format(*inner)


def function(chance: random.Random, name: str) -> str:
    lines = [f"def {name}(a, b, c=1):", f'    """What {name} is for."""']
    for _ in range(chance.randint(5, 14)):
        value = expression(chance)
        forms = ["x = {}", "for i in {}:\n        y += i", "if {}:\n        return b", "x[{}] = 2"]
        lines.append(
            "    " + chance.choice([*forms, "with {} as z:\n        z.go()"]).format(value)
        )
    return "\n".join([*lines, f"    return {expression(chance)}\n\n"])


def module(seed: str) -> str:
    chance = random.Random(seed)
    return "import os\n\n\n" + "\n".join(function(chance, f"f{n}") for n in range(FUNCTIONS))


def imported(folder: Path, files: dict[str, str]) -> str:
    """A repository of these files and many small commits, made at once."""
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    stream = []
    for number in range(COMMITS):
        note = f"{folder.name} {number}\n"
        stream.append(
            f"commit refs/heads/main\ncommitter A <a@x.example> {1_700_000_000 + number} +0000\n"
            f"data {len(note)}\n{note}\nM 100644 inline notes/{number}.md\n"
            f"data {len(note)}\n{note}\n"
        )
        if number == 0:
            for name, text in files.items():
                stream.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}\n")
    git(folder, "fast-import", "--quiet", given="".join(stream).encode())
    git(folder, "config", "uploadpack.allowFilter", "true")
    return git(folder, "rev-parse", "main")


def test_sixty_groups(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = {f"start{n}.py": module(f"template {n}") for n in range(4)}
    wanted: dict[int, Wanted] = {}
    for team in range(1, TEAMS + 1):
        files = template | {f"own{n}.py": module(f"{team} {n}") for n in range(FILES - 4)}
        if team == 7:
            files["copied.py"] = module("3 5").replace("rows", "records").replace("labels", "ys")
        home = tmp_path / f"team{team}"
        wanted[team] = Wanted(home.as_uri(), imported(home, files))
    start = tmp_path / "template"
    wanted[0] = Wanted(start.as_uri(), imported(start, template))
    policy = FetchPolicy(hosts=(), local_root=tmp_path, workdir=tmp_path / "work")
    began = time.monotonic()
    found = dict(gathered(wanted, policy))
    fetched = time.monotonic() - began
    groups = {key: each.group for key, each in found.items() if isinstance(each, Gathered)}
    result = compare([groups[key] for key in range(1, TEAMS + 1)], groups[0])
    taken = time.monotonic() - began
    code = sum(len(source.text) for group in groups.values() for source in group.sources)
    with capsys.disabled():
        print(  # noqa: T201 - a figure to be quoted
            f"\n{TEAMS} groups, {code / 1e6:.1f} MB of code, {COMMITS} commits each: "
            f"fetched in {fetched:.1f} s, compared in {taken - fetched:.1f} s"
        )
    first, *others = result.pairs
    assert (first.left, first.right) == (3, 7)
    seen = evidence(first)["files"][0]
    assert (seen["left"], seen["right"], seen["percent"]) == ("own5.py", "copied.py", 100)
    assert all(each.percent < 10 for each in others)
    assert taken < SECONDS
