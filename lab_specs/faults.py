"""Whose fault it is when a submission cannot be judged, and the code that names it.

A code is all that travels: from a container to the grader, into the database, to a page.
The words that people read for a code stand in `lab_specs.messages`.
"""

from enum import StrEnum
from typing import Any


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
    BUILD_TIMED_OUT = "build_timed_out"
    # The start
    NO_START_COMMAND = "no_start_command"
    COMMAND_NOT_FOUND = "command_not_found"
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

    Facts are plain JSON values: short strings, numbers, lists of strings.
    """

    def __init__(self, code: Code, **facts: Any) -> None:  # noqa: ANN401 - any JSON value
        super().__init__(code.value, facts)
        self.code = code
        self.facts = facts

    @property
    def is_students(self) -> bool:
        """Whether it is for the student to mend."""
        return self.code in STUDENT_CODES


class StudentFault(Fault):
    """The student's repository could not be fetched, built or started (verdict `rejected`)."""


class PlatformFault(Fault):
    """The portal failed (verdict `crashed`): tried again, and never the student's cost."""
