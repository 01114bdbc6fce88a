"""A service whose models have learnt nothing: what is counted does not depend on that."""

import pytest
from fastapi.testclient import TestClient

from digit_watch.app import create_app
from digit_watch.models import NAMES, Classifier, make_network


@pytest.fixture
def client() -> TestClient:
    models = {name: Classifier(make_network(name)) for name in NAMES}
    return TestClient(create_app(models), raise_server_exceptions=False)
