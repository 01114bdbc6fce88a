import pytest

from tests.hub.school import School, found
from tests.hub.standin import StandIn


@pytest.fixture
def school(standin: StandIn) -> School:
    return found(standin)
