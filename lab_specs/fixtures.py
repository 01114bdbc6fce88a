"""The fixtures that a check may name: `seed`, `student`, `show`, `sidecar`; `service`, `launch`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from lab_specs import service as services
from lab_specs import wire
from lab_specs.figures import Figure
from lab_specs.schema import SidecarName
from lab_specs.service import Service
from lab_specs.sidecar import Sidecar
from lab_specs.student import Call, Image

HELPERS_AT_ONCE = 2  # services beside the main one

BRIEF: pytest.StashKey[wire.Brief] = pytest.StashKey()
CALL: pytest.StashKey[Call] = pytest.StashKey()
SHOW: pytest.StashKey[Callable[[Figure], None]] = pytest.StashKey()


@pytest.fixture(scope="session")
def seed(pytestconfig: pytest.Config) -> int:
    """The secret seed of the edition; on a laptop a public one."""
    return pytestconfig.stash[BRIEF].seed


@pytest.fixture(scope="session")
def show(pytestconfig: pytest.Config) -> Callable[[Figure], None]:
    """Keep a figure for the attempt's page; a later one of the same id replaces it."""
    return pytestconfig.stash[SHOW]


@pytest.fixture(scope="session")
def student(pytestconfig: pytest.Config) -> Image:
    """The student's image."""
    brief = pytestconfig.stash[BRIEF]
    return Image(pytestconfig.stash[CALL], brief.volumes, brief.run_seconds)


@pytest.fixture(scope="session")
def sidecar(pytestconfig: pytest.Config) -> Callable[[str], Sidecar]:
    """A sidecar of the lab's file, by its name."""
    brief = pytestconfig.stash[BRIEF]

    def named(name: str) -> Sidecar:
        call = pytestconfig.stash[CALL]
        return Sidecar(call, brief.volumes, brief.run_seconds, SidecarName(name))

    return named


@pytest.fixture(scope="session")
def service(student: Image, pytestconfig: pytest.Config) -> Service:
    """The student's service, started once and healthy."""
    return services.launch(student, start_seconds=pytestconfig.stash[BRIEF].start_seconds)


@pytest.fixture
def launch(student: Image, pytestconfig: pytest.Config) -> Iterator[Callable[..., Service]]:
    """Start another copy of the service, on a port of its own, for this check alone.

    It takes `command`, `env` and `mounts` as `Image.start` does.
    """
    started: list[Service] = []

    def another(**told: Any) -> Service:  # noqa: ANN401 - handed through
        alive = [one for one in started if not one.process.removed]
        if len(alive) == HELPERS_AT_ONCE:
            raise RuntimeError(f"a check may launch {HELPERS_AT_ONCE} more services at a time")
        limit = pytestconfig.stash[BRIEF].start_seconds
        started.append(services.launch(student, start_seconds=limit, **told))
        return started[-1]

    yield another
    for one in started:
        one.process.remove()
