"""Every attack comes to the end that is written for it, beside honest work, and leaves nothing."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from grader.arena import AT_ONCE, Arena
from grader.attack import Attack, Tried, load_attacks
from grader.settings import ROOT, GraderSettings
from grader.siege import longest_first

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
FOLDER = ROOT / "tests" / "hostile"
ATTACKS = {attack.name: attack for attack in load_attacks(FOLDER)}
ENOUGH = 50  # the least that there must be


@pytest.fixture(scope="module")
def arena() -> Iterator[Arena]:
    with Arena.opened(FOLDER, GraderSettings()) as arena:
        yield arena


@pytest.fixture(scope="module")
def tries(arena: Arena, request: pytest.FixtureRequest) -> Iterator[Mapping[str, Future[Tried]]]:
    """Those attacks that were asked for, under way, two at once."""
    names = {
        item.callspec.params["name"]
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.function is test_it_is_held
        and hasattr(item, "callspec")
    }
    wanted = longest_first([ATTACKS[name] for name in sorted(names)])
    with ThreadPoolExecutor(2 * AT_ONCE) as hands:
        yield {one.name: hands.submit(arena.attempt, one) for one in wanted}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_held(name: str, tries: Mapping[str, Future[Tried]]) -> None:
    tried = tries[name].result()
    assert not tried.not_tried, tried.not_tried  # to be run by root
    assert tried.wrong == []


def test_they_leave_nothing_together(arena: Arena, tries: Mapping[str, Future[Tried]]) -> None:
    for one in tries.values():
        one.result()
    assert arena.aftermath() == []
    assert len(arena.honest) > 0


def test_every_family_is_there() -> None:
    families = {name.partition("/")[0] for name in ATTACKS}
    assert families == {"forging", "build", "run", "fetch", "portal"}
    assert len(ATTACKS) >= ENOUGH


def test_an_attack_that_is_not_held_is_seen(arena: Arena, tries: object) -> None:
    honest = Attack("honest", FOLDER / "honest", ATTACKS["run/endless-sleep"].expected)
    wrong = arena.attempt(honest).wrong
    assert any(line.startswith("it came to passed") for line in wrong)
