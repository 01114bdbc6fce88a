"""One attempt, as the grader sees it: which commit of which repository, judged by which lab."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """All that a worker must know to grade; plain values only, so that a broker can carry it.

    `commit` is a full id in lower case: a branch is resolved before a job exists.
    `context` and `dockerfile` are relative to the repository's root; an empty `dockerfile`
    means the file `Dockerfile` of the context. `seed_name` stands in the evidence for the
    seed, which is secret. `key` opens a private repository; it is secret, too. `worker` holds
    the attempt, by the lease that `token` names; on a laptop these three are empty.
    Raises ValueError on any other commit.
    """

    attempt: str
    lab: str
    repository: str
    commit: str
    context: str = "."
    dockerfile: str = ""
    seed: int = field(repr=False)  # never in a log or a traceback
    seed_name: str = "public"
    key: str = field(default="", repr=False)
    token: str = ""
    worker: str = ""

    def __post_init__(self) -> None:
        if not COMMIT.fullmatch(self.commit):
            raise ValueError(f"commit: {self.commit!r} is not a full commit id in lower case")

    def to_plain(self) -> dict[str, Any]:
        """The job as a dictionary that JSON can carry."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The job again. Raises ValueError for a missing or unknown field or a wrong type."""
        types = {one.name: one.type for one in fields(cls)}
        for name, value in plain.items():
            if name not in types:
                raise ValueError(f"{name}: a job has no such field")
            # bool is an int to Python, and no seed of ours
            if type(value) is not types[name]:
                raise ValueError(f"{name}: {value!r} has the wrong type")
        missing = {"attempt", "lab", "repository", "commit", "seed"} - plain.keys()
        if missing:
            raise ValueError(f"{', '.join(sorted(missing))}: missing from the job")
        return cls(**plain)
