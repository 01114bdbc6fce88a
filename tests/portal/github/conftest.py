import pytest
from pytest_django.fixtures import Settings

from portal.courses.models import Edition, MiniProject, Team
from portal.people.models import User
from tests.hub.standin import StandIn
from tests.portal.github.house import House, built
from tests.portal.github.roster import Classroom, furnished


@pytest.fixture
def house(
    standin: StandIn, settings: Settings, mini_project: MiniProject, team: Team, alice: User
) -> House:
    return built(standin, settings, mini_project, team, alice)


@pytest.fixture
def classroom(
    standin: StandIn, settings: Settings, edition: Edition, mini_project: MiniProject
) -> Classroom:
    return furnished(standin, settings, edition, mini_project)
