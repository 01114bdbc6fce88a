"""What groups have in common, as information for a person who looks: evidence, and no judgement.

Groups in, pairs out: no git, no disk, no clock. The order in which groups come never matters, and
the same groups always give the same pairs.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TypeVar

from grader.winnowing import Spot

COMMON_SHARE, COMMON_LEAST = 4, 3  # what more than a quarter of the groups have, and more than 3
ENOUGH = 8  # fingerprints in common before a pair, or two files, are worth a look
A_THIRD = 3  # of the shorter file, before two files are listed
PAIRS, FILES, BLOCKS = 60, 8, 6  # listed
COMMITS = 20  # listed
OFTEN = 8  # files, or places in one, that are looked at for one fingerprint
APART = 3  # lines that may lie between two fingerprints of one block
Thing = TypeVar("Thing", bound=Hashable)


@dataclass(frozen=True)
class Source:
    """A file and its fingerprints, from top to bottom."""

    path: str
    text: str
    spots: Sequence[Spot]

    @cached_property
    def prints(self) -> frozenset[int]:
        """Its fingerprints, wherever they stand."""
        return frozenset(each.print for each in self.spots)


@dataclass(frozen=True)
class Group:
    """What was fetched of one team; `key` names it, and gives the order of a pair."""

    key: int
    commits: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    sources: Sequence[Source] = ()

    @cached_property
    def prints(self) -> frozenset[int]:
        """The fingerprints of all its files."""
        return frozenset().union(*(each.prints for each in self.sources))


@dataclass(frozen=True, slots=True)
class Block:
    """Lines, from 1, of the left file and of the right that have fingerprints in common."""

    left: tuple[int, int]
    right: tuple[int, int]


@dataclass(frozen=True, slots=True)
class FilePair:
    """Two files: how many fingerprints each has, and how many they share."""

    left: Source
    right: Source
    shared: int
    lefts: int
    rights: int
    blocks: Sequence[Block]

    @property
    def percent(self) -> int:
        """How much of the shorter file's fingerprints the other has, too."""
        return 100 * self.shared // min(self.lefts, self.rights)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two groups, the smaller key on the left, and all that they have in common."""

    left: int
    right: int
    commits: Sequence[str]
    roots: Sequence[str]
    commit_count: int
    shared: int
    lefts: int
    rights: int
    files: Sequence[FilePair]

    @property
    def percent(self) -> int:
        """How much of the smaller group's fingerprints the other has, too."""
        return 100 * self.shared // max(1, min(self.lefts, self.rights))


@dataclass(frozen=True, slots=True)
class Found:
    """Pairs, those with most in common first, and what was left out of all of them."""

    pairs: Sequence[Pair] = ()
    common_commits: int = 0
    common_prints: int = 0
    more: int = 0  # pairs that are not listed


@dataclass(slots=True)
class _Left:
    """What is left of the groups once the template and common knowledge are taken out."""

    commits: Mapping[int, frozenset[str]]
    prints: Mapping[int, frozenset[int]]
    common_commits: int
    common_prints: int
    out: frozenset[int]  # fingerprints that count for nobody


def compare(groups: Collection[Group], template: Group | None = None) -> Found:
    """Every pair of groups with something in common that neither the template nor many others have.

    What more than a quarter of the groups have, and more than three of them, counts for nobody.
    """
    known = {each.key: each for each in sorted(groups, key=lambda group: group.key)}
    left = _left(list(known.values()), template or Group(0))
    shared = _shared(left.prints)
    together = _shared(left.commits)
    wanted = {pair for pair, number in shared.items() if number >= ENOUGH} | together.keys()
    order = sorted(
        wanted, key=lambda pair: (not together[pair], -_share(left, pair, shared[pair]), pair)
    )
    pairs = tuple(_pair(known[a], known[b], left, shared[a, b]) for a, b in order[:PAIRS])
    return Found(pairs, left.common_commits, left.common_prints, max(0, len(order) - PAIRS))


def likeness(a: Collection[int], b: Collection[int]) -> float:
    """How much of the smaller set the other has: 1 for the same sets, 0 for nothing shared."""
    smaller = min(len(set(a)), len(set(b)))
    return len(set(a) & set(b)) / smaller if smaller else 0.0


def _left(groups: Sequence[Group], template: Group) -> _Left:
    commits = {each.key: each.commits - template.commits for each in groups}
    prints = {each.key: each.prints - template.prints for each in groups}
    limit = max(len(groups) // COMMON_SHARE, COMMON_LEAST)
    everyday = _common(prints.values(), limit)
    usual = _common(commits.values(), limit)
    return _Left(
        commits={key: own - usual for key, own in commits.items()},
        prints={key: own - everyday for key, own in prints.items()},
        common_commits=len(usual),
        common_prints=len(everyday),
        out=everyday | template.prints,
    )


def _common(sets: Collection[frozenset[Thing]], limit: int) -> frozenset[Thing]:
    """What more than `limit` of the sets hold."""
    held = Counter(each for own in sets for each in own)
    return frozenset(each for each, number in held.items() if number > limit)


def _shared(owned: Mapping[int, frozenset[Thing]]) -> Counter[tuple[int, int]]:
    """How many things each two owners share. Few own the same: the common is out."""
    owners: dict[Thing, list[int]] = defaultdict(list)
    for key, things in owned.items():
        for each in things:
            owners[each].append(key)
    return Counter(pair for keys in owners.values() for pair in combinations(keys, 2))


def _share(left: _Left, pair: tuple[int, int], shared: int) -> float:
    return shared / max(1, min(len(left.prints[key]) for key in pair))


def _pair(a: Group, b: Group, left: _Left, shared: int) -> Pair:
    commits = sorted(left.commits[a.key] & left.commits[b.key])
    roots = sorted(a.roots & b.roots & frozenset(commits))
    return Pair(
        a.key,
        b.key,
        commits=commits[:COMMITS],
        roots=roots[:COMMITS],
        commit_count=len(commits),
        shared=shared,
        lefts=len(left.prints[a.key]),
        rights=len(left.prints[b.key]),
        files=_files(a.sources, b.sources, left.out),
    )


def _files(
    lefts: Sequence[Source], rights: Sequence[Source], out: frozenset[int]
) -> Sequence[FilePair]:
    """The files that share most, by number; of files that say the same, the first by name."""
    ours, theirs = _distinct(lefts, out), _distinct(rights, out)
    owners: dict[int, list[int]] = defaultdict(list)
    for at, (_, prints) in enumerate(theirs):
        for each in prints:
            if len(owners[each]) < OFTEN:
                owners[each].append(at)
    found = []
    for source, prints in ours:
        counts = Counter(at for each in prints for at in owners.get(each, ()))
        for at, shared in counts.items():
            other, others = theirs[at]
            if shared >= ENOUGH and shared * A_THIRD >= min(len(prints), len(others)):
                found.append((shared, source, other, len(prints), len(others)))
    found.sort(key=lambda row: (-row[0], row[1].path, row[2].path))
    return [
        FilePair(a, b, shared, ours_, theirs_, _blocks(a, b, out))
        for shared, a, b, ours_, theirs_ in found[:FILES]
    ]


def _distinct(
    sources: Sequence[Source], out: frozenset[int]
) -> list[tuple[Source, frozenset[int]]]:
    """Files with enough to compare. A thousand copies of one file are one."""
    first: dict[frozenset[int], Source] = {}
    for source in sorted(sources, key=lambda each: each.path):
        prints = source.prints - out
        if len(prints) >= ENOUGH:
            first.setdefault(prints, source)
    return [(source, prints) for prints, source in first.items()]


def _blocks(a: Source, b: Source, out: frozenset[int]) -> Sequence[Block]:
    """Where the two files say the same: the longest stretches, from top to bottom."""
    places: dict[int, list[Spot]] = defaultdict(list)
    for spot in b.spots:
        if len(places[spot.print]) < OFTEN:
            places[spot.print].append(spot)
    blocks: list[Block] = []
    for spot in a.spots:
        if spot.print in out or spot.print not in places:
            continue
        open_block = blocks[-1] if blocks else None
        there = places[spot.print]
        onward = next((each for each in there if _goes_on(open_block, spot, each)), None)
        if open_block and onward:
            blocks[-1] = _longer(open_block, spot, onward)
        else:
            first = there[0]
            blocks.append(Block((spot.first, spot.last), (first.first, first.last)))
    longest = sorted(blocks, key=lambda each: (each.left[0] - each.left[1], each.left))
    return sorted(longest[:BLOCKS], key=lambda each: each.left)


def _goes_on(block: Block | None, left: Spot, right: Spot) -> bool:
    return (
        block is not None
        and left.first <= block.left[1] + APART
        and block.right[0] <= right.first <= block.right[1] + APART
    )


def _longer(block: Block, left: Spot, right: Spot) -> Block:
    return Block(
        (block.left[0], max(block.left[1], left.last)),
        (block.right[0], max(block.right[1], right.last)),
    )
