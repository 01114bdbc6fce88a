"""What BuildKit prints while it builds, read line by line (`--progress=plain`).

Lines of a step begin with its number: `#7 [2/3] RUN make` names it, `#7 0.250 text` is what it
printed, then `#7 DONE`, `#7 CACHED` or `#7 ERROR: reason`. Lines without a number are the
client's own. So nothing that a step prints can be taken for a word of the builder.
"""

import re
from collections import deque
from dataclasses import dataclass, field

from grader.output import tidy

LOG_LINES = 30
LINE_LIMIT = 500  # characters
CLIENT_LINES = 60

NUMBERED = re.compile(r"#(\d+) ?(.*)", re.DOTALL)
PRINTED = re.compile(r"\d+\.\d+ ")
ENDED = re.compile(r"(?:DONE|CANCELED)\b")
DIGEST = re.compile(r"#\d+ sha256:[0-9a-f]{64}\s*")
# [builder 2/4] RUN make: the stage, when there are several, and the place of the step in it
PLACED = re.compile(r"\[(?:(?P<stage>\S+) +)?(?P<place>\d+)/\d+\] (?P<instruction>\S.*)", re.DOTALL)
LOADED = re.compile(r"\[internal\] load metadata for (\S+)|(?:\[[^]]*\] )?FROM (\S+)")
OFFICIAL = ("docker-image://", "docker.io/", "library/")


@dataclass(slots=True)
class Step:
    """One step of a build; `output` are the last lines that it printed."""

    name: str
    cached: bool = False
    ended: bool = False
    error: str = ""
    output: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))

    @property
    def instruction(self) -> str:
        """The step as the Dockerfile has it, as far as the builder tells."""
        placed = PLACED.fullmatch(self.name)
        return placed["instruction"] if placed else self.name


class BuildLog:
    """The steps of one build and what the client said itself; bounded, whatever is printed."""

    def __init__(self) -> None:
        self.steps: dict[str, Step] = {}
        self.client: deque[str] = deque(maxlen=CLIENT_LINES)

    def add(self, line: str) -> None:
        """Take one line, without its newline."""
        numbered = NUMBERED.fullmatch(line)
        if numbered is None:
            self.client.append(line)
        elif numbered[1] not in self.steps:
            self.steps[numbered[1]] = Step(numbered[2])
        else:
            self._continue(self.steps[numbered[1]], numbered[2])

    def _continue(self, step: Step, text: str) -> None:
        printed = PRINTED.match(text)
        if printed:
            step.output.append(tidy(text[printed.end() :], LINE_LIMIT))
        elif text.startswith("CACHED"):
            step.cached = step.ended = True
        elif text.startswith("ERROR: "):
            step.error = text.removeprefix("ERROR: ")
        elif ENDED.match(text):
            step.ended = True

    @property
    def failed(self) -> Step | None:
        """The step that ended the build, if one did."""
        broken = [step for step in self.steps.values() if step.error]
        own = [step for step in broken if "context canceled" not in step.error]
        return next(iter(own or broken), None)

    @property
    def running(self) -> Step | None:
        """The step that began last and has not ended."""
        return next((step for step in reversed(self.steps.values()) if not step.ended), None)

    @property
    def cached(self) -> bool:
        """Whether every step of the Dockerfile was taken from the cache."""
        placed = [step for step in self.steps.values() if PLACED.fullmatch(step.name)]
        worked = [step for step in placed if not step.instruction.startswith("FROM ")]
        return bool(placed) and all(step.cached for step in worked)

    @property
    def images(self) -> list[str]:
        """The images that the build asked for, each once, named as a Dockerfile names them."""
        loaded = (LOADED.fullmatch(step.name) for step in self.steps.values())
        names = [plain_name(match[1] or match[2]) for match in loaded if match]
        return list(dict.fromkeys(names))


def plain_name(reference: str) -> str:
    """docker.io/library/python:3.11@sha256:… is python:3.11 to people."""
    for prefix in OFFICIAL:
        reference = reference.removeprefix(prefix)
    return reference.partition("@")[0]
