"""Whose fault it is that a build failed, told from what BuildKit printed.

Both kinds of words are known: those of the builder inside engine 20.10, and today's.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from grader.buildlog import BuildLog, Step, plain_name
from grader.copysource import facts_of
from grader.dockerfile import Instruction, directives, instructions, locate
from grader.fetch import Source
from grader.output import tidy
from lab_specs.faults import Code, Fault, PlatformFault, StudentFault

SAID = 200  # characters of a fact
LONGEST_DOCKERFILE = 256 * 1024  # characters
KILLED = 137
EXIT_CODE = re.compile(r"exit code: (\d+)$")
NO_FILE = re.compile(
    r'"([^"]+)"(?:: | )not found|/(?:buildkit-mount\d+|merged|diff)/([^:]+): no such file'
)
COPIES = re.compile(r"(?:COPY|ADD) |RUN .*--mount=(?!\S*from=)\S*type=bind")
IMAGE = re.compile(
    r"(?:\[internal\] load metadata for|resolve image config for|(?:\[[^]]*\] )?FROM) (\S+)"
)
PARSED = re.compile(r"(?:dockerfile )?parse error (?:on )?line (\d+): (.*)", re.IGNORECASE)
MARKED = re.compile(r"[^\s:]+:(\d+)")  # `Dockerfile:3`, above the lines that newer clients quote
SOLVING = re.compile(
    r"^(?:ERROR: )?(?:failed to (?:build|solve)(?: with frontend \S+)?: |"
    r"failed to create LLB definition: )+"
)
ENGINE = re.compile(
    r"[Cc]annot connect to the Docker daemon|error during connect|failed to dial"
    r"|transport is closing|code = Unavailable|error reading from server|no space left on device"
)
BUSY = re.compile(r"toomanyrequests|429 Too Many|unexpected status.*: 5\d\d|50[0234] [A-Z]")
# What clients say when the proxy of a build refuses, or when they go past it.
SHUT = re.compile(
    r"Tunnel connection failed: 403|CONNECT tunnel failed, response 403|code 403 from proxy"
    r"|403\s+Forbidden|Error 403: Forbidden|response status 403|ERR_ACCESS_DENIED"
    r"|name resolution|resolve host|EAI_AGAIN|Network is unreachable|ENETUNREACH"
)
ABSENT = {
    "403 Forbidden": "this portal takes no images from its registry",
    "no such host": "no registry can be reached from here",
    "connection refused": "no registry can be reached from here",
    "i/o timeout": "no registry can be reached from here",
    "denied": "it does not exist there, or it is private",
    "not found": "its registry does not have it",
}


def fault_of(
    log: BuildLog, source: Source, available: Sequence[str], *, held: bool = False
) -> Fault:
    """The fault that ended the build.

    `available` are images that exist here; `held` tells that a proxy was the build's only way out.
    """
    failed = log.failed
    said = [line for line in reversed(log.client) if line.strip()]
    closing = next((line for line in said if SOLVING.match(line)), next(iter(said), ""))
    if failed is None:
        return _without_step(log, closing, source)
    with (source.path / source.dockerfile).open(encoding="utf-8", errors="replace") as file:
        text = file.read(LONGEST_DOCKERFILE)
    at = locate(instructions(text), failed.name)
    if IMAGE.fullmatch(failed.name):
        return _image_fault(failed, text, available)
    exit_code = EXIT_CODE.search(failed.error)
    if not exit_code and ENGINE.search(failed.error):
        return PlatformFault(Code.ENGINE_UNAVAILABLE, error=tidy(failed.error, SAID))
    missing = NO_FILE.search(failed.error)
    if missing and COPIES.match(failed.instruction):
        return _copy_fault(failed, at, missing[1] or missing[2], source)
    facts = step_facts(failed, at)
    if held and SHUT.search("\n".join([failed.error, *failed.output])):
        return StudentFault(Code.BUILD_REACHED_OUT, **facts)
    if exit_code:
        facts["exit_code"] = int(exit_code[1])
        if facts["exit_code"] == KILLED:
            facts["killed"] = KILLED
    else:
        facts["problem"] = tidy(failed.error, SAID)
    return StudentFault(Code.BUILD_FAILED, **facts)


def step_facts(step: Step, at: Instruction | None) -> dict[str, Any]:
    """Line, instruction and last output of a step."""
    facts: dict[str, Any] = {"instruction": tidy(step.instruction, SAID)}
    if at is not None:
        facts["line"] = at.line
    return facts | {"log": "\n".join(step.output)}


def _without_step(log: BuildLog, closing: str, source: Source) -> Fault:
    """No step failed: the Dockerfile could not be read, or the engine is not there."""
    problem, solving = SOLVING.subn("", closing)
    parsed = PARSED.search(problem)
    if not solving or (ENGINE.search(problem) and not parsed):
        return PlatformFault(Code.ENGINE_UNAVAILABLE, error=tidy(closing, SAID))
    marked = next((found for line in log.client if (found := MARKED.fullmatch(line))), None)
    line = parsed or marked
    return StudentFault(
        Code.DOCKERFILE_INVALID,
        dockerfile=source.dockerfile,
        line=int(line[1]) if line else None,
        problem=tidy(parsed[2] if parsed else problem, SAID),
    )


def _image_fault(failed: Step, text: str, available: Sequence[str]) -> Fault:
    asked = IMAGE.fullmatch(failed.name)
    image = plain_name(asked[1]) if asked else ""
    if BUSY.search(failed.error):
        host = image.partition("/")[0] if "/" in image else "docker.io"
        return PlatformFault(Code.HOST_UNREACHABLE, host=host, error=tidy(failed.error, SAID))
    facts: Mapping[str, Any] = {"available": list(available)}
    if failed.name.startswith("resolve image config"):
        facts = {"syntax": tidy(f"# syntax={directives(text)['syntax'][1]}", SAID)}
    problem = next((words for sign, words in ABSENT.items() if sign in failed.error), None)
    platform = next(
        (one.flags["platform"] for one in instructions(text) if _asks_platform(one, image)), None
    )
    if platform:
        problem = f"for --platform={tidy(platform, SAID)}"
    return StudentFault(
        Code.BASE_IMAGE_UNAVAILABLE, image=tidy(image, SAID), problem=problem, **facts
    )


def _asks_platform(one: Instruction, image: str) -> bool:
    wanted = image.removesuffix(":latest")
    return one.keyword == "FROM" and "platform" in one.flags and wanted in one.arguments[:1]


def _copy_fault(failed: Step, at: Instruction | None, missing: str, source: Source) -> Fault:
    name = missing.strip("/")
    flags = at.flags if at else {}
    # The builder names the first folder that is missing; the instruction names the file
    for argument in at.arguments[:-1] if at else ():
        if argument.strip("/").removeprefix("./").startswith(f"{name}/"):
            name = argument.strip("/")
            break
    facts = step_facts(failed, at)
    facts = {key: facts[key] for key in facts if key == "line"}
    if "from" in flags:
        return StudentFault(
            Code.COPY_SOURCE_MISSING,
            file=tidy(name, SAID),
            stage=tidy(flags["from"], SAID),
            **facts,
        )
    return StudentFault(Code.COPY_SOURCE_MISSING, **facts, **facts_of(source, name))
