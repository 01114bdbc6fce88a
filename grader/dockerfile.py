"""A student's Dockerfile, read to say which line a failed step stands on, and who builds it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from grader.buildlog import PLACED

DIRECTIVE = re.compile(r"#\s*(\w+)\s*=\s*(.*?)\s*")
SYNTAX = re.compile(r"(?:#|//)\s*syntax\s*=\s*(\S+).*", re.IGNORECASE)
DOCKERS_OWN = re.compile(r"(?:docker\.io/)?docker/dockerfile(?::[\w.-]+)?(?:@sha256:[0-9a-f]+)?")
HEREDOC = re.compile(r"<<-?[\"']?(\w+)[\"']?")
FLAG = re.compile(r"--([\w-]+)(?:=(\S*))?")
VARIABLE = re.compile(r"\$\{?(\w+)")
REPLACES = re.compile(r"\$\{\w+/")  # puts one text in for each place of another
WORD = re.compile(r"""(?:"(?:\\.|[^"])*"|'[^']*'|[^\s"'])+""")
SETS = ("ENV", "ARG")
LONGEST_INSTRUCTION, LONGEST_IN_ALL = 16_384, 131_072  # characters, variables filled in
COUNTED = ("FROM", "RUN", "COPY", "ADD", "WORKDIR")  # BuildKit numbers these in a stage
WITH_HEREDOC = ("RUN", "COPY", "ADD")


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction; `line` is its first, from 1. `place` counts in its stage, from 1."""

    line: int
    text: str
    stage: str
    place: int

    @property
    def keyword(self) -> str:
        """FROM, RUN, COPY, in capital letters."""
        return self.text.split(maxsplit=1)[0].upper()

    @property
    def flags(self) -> dict[str, str]:
        """The words of the form --name=value that stand before the arguments."""
        found = {}
        for word in self.text.split()[1:]:
            flag = FLAG.fullmatch(word)
            if flag is None:
                break
            found[flag[1]] = flag[2] or ""
        return found

    @property
    def arguments(self) -> list[str]:
        """The words behind the flags; of COPY all but the last are sources."""
        return self.text.split()[1 + len(self.flags) :]


def directives(text: str) -> dict[str, tuple[int, str]]:
    """`# syntax=…` and the like at the very top: name, then line from 1 and value."""
    found: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        directive = DIRECTIVE.fullmatch(line.strip())
        if directive is None:
            break
        found.setdefault(directive[1].lower(), (number, directive[2]))
    return found


def other_builder(text: str) -> tuple[int, str] | None:
    """The line, from 1, and the image of a `# syntax=` that is not Docker's own; else None.

    Builders look for it behind `//` and in JSON, too, and below a line with `#!`.
    """
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.strip()
        if bare.startswith("{"):
            return number, bare
        named = SYNTAX.fullmatch(bare)
        if named and not DOCKERS_OWN.fullmatch(named[1]):
            return number, named[1]
        if bare and not bare.startswith(("#", "//")):
            break
    return None


def instructions(text: str) -> list[Instruction]:
    """All instructions, continued lines joined, comments and heredoc bodies left out."""
    found: list[Instruction] = []
    stages, place = 0, 0
    for number, joined in _joined(text):
        words = joined.split()
        keyword = words[0].upper()
        if keyword == "FROM" and words[1:]:
            named = words[-2].upper() == "AS"
            stage = words[-1] if named else f"stage-{stages}"
            stages, place = stages + 1, 0
        elif not found:
            stage = ""
        place += keyword in COUNTED
        found.append(Instruction(number, joined, stage, place))
    return found


def overgrown(text: str) -> int | None:
    """The line, from 1, of the first instruction that variables make too long; else None.

    A builder needs a time that grows with the square of a word's length, stops for nobody
    meanwhile, and lets a variable be made of others.
    """
    found, lines = instructions(text), text.splitlines()
    ends = [*(one.line for one in found[1:]), len(lines) + 1]
    sizes: dict[str, int] = {}
    total = 0
    for one, end in zip(found, ends, strict=False):
        length = _filled("\n".join(lines[one.line - 1 : end - 1]), sizes)  # with its heredocs
        total += length
        if length > LONGEST_INSTRUCTION or total > LONGEST_IN_ALL:
            return one.line
        if one.keyword in SETS:
            words = WORD.findall(one.text)[1:]
            if words and "=" not in words[0]:  # the older form: ENV NAME all the rest
                words = [f"{words[0]}={one.text}"]
            for word in words:
                name = word.partition("=")[0]
                sizes[name] = max(sizes.get(name, 0), _filled(word, sizes))
    return None


def _filled(text: str, sizes: Mapping[str, int]) -> int:
    """At most so many characters once variables of these sizes are put in."""
    length = len(text) + sum(sizes.get(name, 0) for name in VARIABLE.findall(text))
    return length * length if REPLACES.search(text) else length


def locate(found: Sequence[Instruction], name: str) -> Instruction | None:
    """The instruction that BuildKit calls `name`, such as `[builder 2/4] RUN make`.

    The words decide; where variables have been filled in, the number in the stage does.
    """
    placed = PLACED.fullmatch(name)
    if placed is None:
        return next((one for one in found if name and name in one.text), None)
    wanted = _squashed(placed["instruction"])
    same = [one for one in found if _squashed(one.text) == wanted]
    if len(same) == 1:
        return same[0]
    stage, place = placed["stage"], int(placed["place"])
    keyword = placed["instruction"].split(maxsplit=1)[0].upper()
    for one in found:
        if one.place == place and one.keyword == keyword and stage in (None, one.stage.lower()):
            return one
    return None


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """The number of the first line of each instruction, and its lines as one."""
    escape = directives(text).get("escape", (0, "\\"))[1]
    begun, parts = 0, list[str]()
    ends: list[str] = []  # of heredocs that are still open
    for number, line in enumerate(text.removeprefix("\ufeff").splitlines(), 1):
        bare = line.strip()
        if ends:
            if bare == ends[0]:
                ends.pop(0)
            continue
        if not bare or bare.startswith("#"):
            continue
        begun = begun if parts else number
        parts.append(bare.removesuffix(escape))
        if bare.endswith(escape):
            continue
        joined = " ".join(parts)
        parts = []
        if joined.split(maxsplit=1)[0].upper() in WITH_HEREDOC:
            ends = HEREDOC.findall(joined)
        yield begun, joined
    if parts and "".join(parts).strip():
        yield begun, " ".join(parts)


def _squashed(text: str) -> str:
    return "".join(text.split()).lower()
