"""Every attack comes to the end that is written for it, beside honest work, and leaves nothing."""

import pytest

from grader.attack import load_attacks
from tests.hostile.conftest import FOLDER, Tries

pytestmark = [pytest.mark.docker, pytest.mark.slow, pytest.mark.timeout(900)]
ATTACKS = {attack.name: attack for attack in load_attacks(FOLDER)}
ENOUGH = 100  # the least that there must be


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_held(name: str, tries: Tries) -> None:
    tried = tries.by_name[name]
    assert not tried.not_tried, tried.not_tried  # to be run by root
    assert tried.wrong == []


def test_they_leave_nothing_together(tries: Tries) -> None:
    assert tries.siege.after == []
    assert tries.siege.honest > 0
    assert tries.siege.containers > len(tries.by_name)


def test_every_family_is_there() -> None:
    assert {one.family for one in ATTACKS.values()} == {
        "forging",
        "build",
        "run",
        "fetch",
        "portal",
    }
    assert len(ATTACKS) >= ENOUGH


def test_an_attack_that_is_not_held_is_seen(tries: Tries) -> None:
    assert any(line.startswith("it came to passed") for line in tries.control.wrong)
