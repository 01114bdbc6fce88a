"""Links are followed on paper as the kernel follows them on disk."""

import os
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.git import Git
from grader.tree import Entry, read_links, resolved
from lab_specs.faults import Code, StudentFault

names = st.sampled_from(["a", "b", "c", "..", "."])
paths = st.lists(names, min_size=1, max_size=4).map("/".join)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(["a/b", "a/c", "b/a", "c", "b/c"]), paths), paths)
def test_the_kernel_agrees(links: dict[str, str], path: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(os.path.realpath(folder)) / "in" / "root"
        for inner in ("a", "b"):
            (root / inner).mkdir(parents=True)
        for name, target in links.items():
            (root / name).symlink_to(target)
        real = resolved(path, links)
        truth = os.path.realpath(root / path)
        if real is not None and (root / real).exists():
            assert truth == str(root / real).rstrip("/")
        if real is not None:
            assert Path(truth).is_relative_to(root)


def test_roads_that_lead_out_or_nowhere() -> None:
    assert resolved("..", {}) is None
    assert resolved("a/../..", {}) is None
    assert resolved("a", {"a": "/etc"}) is None
    assert resolved("a", {"a": "a"}) is None
    assert resolved("a", {"a": "a/a/a/a"}) is None
    assert resolved("x/../y/./z", {}) == "y/z"
    assert resolved("./", {}) == ""
    assert resolved("a/z", {"a": "b/c", "b": "d"}) == "d/c/z"


@pytest.mark.parametrize("path", ["x" * 256, "/".join(["folder"] * 600), "ü" * 128])
def test_a_name_that_no_disk_takes_is_the_students(path: str) -> None:
    entry = Entry(mode="100644", blob="1" * 40, size=1, path=path)
    with pytest.raises(StudentFault) as caught:
        read_links(Git.local(Path()), [entry])
    assert caught.value.code == Code.UNSAFE_PATH
    longest = replace(entry, path=f"{'x' * 255}/{'y' * 255}")
    assert read_links(Git.local(Path()), [longest]) == {}
