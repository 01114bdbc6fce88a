"""The lines that grader and judge exchange: one JSON object per line, over the judge's stdio.

The judge asks for containers of the student's image or of a sidecar (`Ask`) and ends with a
`Report` or a fault; the grader answers every ask with one `Answer`. Only the judge, which is
ours, speaks here: a student's container has no way to these pipes.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from lab_specs.faults import Code
from lab_specs.report import Report
from lab_specs.schema import SidecarName

LINE_CAP = 8_000_000  # bytes of one line


WAIT_CAP = 86_400.0  # seconds
Place = Annotated[str, Field(pattern=r"^/[A-Za-z0-9_./-]+:(ro|rw)$")]


class Message(BaseModel):
    """Both ends are ours: an unknown field is a bug and must not pass unseen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    def line(self) -> bytes:
        """The message as the bytes of one line."""
        return self.model_dump_json().encode() + b"\n"


class Brief(Message):
    """Grader to judge, first line: all that the judge needs to know of the lab.

    The hidden seed and the checks travel here, never in an environment or a mount that
    `docker inspect` would show.
    """

    lab: str
    kind: str
    seed: int
    sources: dict[str, str]
    start_seconds: float
    run_seconds: float
    volumes: dict[str, int]


class Start(Message):
    """Judge to grader: start a fresh container of the student's image, or of a sidecar."""

    do: Literal["start"] = "start"
    sidecar: SidecarName | None = None
    command: tuple[str, ...] = ()
    env: dict[str, str] = Field(default_factory=dict)
    mounts: dict[str, Place] = Field(default_factory=dict, description="volume -> '/path:ro'")


class Wait(Message):
    """Judge to grader: wait until the container ends; kill it when `seconds` have passed."""

    do: Literal["wait"] = "wait"
    container: int
    seconds: float = Field(ge=0, le=WAIT_CAP, allow_inf_nan=False)


class Signal(Message):
    """Judge to grader: send a signal to the container's first process."""

    do: Literal["signal"] = "signal"
    container: int
    signal: Literal["TERM", "KILL"]


class Inspect(Message):
    """Judge to grader: how is the container now, and on demand what did it last print."""

    do: Literal["inspect"] = "inspect"
    container: int
    with_log: bool = False


class Remove(Message):
    """Judge to grader: the container is not needed any more."""

    do: Literal["remove"] = "remove"
    container: int


class Phase(Message):
    """Judge to grader, no answer: what the checks do now, for the page that watches."""

    do: Literal["phase"] = "phase"
    phase: Literal["running", "judging"]
    note: str = ""


class Rejected(Message):
    """Judge to grader, last line: the submission could not be started."""

    do: Literal["rejected"] = "rejected"
    code: Code
    facts: dict[str, Any]


class Reported(Message):
    """Judge to grader, last line: all checks have run."""

    do: Literal["reported"] = "reported"
    report: Report


class Broke(Message):
    """Judge to grader, last line: the judge itself failed."""

    do: Literal["broke"] = "broke"
    problem: str


Ask = Annotated[
    Start | Wait | Signal | Inspect | Remove | Phase | Rejected | Reported | Broke,
    Field(discriminator="do"),
]
ASK: TypeAdapter[Ask] = TypeAdapter(Ask)


class Answer(Message):
    """Grader to judge: what came of an ask.

    `exit_code` is None while the container runs. `code` and `facts` tell a fault of the
    student's image that kept the container from starting. `cpu_seconds` is the processor time
    as it was last seen; None for a run under a second, or where it cannot be seen.
    """

    container: int = 0
    exit_code: int | None = None
    seconds: float = 0.0
    cpu_seconds: float | None = None
    timed_out: bool = False
    out_of_memory: bool = False
    log: str = ""
    code: Code | None = None
    facts: dict[str, Any] = Field(default_factory=dict)
