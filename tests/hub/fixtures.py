"""For any test: `standin` is a fresh GitHub, which PyGithub, requests and git trust."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.server import Place, listening
from tests.hub.standin import StandIn


@pytest.fixture(scope="session")
def hub_place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """The address, for the whole session: what is there changes from test to test."""
    with listening(tmp_path_factory.mktemp("hub")) as place:
        yield place


@pytest.fixture
def standin(hub_place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StandIn]:
    (tmp_path / "hub" / "repositories").mkdir(parents=True)
    made = StandIn(hub_place.web, hub_place.certificate, tmp_path / "hub")
    for name, value in made.environment().items():
        monkeypatch.setenv(name, value)
    hub_place.standin = made
    try:
        yield made
    finally:
        made.over.set()
        hub_place.standin = None
    assert not made.violations, made.violations
