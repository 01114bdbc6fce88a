"""From a commit on disk to an image, by BuildKit, with the log that a student can read."""

import hashlib
import os
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from grader.builddisk import Watched, watched
from grader.buildfault import LONGEST_DOCKERFILE, fault_of, step_facts
from grader.buildlog import DIGEST, LINE_LIMIT, BuildLog
from grader.docker_client import build_command, proxy_arguments
from grader.dockerfile import (
    LONGEST_IN_ALL,
    LONGEST_INSTRUCTION,
    instructions,
    other_builder,
    overgrown,
)
from grader.fetch import Source
from grader.output import tidy
from grader.process import running
from grader.settings import GraderSettings
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault

LOG_LIMIT = 100_000  # characters
LOG_LINES = 5_000
MOST_STAGES = 40
LONGEST_LINE = 64 * 1024  # bytes
ANSWER_SECONDS = 20
# What the docker client needs to find its engine and a registry's credentials.
PASSED_ON = (
    "PATH",
    "HOME",
    "DOCKER_CERT_PATH",
    "DOCKER_CONFIG",
    "DOCKER_CONTEXT",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
)
# Our images that students may build on; all others of ours are none of their business:
# the judge, and what other students have built.
OURS, SHARED = "mlops-", ("mlops-python", "mlops-torch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A built image; `cached` when no step had to be done again.

    `stand_ins` are base images that are not what their names say, but ours in their place.
    """

    id: str
    reference: str
    seconds: float
    cached: bool
    stand_ins: tuple[str, ...]
    log: str


def build(
    source: Source,
    *,
    tag: str,
    labels: Mapping[str, str],
    seconds: float,
    on_log: Callable[[str], None],
    stand_ins: Mapping[str, str],
    settings: GraderSettings | None = None,
) -> Image:
    """Build the image of `source` and name it `tag`, within `seconds`.

    `on_log` hears each line as it comes, made plain. `stand_ins` are the names that stand for
    an image of ours; with `settings` the disk is watched. Raises StudentFault when it cannot
    be built, PlatformFault when the engine does not answer.
    """
    _refuse(source)
    began, log, lines = time.monotonic(), BuildLog(), deque[str](maxlen=LOG_LINES)
    with tempfile.TemporaryDirectory(prefix="build-", dir=source.path.parent) as folder:
        answer = Path(folder) / "image"
        command, environment = _command(source, tag, labels, answer)
        with (
            running(command, seconds=seconds, environment=environment) as program,
            watched(settings, program.stop) as disk,
        ):
            for line in _lines(program.output):
                log.add(line)
                _refuse_ours(line, log, stand_ins)
                if not DIGEST.fullmatch(line):
                    lines.append(tidy(line, LINE_LIMIT))
                    on_log(lines[-1])
        if disk and disk.ended:
            raise _filled_the_disk(log, disk)
        if program.timed_out:
            raise _timed_out(log, seconds)
        if program.exit_code or not answer.exists():
            raise fault_of(log, source, _available(stand_ins), held=bool(proxy_arguments(tag)))
        built = answer.read_text().strip()
    return Image(
        id=built,
        reference=tag,
        seconds=time.monotonic() - began,
        cached=log.cached,
        stand_ins=tuple(name for name in log.images if name in stand_ins),
        log=tidy("\n".join(lines), LOG_LIMIT),
    )


def _command(
    source: Source, tag: str, labels: Mapping[str, str], answer: Path
) -> tuple[list[str], dict[str, str]]:
    try:
        command, extra = build_command()
        proxy = proxy_arguments(tag)
    except RuntimeError as error:
        raise PlatformFault(Code.ENGINE_UNAVAILABLE, error=str(error)) from error
    # Cache mounts belong to a repository: nobody reads or poisons those of another
    own = hashlib.sha256(source.repository.encode()).hexdigest()[:32]
    named = [word for pair in labels.items() for word in ("--label", "=".join(pair))]
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return [
        *command,
        "--progress=plain",
        f"--iidfile={answer}",
        f"--tag={tag}",
        f"--build-arg=BUILDKIT_CACHE_MOUNT_NS={own}",
        *proxy,
        *named,
        f"--file={source.path / source.dockerfile}",
        str(source.path / source.context),
    ], passed_on | extra | {"LC_ALL": "C"}


def _lines(output: IO[bytes]) -> Iterator[str]:
    """The lines as they come. The rest of an endless one is dropped: it must not look like more."""
    whole = True
    while piece := output.readline(LONGEST_LINE):
        if whole:
            yield piece.decode("utf-8", "replace").rstrip("\n")
        whole = piece.endswith(b"\n")


def _refuse(source: Source) -> None:
    """End a build before it begins: for its Dockerfile alone, no step would do it good.

    A `# syntax=` names an image that reads the Dockerfile and may do anything a build can. The
    stages of a build run side by side, and starting them all keeps the engine from others.
    """
    with (source.path / source.dockerfile).open(encoding="utf-8", errors="replace") as file:
        text = file.read(LONGEST_DOCKERFILE + 1)
    stages = [one.line for one in instructions(text) if one.keyword == "FROM"]
    line: int | None = None
    problem = ""
    if asked := other_builder(text):
        line = asked[0]
        problem = f"{tidy(asked[1], LINE_LIMIT)} is a builder that is not taken here"
    elif len(text) > LONGEST_DOCKERFILE:
        problem = f"it has more than {LONGEST_DOCKERFILE} characters"
    elif len(stages) > MOST_STAGES:
        line = stages[MOST_STAGES]
        problem = f"it has {len(stages)} stages, and a build here takes at most {MOST_STAGES}"
    elif line := overgrown(text):
        problem = (
            f"with its variables filled in, an instruction may have {LONGEST_INSTRUCTION}"
            f" characters and all together {LONGEST_IN_ALL}"
        )
    if problem:
        raise StudentFault(
            Code.DOCKERFILE_INVALID, dockerfile=source.dockerfile, line=line, problem=problem
        )


def _refuse_ours(line: str, log: BuildLog, stand_ins: Mapping[str, str]) -> None:
    """End a build that asks for an image of the house, before any step of it has run."""
    if OURS not in line:
        return
    for image in log.images:
        name = image.partition(":")[0]
        if name.startswith(OURS) and name not in SHARED:
            raise StudentFault(
                Code.BASE_IMAGE_UNAVAILABLE,
                image=tidy(image, LINE_LIMIT),
                problem="it is not for building on",
                available=_available(stand_ins),
            )


def _available(stand_ins: Mapping[str, str]) -> list[str]:
    """The base images that exist on this engine, ours first."""
    command, _ = build_command()
    wanted = [word for name in SHARED for word in ("--filter", f"reference={name}")]
    listing = [command[0], "image", "ls", *wanted, "--format", "{{.Repository}}:{{.Tag}}"]
    done = subprocess.run(
        listing, check=False, capture_output=True, text=True, timeout=ANSWER_SECONDS
    )
    return list(dict.fromkeys([*done.stdout.split(), *stand_ins]))


def _filled_the_disk(log: BuildLog, disk: Watched) -> Fault:
    if not disk.guilty:
        problem = "the disk is nearly full, and the youngest build had to end"
        return PlatformFault(Code.ENGINE_UNAVAILABLE, problem=problem)
    facts = step_facts(log.running, None) if log.running else {}
    sizes = {"used_mb": disk.used // 10**6, "limit_mb": disk.limit // 10**6}
    return StudentFault(Code.BUILD_TOO_LARGE, **sizes, **facts)


def _timed_out(log: BuildLog, seconds: float) -> StudentFault:
    step = log.running
    facts = step_facts(step, None) if step else {}
    return StudentFault(Code.BUILD_TIMED_OUT, limit_seconds=seconds, **facts)
