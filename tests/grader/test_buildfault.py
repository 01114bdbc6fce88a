"""From recorded words of BuildKit to a code and its facts.

What begins with `old` was recorded here from the builder inside engine 20.10. The `new` texts
are written after the form of today's builders, which this machine does not have.
"""

from pathlib import Path
from typing import Any

import pytest

from grader.buildfault import fault_of
from grader.buildlog import BuildLog
from grader.fetch import Source
from lab_specs.faults import Code, Fault, PlatformFault
from tests.grader.repositories import repository

DOCKERFILE = """\
# syntax=docker/dockerfile:1.4
FROM python:3.7-alpine AS one
RUN echo one && false
FROM --platform=linux/arm64 scratch
COPY data/train.csv nope.txt /app/
"""

OLD_HOST = (
    'failed to do request: Head "https://registry-1.docker.io/v2/library/python/manifests/'
    '3.7-alpine": dial tcp: lookup registry-1.docker.io on 192.0.2.53:53: no such host'
)
OLD_SOLVE = "failed to solve with frontend dockerfile.v0: failed to create LLB definition: "
NO_REGISTRY = "no registry can be reached from here"


def step(name: str, error: str, closing: str, printed: str = "") -> str:
    output = "".join(f"#9 0.25 {line}\n" for line in printed.splitlines())
    return f"#9 {name}\n{output}#9 ERROR: {error}\n------\n > {name}:\n------\n{closing}\n"


METADATA = "[internal] load metadata for docker.io/library/python:3.7-alpine"
RUN = "[one 2/2] RUN echo one && false"
COPY = "[stage-1 1/1] COPY data/train.csv nope.txt /app/"
WALK = "lstat /var/lib/docker/tmp/buildkit-mount1020/data: no such file or directory"
PROCESS = 'process "/bin/sh -c echo one && false" did not complete successfully: exit code: 1'

CASES: dict[str, tuple[str, Code, dict[str, Any]]] = {
    "old-base": (
        step(METADATA, OLD_HOST, OLD_SOLVE + OLD_HOST),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"image": "python:3.7-alpine", "problem": NO_REGISTRY, "available": ["mlops-python:3.11"]},
    ),
    "new-base-absent": (
        step(
            METADATA,
            "docker.io/library/python:3.7-alpine: not found",
            "ERROR: failed to build: failed to solve: python:3.7-alpine: not found",
        ),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"image": "python:3.7-alpine", "problem": "its registry does not have it"},
    ),
    "new-base-private": (
        step(
            "[internal] load metadata for docker.io/ada/model:1",
            "pull access denied, repository does not exist or may require authorization",
            "ERROR: failed to solve: ada/model:1: pull access denied",
        ),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"image": "ada/model:1", "problem": "it does not exist there, or it is private"},
    ),
    "new-registry-busy": (
        step(METADATA, "toomanyrequests: You have reached your limit", "ERROR: failed to solve: x"),
        Code.HOST_UNREACHABLE,
        {"host": "docker.io"},
    ),
    "old-copy-from-image": (
        step("FROM ghcr.io/astral-sh/uv:latest", OLD_HOST, "failed to load cache key: " + OLD_HOST),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"image": "ghcr.io/astral-sh/uv:latest"},
    ),
    "old-platform": (
        step("[internal] load metadata for docker.io/library/scratch:latest", OLD_HOST, OLD_HOST),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"problem": "for --platform=linux/arm64"},
    ),
    "old-syntax": (
        step(
            "resolve image config for docker.io/docker/dockerfile:1.4",
            OLD_HOST,
            "failed to solve with frontend dockerfile.v0: failed to solve with frontend "
            "gateway.v0: " + OLD_HOST,
        ),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"image": "docker/dockerfile:1.4", "syntax": "# syntax=docker/dockerfile:1.4"},
    ),
    "new-syntax": (
        step(
            "resolve image config for docker-image://docker.io/docker/dockerfile:1.4",
            OLD_HOST,
            f"ERROR: failed to build: failed to solve: {OLD_HOST}",
        ),
        Code.BASE_IMAGE_UNAVAILABLE,
        {"image": "docker/dockerfile:1.4", "syntax": "# syntax=docker/dockerfile:1.4"},
    ),
    "old-run": (
        step(
            RUN,
            "executor failed running [/bin/sh -c echo one && false]: exit code: 1",
            "executor failed running [/bin/sh -c echo one && false]: exit code: 1",
            "one",
        ),
        Code.BUILD_FAILED,
        {"line": 3, "exit_code": 1, "instruction": "RUN echo one && false", "log": "one"},
    ),
    "new-run": (
        step(
            RUN,
            PROCESS,
            f"Dockerfile:3\n----\n   3 | >>> RUN\n----\nERROR: failed to solve: {PROCESS}",
        ),
        Code.BUILD_FAILED,
        {"line": 3, "exit_code": 1},
    ),
    "old-killed": (
        step(RUN, "executor failed running [x]: exit code: 137", "exit code: 137"),
        Code.BUILD_FAILED,
        {"exit_code": 137, "killed": 137},
    ),
    "old-run-that-talks-of-the-engine": (
        step(RUN, "executor failed running [echo failed to dial; exit 3]: exit code: 3", "x"),
        Code.BUILD_FAILED,
        {"exit_code": 3},
    ),
    "old-secret": (
        step("[one 2/2] RUN --mount=type=secret,id=x a", "secret x not found: not found", "x"),
        Code.BUILD_FAILED,
        {"problem": "secret x not found: not found"},
    ),
    "old-copy-folder": (
        step(COPY, f"failed to walk /x/buildkit-mount1020/data: {WALK}", "failed to compute"),
        Code.COPY_SOURCE_MISSING,
        {"file": "data/train.csv", "line": 5},
    ),
    "old-copy": (
        step(COPY, '"/nope.txt" not found: not found', "failed to compute cache key: x"),
        Code.COPY_SOURCE_MISSING,
        {"file": "nope.txt", "line": 5},
    ),
    "new-copy": (
        step(
            COPY,
            'failed to calculate checksum of ref a::b: "/nope.txt": not found',
            'ERROR: failed to solve: failed to compute cache key: "/nope.txt": not found',
        ),
        Code.COPY_SOURCE_MISSING,
        {"file": "nope.txt", "line": 5},
    ),
    "old-parse": (
        OLD_SOLVE + "dockerfile parse error line 3: unknown instruction: RUNN",
        Code.DOCKERFILE_INVALID,
        {"line": 3, "problem": "unknown instruction: RUNN"},
    ),
    "old-parse-that-talks-of-the-engine": (
        OLD_SOLVE + "dockerfile parse error line 3: unknown instruction: error during connect",
        Code.DOCKERFILE_INVALID,
        {"line": 3},
    ),
    "old-empty": (
        OLD_SOLVE + "file with no instructions",
        Code.DOCKERFILE_INVALID,
        {"line": None, "problem": "file with no instructions"},
    ),
    "new-parse": (
        "Dockerfile:3\n----\n   3 | >>> RUNN echo hi\n----\n"
        "ERROR: failed to build: failed to solve: dockerfile parse error on line 3: "
        "unknown instruction: RUNN (did you mean RUN?)",
        Code.DOCKERFILE_INVALID,
        {"line": 3, "problem": "unknown instruction: RUNN (did you mean RUN?)"},
    ),
    "new-semantics": (
        "Dockerfile:2\n----\n   2 | >>> LABEL x\n----\n"
        "ERROR: failed to solve: LABEL must have two arguments\n\nView build details: x\n",
        Code.DOCKERFILE_INVALID,
        {"line": 2, "problem": "LABEL must have two arguments"},
    ),
    "old-engine-absent": (
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is it running?",
        Code.ENGINE_UNAVAILABLE,
        {},
    ),
    "old-engine-lost": (
        "#5 [2/2] RUN sleep 9\n#5 0.469 begun\nunexpected EOF",
        Code.ENGINE_UNAVAILABLE,
        {"error": "unexpected EOF"},
    ),
    "new-engine-lost": (
        "ERROR: failed to solve: Unavailable: error reading from server: EOF",
        Code.ENGINE_UNAVAILABLE,
        {},
    ),
    "old-disk-full": (
        step(COPY, "failed to copy files: write /x: no space left on device", "failed"),
        Code.ENGINE_UNAVAILABLE,
        {},
    ),
    "silence": ("", Code.ENGINE_UNAVAILABLE, {"error": ""}),
}


@pytest.fixture
def source(tmp_path: Path) -> Source:
    home = tmp_path / "student"
    sha = repository(home, {"Dockerfile": DOCKERFILE})
    return Source(
        path=home,
        repository=home.as_uri(),
        commit=sha,
        tree="",
        context=".",
        dockerfile="Dockerfile",
        files=1,
        bytes=1,
        manifest_used=False,
    )


def told(text: str, source: Source, *, held: bool = False) -> Fault:
    log = BuildLog()
    for line in text.splitlines():
        log.add(line)
    return fault_of(log, source, ["mlops-python:3.11"], held=held)


@pytest.mark.parametrize("name", CASES)
def test_words_of_the_builder_become_a_code(name: str, source: Source) -> None:
    text, code, facts = CASES[name]
    fault = told(text, source)
    assert fault.code == code
    assert facts.items() <= {key: fault.facts[key] for key in facts}.items()
    ours = code in (Code.HOST_UNREACHABLE, Code.ENGINE_UNAVAILABLE)
    assert isinstance(fault, PlatformFault) == ours


REFUSED = {
    "pip": "ERROR: ... OSError('Tunnel connection failed: 403 Forbidden')",
    "curl": "curl: (56) CONNECT tunnel failed, response 403",
    "old-curl": "curl: (56) Received HTTP code 403 from proxy after CONNECT",
    "apt": "E: Failed to fetch http://a.example/InRelease  403  Forbidden [IP: 192.0.2.1 3128]",
    "urllib": "urllib.error.HTTPError: HTTP Error 403: Forbidden",
    "past-the-proxy": "fatal: unable to access: Could not resolve host: a.example",
    "socket": "OSError: [Errno 101] Network is unreachable",
}


@pytest.mark.parametrize("printed", REFUSED.values(), ids=REFUSED)
def test_a_build_that_asked_for_what_it_may_not_reach(printed: str, source: Source) -> None:
    text = step(RUN, PROCESS, f"ERROR: failed to solve: {PROCESS}", printed)
    fault = told(text, source, held=True)
    assert fault.code == Code.BUILD_REACHED_OUT
    assert fault.facts["line"] == 3
    open_network = told(text, source)
    assert open_network.code == Code.BUILD_FAILED


def test_a_step_that_failed_by_itself_did_not_reach_out(source: Source) -> None:
    text = step(RUN, PROCESS, f"ERROR: failed to solve: {PROCESS}", "one")
    assert told(text, source, held=True).code == Code.BUILD_FAILED
