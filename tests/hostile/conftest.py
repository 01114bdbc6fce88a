"""What attacks is read, built and run by the grader, never here; and so are its labs."""

from collections.abc import Mapping
from dataclasses import dataclass

import pytest

from grader.attack import Attack, Tried, load_attacks
from grader.settings import ROOT, GraderSettings
from grader.siege import Siege, besiege

collect_ignore_glob = ["*/*"]
FOLDER = ROOT / "tests" / "hostile"
CONTROL = "run/endless-sleep"  # whose end an honest repository must not come to


@dataclass(frozen=True)
class Tries:
    """What came of each attack that a test asks for; all were tried before the first test."""

    by_name: Mapping[str, Tried]
    control: Tried
    siege: Siege


@pytest.fixture(scope="session")
def tries(request: pytest.FixtureRequest) -> Tries:
    """Every attack that a chosen test names, tried once for all tests, and a control."""
    attacks = {one.name: one for one in load_attacks(FOLDER)}
    wanted = {
        item.callspec.params["name"]
        for item in request.session.items
        if "tries" in getattr(item, "fixturenames", ()) and hasattr(item, "callspec")
    }
    control = Attack("control/honest", FOLDER / "honest", attacks[CONTROL].expected)
    chosen = [*(attacks[name] for name in sorted(wanted)), control]
    siege = besiege(chosen, FOLDER, GraderSettings())
    by_name = {one.attack.name: one for one in siege.results}
    return Tries(by_name, by_name.pop(control.name), siege)
