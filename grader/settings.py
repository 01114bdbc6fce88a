"""What a worker or a laptop may be told through its environment (prefix `GRADER_`)."""

import os
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent
GIT_HOSTS = ("github.com", "gitlab.com", "codeberg.org")


def _split(given: object) -> object:
    """Take a comma-separated text as a list, as the portal's settings do."""
    if isinstance(given, str):
        return [part.strip() for part in given.split(",") if part.strip()]
    return given


class GraderSettings(BaseSettings):
    """Settings of the grader; every one has a default that works on one machine."""

    model_config = SettingsConfigDict(env_prefix="GRADER_", extra="ignore")

    shelf: Annotated[list[Path], NoDecode, BeforeValidator(_split)] = Field(
        [ROOT / "lab_specs" / "labs"], description="folders of labs, separated by commas"
    )
    git_hosts: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        list(GIT_HOSTS), description="hosts to fetch from, separated by commas"
    )
    local_repositories: Path | None = Field(
        None, description="file:// repositories are taken from below this folder; none: never"
    )
    registries: Annotated[list[str], NoDecode, BeforeValidator(_split)] = Field(
        [], description="hosts that a build may reach; none: where this machine installs from"
    )
    workdir: Path = Field(ROOT / "var" / "work", description="clones live here while they build")
    judge_image: str = "mlops-judge:latest"
    spare_judges: int = Field(1, ge=0, le=16, description="judges started ahead, per lab")
    concurrency: int = Field(os.cpu_count() or 2, ge=1, description="attempts at once")
    lease_seconds: float = Field(30, gt=3, description="a worker silent for longer is lost")
    house: str = Field("", description="marks the containers of one portal; its workers set it")
    free_disk_gb: float = Field(5, ge=0, description="with less free, no more attempts are taken")
    cache_gb: float = Field(30, ge=0, description="students' images and the build cache, each")
    build_disk_gb: float = Field(8, gt=0, description="what one build may write, or its image be")
