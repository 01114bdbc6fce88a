"""GitHub at the edge of the network."""

import pytest

from tests.portal.people.hub import Hub


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Says that whoever comes is number 7, ann-at-hub."""
    hub = Hub()
    hub.is_(7, "ann-at-hub")
    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", lambda _, *a, **k: hub.send(*a, **k))
    return hub
