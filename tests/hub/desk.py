"""A person's own clone, from which they push by real git over https."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from tests.grader.repositories import IDENTITY
from tests.hub import gits
from tests.hub.models import Repository

if TYPE_CHECKING:
    from tests.hub.standin import StandIn


def address(hub: "StandIn", repository: Repository, token: str) -> str:
    host = hub.web.removeprefix("https://")
    return f"https://x-access-token:{token}@{host}/{repository.full_name}.git"


def clone(hub: "StandIn", repository: Repository) -> Path:
    """A fresh desk that shares the objects of the repository."""
    folder = hub.folder / "desks" / f"{hub.world.number()}.git"
    gits.git(hub.folder, "clone", "-q", "--bare", "--shared", str(repository.folder), str(folder))
    return folder


def send(hub: "StandIn", folder: Path, *arguments: str) -> None:
    environment = {**IDENTITY, **hub.environment(), "GIT_TERMINAL_PROMPT": "0", "HOME": os.devnull}
    done = subprocess.run(
        ["git", "push", "-q", "--force", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.decode(errors="replace"))


def push(
    hub: "StandIn",
    repository: Repository,
    branch: str,
    files: Mapping[str, str | bytes | None],
    *,
    token: str,
    message: str,
    author: tuple[str, str],
    when: datetime | None,
    parents: Sequence[str] | None,
) -> str:
    folder = clone(hub, repository)
    sha = gits.write(
        folder, branch, files, message=message, author=author, when=when, parents=parents
    )
    send(hub, folder, address(hub, repository, token), f"refs/heads/{branch}")
    return sha


def delete(hub: "StandIn", repository: Repository, branch: str, *, token: str) -> None:
    folder = clone(hub, repository)
    send(hub, folder, address(hub, repository, token), f":refs/heads/{branch}")
