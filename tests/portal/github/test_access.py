"""Which private repositories are read for whom: the portal's key opens more than a team may see."""

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from portal.courses.models import MiniProject, Team
from portal.github import access
from portal.github.access import Place
from portal.github.models import Installation, Repository, Watch
from portal.people.models import User

pytestmark = pytest.mark.django_db
LINK = "https://github.com/mlops-course/amber"


@pytest.fixture
def repository() -> Repository:
    installation = Installation.objects.create(
        number=77, account="mlops-course", seen_at=timezone.now()
    )
    return Repository.objects.create(
        number=5, installation=installation, full_name="mlops-course/Amber", private=True
    )


def test_a_private_repository_is_found_however_its_name_is_written(repository: Repository) -> None:
    assert access.private(LINK) == Place("mlops-course/amber", repository.installation)


@pytest.mark.parametrize(
    "link",
    [
        "https://github.com/mlops-course/birch",
        "https://gitlab.com/mlops-course/amber",
        "https://github.com.evil.example/mlops-course/amber",
        "file:///mlops-course/amber",
    ],
)
def test_no_key_is_used_anywhere_else(repository: Repository, link: str) -> None:
    assert access.private(link) is None


def test_what_everybody_may_read_needs_no_key(repository: Repository) -> None:
    Repository.objects.update(private=False)
    assert access.private(LINK) is None


@pytest.mark.parametrize(
    ("link", "name"),
    [
        (LINK, "mlops-course/amber"),
        ("https://GitHub.com/mlops-course/Amber.git", "mlops-course/Amber"),
        (f"{LINK}/", "mlops-course/amber"),
        (f"{LINK}/tree/main", None),
        (f"{LINK}?a=b", None),
        ("https://github.com/mlops-course", None),
        ("https://github.com.evil.example/mlops-course/amber", None),
    ],
)
def test_the_name_that_a_link_says(link: str, name: str | None) -> None:
    assert access.full_name_of(link) == name


@pytest.mark.parametrize("change", ["suspended_at", "removed_at"])
def test_an_installation_that_is_away_opens_nothing(repository: Repository, change: str) -> None:
    Installation.objects.update(**{change: timezone.now()})
    assert access.private(LINK) is None


def test_without_an_app_the_read_token_is_tried_at_github_alone(settings: Settings) -> None:
    settings.GITHUB_TOKEN = "ghp_read"
    assert access.private(LINK) == Place("mlops-course/amber")
    assert access.private("https://gitlab.com/mlops-course/amber") is None


def test_where_a_team_works_is_its_own_alone(
    repository: Repository, team: Team, mini_project: MiniProject, charlie: User, alice: User
) -> None:
    Watch.objects.create(
        mini_project=mini_project,
        team=team,
        repository=repository,
        by=alice,
        made_at=timezone.now(),
    )
    place = "mlops-course/amber"
    other = Team.objects.get(members=charlie)
    assert [access.is_watched(place, each.pk) for each in (team, other)] == [True, False]
    Watch.objects.update(lapsed_at=timezone.now())
    assert not access.is_watched(place, team.pk)
    Watch.objects.update(lapsed_at=None)
    Repository.objects.update(removed_at=timezone.now())
    assert not access.is_watched(place, team.pk)


def test_a_name_at_github_that_is_only_claimed_opens_nothing(
    team: Team, alice: User, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    User.objects.filter(pk=alice.pk).update(github_login="alice-hub")
    User.objects.filter(pk=bob.pk).update(github_login="bob-hub", github_id=8)
    with django_assert_num_queries(1):
        assert access.proved(team.pk) == [(8, "bob-hub")]
