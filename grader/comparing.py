"""The work of many groups fetched a few at a time, and what a comparison found as plain JSON."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from grader.fetch import FetchPolicy
from grader.gathering import Gathered, gather
from grader.output import tidy
from grader.similarity import Block, FilePair, Pair, Source
from lab_specs.faults import Code, Fault, PlatformFault

AT_ONCE = 4  # repositories; hosts do not like more
LINES, WIDE = 40, 160  # shown of one place, and characters of a line
MOST_TEXT = 60_000  # characters shown of one pair
NAME = 200  # characters of a path
logger = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """A repository at a ref, and what opens it when it is private."""

    repository: str
    ref: str
    key: str = field(default="", repr=False)


def gathered(
    wanted: Mapping[int, Wanted | Fault], policy: FetchPolicy
) -> Iterator[tuple[int, Gathered | Fault]]:
    """For each key its repository at a ref, or why it could not be read, as they come."""
    with ThreadPoolExecutor(AT_ONCE, "gather") as pool:
        waiting: dict[Future[Gathered], int] = {
            pool.submit(_gather, key, place, policy): key for key, place in wanted.items()
        }
        try:
            for done in as_completed(waiting):
                yield waiting[done], _outcome(done)
        finally:  # whoever has had enough waits for no more than what is being fetched now
            pool.shutdown(wait=True, cancel_futures=True)


def evidence(pair: Pair) -> dict[str, Any]:
    """What two groups have in common, with the lines to look at, capped and plain."""
    room = MOST_TEXT
    files = []
    for each in pair.files:
        blocks = [_shown(each, block) for block in each.blocks]
        for block in blocks:
            size = len(block["left_text"]) + len(block["right_text"])
            if size > room:
                block["left_text"] = block["right_text"] = ""
            else:
                room -= size
        files.append(
            {
                "left": tidy(each.left.path, NAME),
                "right": tidy(each.right.path, NAME),
                "shared": each.shared,
                "lefts": each.lefts,
                "rights": each.rights,
                "percent": each.percent,
                "blocks": blocks,
            }
        )
    return {
        "commits": list(pair.commits),
        "roots": list(pair.roots),
        "more_commits": pair.commit_count - len(pair.commits),
        "files": files,
    }


def _gather(key: int, place: Wanted | Fault, policy: FetchPolicy) -> Gathered:
    if isinstance(place, Fault):
        raise place
    return gather(key, place.repository, place.ref, replace(policy, key=place.key))


def _outcome(done: "Future[Gathered]") -> Gathered | Fault:
    try:
        return done.result()
    except Fault as fault:
        return fault
    except Exception as error:  # whatever one repository holds, the others are compared
        logger.exception("not_gathered")
        return PlatformFault(Code.INTERNAL, error=repr(error)[:NAME])


def _shown(each: FilePair, block: Block) -> dict[str, Any]:
    return {
        "left": block.left,
        "right": block.right,
        "left_text": _lines(each.left, *block.left),
        "right_text": _lines(each.right, *block.right),
    }


def _lines(source: Source, first: int, last: int) -> str:
    lines = source.text.split("\n")[first - 1 : last]
    shown = [tidy(line[: WIDE * 2], WIDE * 2)[:WIDE] for line in lines[:LINES]]
    more = len(lines) - len(shown)
    return "\n".join([*shown, f"… {more} more lines"] if more else shown)
