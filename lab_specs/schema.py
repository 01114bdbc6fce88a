"""The shape of `lab.yaml`: what may stand there, and what it means."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

SLUG = r"^[a-z0-9][a-z0-9_-]{0,59}$"
Slug = Annotated[str, Field(pattern=SLUG)]
Text = Annotated[str, Field(min_length=1, max_length=4_000)]


class Strict(BaseModel):
    """Unknown fields are errors, so that a misspelt one is never silently ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Kind(StrEnum):
    """How a lab's image is used: a service that stays up, or commands that end."""

    SERVICE = "service"
    JOB = "job"


class Share(Strict):
    """What one container may use. Each is enforced by the engine."""

    memory_mb: int = Field(ge=32, le=16_384, description="memory and swap together, MiB")
    cpus: float = Field(gt=0, le=8, description="processor shares; 1.0 is one core")
    pids: int = Field(ge=8, le=4_096, description="processes and threads at once")
    tmp_mb: int = Field(ge=1, le=2_048, description="size of /tmp, MiB")


class Limits(Share):
    """What one container of a student may use, and how long it all may take."""

    start_seconds: float = Field(60, gt=0, le=600, description="a service must be ready by then")
    run_seconds: float = Field(120, gt=0, le=3_600, description="a command must end by then")
    total_seconds: float = Field(gt=0, le=7_200, description="all runs and checks together")


SIDECAR_UID = 10_003  # whose processes a sidecar's are, in its container and on the loopback


class SidecarName(StrEnum):
    """What may run beside a student's container: images of ours, made by `grader.images`."""

    DEVICE = "device"  # runs a model file as a small machine would
    MLFLOW = "mlflow"  # a tracking server
    PROMETHEUS = "prometheus"  # scrapes, alerts, and proves rules by `promtool`


class SidecarShare(Share):
    """What a sidecar may use in this lab."""

    network: bool = Field(True, description="it shares the loopback of judge and student")


class Criterion(Strict):
    """A row of the rubric: one text per level says what reaching it takes."""

    id: Slug
    title: Text
    technical: bool = True
    descriptors: dict[str, Text]


class CheckSpec(Strict):
    """One check as the loader reads it from `test_acceptance.py`, without running it."""

    id: Slug
    title: Text
    criterion: Slug
    level: str
    after: str | None = None


class LabFile(Strict):
    """The content of `lab.yaml`."""

    title: Text
    summary: Text
    kind: Kind
    levels: tuple[Text, ...] = Field(min_length=2, max_length=8)
    pass_level: Text
    limits: Limits
    build_seconds: float = Field(900, gt=0, le=7_200)
    volumes: dict[Slug, Annotated[int, Field(ge=1, le=4_096)]] = Field(
        default_factory=dict, description="name of a volume and its size, MiB"
    )
    sidecars: dict[SidecarName, SidecarShare] = Field(
        default_factory=dict, description="what a check may start beside the student's containers"
    )
    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @property
    def cpus(self) -> float:
        """Processor shares that an attempt may use at once, its sidecars included."""
        return self.limits.cpus + sum(share.cpus for share in self.sidecars.values())

    @model_validator(mode="after")
    def _levels_agree(self) -> Self:
        if len(set(self.levels)) != len(self.levels):
            raise ValueError("levels: the same level stands twice")
        if self.pass_level not in self.levels[1:]:
            raise ValueError(
                f"pass_level: {self.pass_level!r} is not one of {list(self.levels[1:])}"
            )
        for number, criterion in enumerate(self.criteria):
            if set(criterion.descriptors) != set(self.levels):
                raise ValueError(
                    f"criteria.{number}.descriptors: one text for each of {list(self.levels)}"
                )
        ids = [criterion.id for criterion in self.criteria]
        if len(set(ids)) != len(ids):
            raise ValueError("criteria: the same id stands twice")
        return self


class LabSpec(Strict):
    """A lab as the rest of the house sees it: its file, its checks, its brief, its digest."""

    id: Slug
    file: LabFile
    checks: tuple[CheckSpec, ...]
    brief: str
    sources: dict[str, str] = Field(description="name and text of each Python file of the lab")
    digest: str = Field(description="sha256 over lab.yaml and the sources; brief left out")

    @property
    def criteria(self) -> list[str]:
        """Ids of the criteria, in the order of the file."""
        return [criterion.id for criterion in self.file.criteria]
