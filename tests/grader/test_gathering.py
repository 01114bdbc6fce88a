"""What a comparison needs of a repository, taken by real git and never written to disk."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from grader import gathering
from grader.fetch import FetchPolicy
from grader.gathering import Gathered, gather
from lab_specs.faults import Code, StudentFault
from tests.grader.repositories import commit, git, repository
from tests.grader.test_winnowing import CODE, DOCKERFILE

NOTEBOOK = json.dumps(
    {
        "cells": [
            {"cell_type": "markdown", "source": ["# Title"]},
            {"cell_type": "code", "source": ["import json\n", "x = 1"], "outputs": ["x" * 999]},
            {"cell_type": "code", "source": "y = 2"},
        ]
    }
)


@pytest.fixture
def policy(tmp_path: Path) -> FetchPolicy:
    return FetchPolicy(hosts=(), local_root=tmp_path, seconds=20, workdir=tmp_path / "work")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "student"
    repository(folder, {"serve.py": CODE, "Dockerfile": DOCKERFILE})
    git(folder, "config", "uploadpack.allowFilter", "true")
    return folder


@pytest.fixture
def taken(home: Path, policy: FetchPolicy) -> Callable[[], Gathered]:
    return lambda: gather(7, home.as_uri(), "", policy)


def test_code_and_the_ids_of_the_whole_history_are_taken(
    home: Path, taken: Callable[[], Gathered]
) -> None:
    root = git(home, "rev-parse", "HEAD")
    head = commit(home, "more")
    found = taken()
    assert (found.group.key, found.commit, found.whole) == (7, head, True)
    assert found.group.commits == {root, head}
    assert found.group.roots == {root}
    assert [each.path for each in found.group.sources] == ["Dockerfile", "serve.py"]
    assert all(each.prints for each in found.group.sources)


def test_which_files_are_compared(home: Path, taken: Callable[[], Gathered]) -> None:
    names = ("a.YML", "docker/train.Dockerfile", "no.txt", ".venv/x.py", "node_modules/y.py")
    repository(home, dict.fromkeys((*names, "uv.lock.yaml"), "x\n") | {"b.ipynb": NOTEBOOK})
    repository(home, {"nul.py": "x\0y"}, {"link.py": "serve.py"})
    found = taken()
    paths = [each.path for each in found.group.sources]
    assert paths == ["Dockerfile", "a.YML", "b.ipynb", "docker/train.Dockerfile", "serve.py"]
    assert found.group.sources[2].text == "import json\nx = 1\ny = 2"
    assert found.left_out == 1


@pytest.mark.parametrize(
    "content", ["", "[1]", '{"cells": 3}', '{"cells": [1]}', "[" * 9_999, '{"cells": [{}]}']
)
def test_what_is_no_notebook_is_no_code(
    home: Path, taken: Callable[[], Gathered], content: str
) -> None:
    repository(home, {"n.ipynb": content})
    assert taken().group.sources[1].text == ""


def test_large_files_are_not_even_fetched(
    home: Path, taken: Callable[[], Gathered], monkeypatch: pytest.MonkeyPatch
) -> None:
    repository(home, {"large.py": "x = 1\n" * 2_000, "small.py": "y = 1\n"})
    monkeypatch.setattr(gathering, "LARGEST", 10_000)
    found = taken()
    assert [each.path for each in found.group.sources] == ["Dockerfile", "serve.py", "small.py"]
    assert found.left_out == 1


def test_a_host_that_knows_no_filters_is_read_all_the_same(
    home: Path, taken: Callable[[], Gathered]
) -> None:
    git(home, "config", "uploadpack.allowFilter", "false")
    assert len(taken().group.sources) == 2


@pytest.mark.parametrize(("name", "limit"), [("MOST_FILES", 1), ("MOST_CODE", 500)])
def test_too_much_code_is_left_out_and_said(
    taken: Callable[[], Gathered], monkeypatch: pytest.MonkeyPatch, name: str, limit: int
) -> None:
    monkeypatch.setattr(gathering, name, limit)
    found = taken()
    assert [each.path for each in found.group.sources] == ["Dockerfile"]
    assert found.left_out == 1


def test_a_history_that_is_cut_has_no_first_commit(
    home: Path, taken: Callable[[], Gathered], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(4):
        commit(home, f"{number}")
    monkeypatch.setattr(gathering, "MOST_COMMITS", 3)
    found = taken()
    assert (len(found.group.commits), found.group.roots, found.whole) == (3, frozenset(), False)


def test_a_branch_may_be_asked_for_and_may_be_missing(home: Path, policy: FetchPolicy) -> None:
    head = git(home, "rev-parse", "HEAD")
    git(home, "branch", "old", head)
    commit(home, "newer")
    assert gather(0, home.as_uri(), "old", policy).commit == head
    with pytest.raises(StudentFault) as caught:
        gather(0, home.as_uri(), "gone", policy)
    assert caught.value.code is Code.REF_NOT_FOUND


def test_an_empty_commit_is_a_group_of_nothing(home: Path, taken: Callable[[], Gathered]) -> None:
    git(home, "rm", "-q", "-r", ".")
    commit(home, "away")
    assert taken().group.sources == []


def test_nothing_is_left_behind(taken: Callable[[], Gathered], policy: FetchPolicy) -> None:
    taken()
    assert list(policy.workdir.iterdir()) == []
