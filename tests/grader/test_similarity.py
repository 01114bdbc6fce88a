"""Pairs of groups: what counts, what counts for nobody, and in which order they are told."""

import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from grader.similarity import (
    COMMON_LEAST,
    ENOUGH,
    FILES,
    PAIRS,
    Found,
    Group,
    Source,
    compare,
    likeness,
)
from grader.winnowing import Spot, fingerprints
from tests.grader.test_winnowing import CODE


def source(path: str, prints: Sequence[int]) -> Source:
    """A file with one fingerprint on each line."""
    return Source(path, "x\n" * len(prints), [Spot(p, n, n) for n, p in enumerate(prints, 1)])


def group(key: int, *prints: Sequence[int], commits: str = "", roots: str = "") -> Group:
    files = [source(f"{n}.py", each) for n, each in enumerate(prints)]
    return Group(key, frozenset(commits + roots), frozenset(roots), files)


def own(key: int, number: int = 20) -> range:
    """Fingerprints that nobody else has."""
    return range(1_000 * key, 1_000 * key + number)


def pairs(found: Found) -> list[tuple[int, int]]:
    return [(each.left, each.right) for each in found.pairs]


def test_the_same_file_is_all_there_and_different_ones_are_no_pair() -> None:
    found = compare([group(1, own(1)), group(2, own(1)), group(3, own(3))])
    (pair,) = found.pairs
    assert (pair.left, pair.right, pair.percent, pair.shared) == (1, 2, 100, 20)
    (files,) = pair.files
    assert (files.percent, files.lefts, files.rights) == (100, 20, 20)
    assert [(each.left, each.right) for each in files.blocks] == [((1, 20), (1, 20))]


def test_what_a_short_file_gave_to_a_long_one_is_told_of_both() -> None:
    found = compare([group(1, own(1)), group(2, [*own(2, 60), *own(1, 10)])])
    (files,) = found.pairs[0].files
    assert (files.shared, files.lefts, files.rights, files.percent) == (10, 20, 70, 50)
    assert files.blocks[0].left == (1, 10)
    assert files.blocks[0].right == (61, 70)


def test_code_and_history_of_the_template_count_for_nobody() -> None:
    template = group(0, own(9), commits="t", roots="r")
    groups = [group(key, own(9), own(key), commits="t", roots="r") for key in (1, 2)]
    assert pairs(compare(groups)) == [(1, 2)]
    assert compare(groups, template) == Found()


def test_commits_and_first_commits_that_two_share_come_first() -> None:
    groups = [
        group(1, own(1), commits="ab", roots="z"),
        group(2, own(2), commits="bc", roots="z"),
        group(3, own(5)),
        group(4, own(5)),
    ]
    found = compare(groups)
    assert pairs(found) == [(1, 2), (3, 4)]
    assert (found.pairs[0].commits, found.pairs[0].roots) == (["b", "z"], ["z"])


def test_what_many_have_counts_for_nobody() -> None:
    many = COMMON_LEAST + 1
    groups = [group(key, [*own(99), *own(key)], commits="x") for key in range(1, many + 1)]
    found = compare(groups)
    assert found == Found((), common_commits=1, common_prints=20)
    assert len(pairs(compare(groups[:COMMON_LEAST]))) == 3
    among = [*groups, *(group(key, own(key)) for key in range(50, 50 + 3 * many))]
    assert len(pairs(compare(among))) == many * (many - 1) // 2


def test_a_little_in_common_is_nothing() -> None:
    assert compare([group(1, own(1)), group(2, [*own(2), *own(1, ENOUGH - 1)])]) == Found()


def test_copies_of_a_file_are_one() -> None:
    copies = [own(1)] * 200
    (pair,) = compare([group(1, *copies), group(2, *copies)]).pairs
    assert [(each.left.path, each.right.path) for each in pair.files] == [("0.py", "0.py")]


def test_what_is_listed_is_bounded() -> None:
    files = [own(key, ENOUGH) for key in range(100, 100 + 3 * FILES)]
    groups = [
        group(
            2 * n + side,
            *(range(10_000 * n + k, 10_000 * n + k + ENOUGH) for k in range(0, 300, 100)),
        )
        for n in range(PAIRS + 5)
        for side in (0, 1)
    ]
    found = compare(groups)
    assert (len(found.pairs), found.more) == (PAIRS, 5)
    (pair,) = compare([group(1, *files), group(2, *files)]).pairs
    assert len(pair.files) == FILES


def test_real_code_is_found_with_its_lines() -> None:
    mine, theirs = f"import os\n\n{CODE}", f"# ours\nclass A:\n    a = 1\n\n{CODE}".upper()
    theirs = theirs.replace(CODE.upper(), CODE.replace("row", "example"))
    made = [
        Group(key, sources=[Source("a.py", text, fingerprints(text, python=True))])
        for key, text in ((1, mine), (2, theirs))
    ]
    (files,) = compare(made).pairs[0].files
    assert files.percent >= 80
    (block,) = files.blocks
    assert block.right[0] - block.left[0] == 2
    assert block.left[1] - block.left[0] > 15


prints = st.frozensets(st.integers(0, 60), max_size=40)
groups = st.lists(
    st.tuples(st.lists(prints, max_size=3), st.text("abcdef", max_size=4)), max_size=6
).map(lambda rows: [group(n, *map(sorted, files), commits=c) for n, (files, c) in enumerate(rows)])


@given(prints, prints)
def test_likeness_is_symmetric_one_for_the_same_and_none_for_nothing(
    a: frozenset[int], b: frozenset[int]
) -> None:
    assert likeness(a, b) == likeness(b, a)
    assert 0 <= likeness(a, b) <= 1
    assert likeness(a, a) == (1 if a else 0)
    assert (likeness(a, b) == 0) == (not a & b)


@given(groups, st.randoms(use_true_random=False))
def test_the_order_of_groups_and_files_never_matters(
    made: list[Group], chance: random.Random
) -> None:
    mixed = [
        Group(g.key, g.commits, g.roots, chance.sample(list(g.sources), len(g.sources)))
        for g in chance.sample(made, len(made))
    ]
    assert compare(mixed) == compare(made)


@given(groups)
def test_every_figure_holds(made: list[Group]) -> None:
    for pair in compare(made).pairs:
        assert pair.left < pair.right
        assert 0 <= pair.percent <= 100
        assert pair.shared >= ENOUGH or pair.commit_count
        for files in pair.files:
            assert ENOUGH <= files.shared <= min(files.lefts, files.rights)
            assert files.shared <= len(files.left.prints & files.right.prints)
