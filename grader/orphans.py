"""Removes what belongs to nobody any more: containers of a lost lease, judges of a dead worker.

A deadline would do it, too, but hours later; until then they take memory and processors.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet

import structlog

from grader.engine import JUDGE, ROLE, TOKEN, Belonging, Engine
from lab_specs.faults import PlatformFault

# A judge ends by itself when its worker dies, for its standard input ends. A living worker lets
# go of one that ended within moments.
JUDGE_IDLE_SECONDS = 30.0
logger = structlog.get_logger()


def reconcile(engine: Engine, live_tokens: Callable[[], AbstractSet[str]]) -> int:
    """Remove this portal's orphans, whoever started them; how many went.

    `live_tokens` asks the database under which tokens attempts are held now. It is asked after
    the engine: an attempt has its token before it has any container.
    """
    found = engine.belongings()
    held = live_tokens()
    orphans = [one for one in found if _is_orphan(one, held)]
    gone = 0
    # A judge goes after those who share its network and volumes; volumes go last.
    for one in sorted(orphans, key=lambda one: (one.is_volume, one.labels.get(ROLE) == JUDGE)):
        try:
            _remove(engine, one)
            gone += 1
        except PlatformFault as fault:  # the others go all the same, and this one next time
            logger.warning("an orphan stays", id=one.id, **fault.facts)
    return gone


def _is_orphan(one: Belonging, held: AbstractSet[str]) -> bool:
    if TOKEN in one.labels:
        return one.labels[TOKEN] not in held
    if one.labels.get(ROLE) != JUDGE or one.is_volume:
        return False  # a judge's volume exists before the judge does
    return one.idle_seconds is not None and one.idle_seconds > JUDGE_IDLE_SECONDS


def _remove(engine: Engine, one: Belonging) -> None:
    if one.is_volume:
        engine.remove_volume(one.id)
        return
    engine.remove(one.id)
    if one.labels.get(ROLE) == JUDGE:
        for volume in one.volumes:
            engine.remove_volume(volume)
