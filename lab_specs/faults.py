"""Whose fault it is when a submission cannot be judged, and the code that names it.

A code is all that travels: from a container to the grader, into the database, to a page.
The words that people read for a code stand in `lab_specs.messages`.
"""

import math
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

FACT_CAP = 20_000  # characters of one fact; a log is the longest
ITEMS_CAP = 100  # of a list or a dictionary among the facts
DEPTH_CAP = 4
# Controls except tab and newline, line separators, turned writing direction
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


class Code(StrEnum):
    """Every way in which an attempt can end without a full set of checks."""

    # The link
    LINK_INVALID = "link_invalid"
    HOST_NOT_ALLOWED = "host_not_allowed"
    REPOSITORY_NOT_FOUND = "repository_not_found"
    REF_NOT_FOUND = "ref_not_found"
    REPOSITORY_TOO_LARGE = "repository_too_large"
    TOO_MANY_FILES = "too_many_files"
    UNSAFE_PATH = "unsafe_path"
    MANIFEST_INVALID = "manifest_invalid"
    CONTEXT_MISSING = "context_missing"
    # The build
    DOCKERFILE_MISSING = "dockerfile_missing"
    DOCKERFILE_INVALID = "dockerfile_invalid"
    COPY_SOURCE_MISSING = "copy_source_missing"
    BASE_IMAGE_UNAVAILABLE = "base_image_unavailable"
    BUILD_FAILED = "build_failed"
    BUILD_REACHED_OUT = "build_reached_out"
    BUILD_TIMED_OUT = "build_timed_out"
    BUILD_TOO_LARGE = "build_too_large"
    IMAGE_TOO_LARGE = "image_too_large"
    # The start
    NO_START_COMMAND = "no_start_command"
    COMMAND_NOT_FOUND = "command_not_found"
    CANNOT_START = "cannot_start"
    EXITED_AT_START = "exited_at_start"
    NEVER_LISTENED = "never_listened"
    NEVER_HEALTHY = "never_healthy"
    # The run
    COMMAND_FAILED = "command_failed"
    OUT_OF_MEMORY = "out_of_memory"
    TIME_LIMIT = "time_limit"
    DISK_LIMIT = "disk_limit"
    OUTPUT_MISSING = "output_missing"
    OUTPUT_MALFORMED = "output_malformed"
    # Ours: these never count against a student
    HOST_UNREACHABLE = "host_unreachable"
    ENGINE_UNAVAILABLE = "engine_unavailable"
    JUDGE_FAILED = "judge_failed"
    LAB_BROKEN = "lab_broken"
    WORKER_LOST = "worker_lost"
    INTERNAL = "internal"


PLATFORM_CODES = frozenset(
    {
        Code.HOST_UNREACHABLE,
        Code.ENGINE_UNAVAILABLE,
        Code.JUDGE_FAILED,
        Code.LAB_BROKEN,
        Code.WORKER_LOST,
        Code.INTERNAL,
    }
)
STUDENT_CODES = frozenset(Code) - PLATFORM_CODES


class Fault(Exception):  # noqa: N818 - the field's word is fault, not error
    """The attempt ends here, for the reason `code`; `facts` fill the words a person reads.

    Facts become plain JSON values, whatever they were: bounded, and without characters or
    numbers that JSON or a database refuses. Else a file's name could make our own end of it.
    """

    def __init__(self, code: Code, **facts: Any) -> None:  # noqa: ANN401 - any JSON value
        self.code = code
        self.facts: dict[str, Any] = plain(facts)
        super().__init__(code.value, self.facts)

    @property
    def is_students(self) -> bool:
        """Whether it is for the student to mend."""
        return self.code in STUDENT_CODES


class StudentFault(Fault):
    """The student's repository could not be fetched, built or started (verdict `rejected`)."""


class PlatformFault(Fault):
    """The portal failed (verdict `crashed`): tried again, and never the student's cost."""


def plain(value: Any, depth: int = DEPTH_CAP) -> Any:  # noqa: ANN401 - anything goes in
    """The value as bounded JSON; what JSON has no word for becomes text, or None."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else None
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping) and depth:
        pairs = list(value.items())[:ITEMS_CAP]
        return {plain_text(str(key)): plain(item, depth - 1) for key, item in pairs}
    if isinstance(value, list | tuple) and depth:
        return [plain(item, depth - 1) for item in value[:ITEMS_CAP]]
    return None if isinstance(value, Mapping | list | tuple) else plain_text(str(value))


def plain_text(text: str, cap: int = FACT_CAP) -> str:
    """The text without what drives a terminal or what no database takes; the end cut at `cap`."""
    kept = UNSAFE.sub("\ufffd", text[:cap].replace("\r\n", "\n"))
    kept = kept.encode("utf-8", "replace").decode()
    return kept if len(text) <= cap else kept[:-1] + "…"
