"""The Celery worker: `celery -A grader.worker worker --pool threads`.

Its tools are made once per process, when the first attempt needs them, and put away at its end.
"""

import os
import signal
import socket
import threading
import time
from datetime import UTC, datetime
from functools import cache
from typing import Any

import structlog
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings as portal
from django.db import close_old_connections
from django.utils.crypto import salted_hmac

from grader.breaker import Breaker
from grader.cache import trim
from grader.docker_engine import DockerEngine
from grader.engine import WORKER
from grader.judges import JudgePool
from grader.orphans import reconcile
from grader.pipeline import Grader
from grader.scratch import remove_abandoned
from grader.settings import GraderSettings
from lab_specs.faults import Fault
from lab_specs.loader import load_shelf
from portal.celery_app import GRADE_QUEUE, app

SWEEP_EVERY = 15.0  # seconds between two looks for containers that should be gone
TRIM_EVERY = 300.0  # seconds between two looks at the cache
NAME = f"{socket.gethostname()} {os.getpid()}"
BREAKER = Breaker()
STOPPING = threading.Event()  # ends the wait of whoever sits a pause out
MAKING = threading.Lock()  # two threads at once would make two, and one with judges is lost
logger = structlog.get_logger()

app.conf.update(imports=[*app.conf.imports, "grader.tasks", "grader.aside", "grader.github_tasks"])


@cache
def settings() -> GraderSettings:
    """The grader's settings; where work may come from is the portal's to say."""
    return GraderSettings(
        shelf=portal.SHELF,
        git_hosts=portal.GIT_HOSTS,
        local_repositories=portal.LOCAL_REPOSITORIES,
        # The same for every worker of this portal, and for no other portal
        house=salted_hmac("grader.house", str(portal.DATABASES["default"]["NAME"])).hexdigest()[
            :16
        ],
    )


def tools() -> Grader:
    """The engine and the judges of this process. Raises `PlatformFault` without an engine."""
    with MAKING:
        return _tools()


@cache
def _tools() -> Grader:
    engine = DockerEngine(house=settings().house)
    judges = JudgePool(
        engine, settings().judge_image, spares=settings().spare_judges, labels={WORKER: NAME}
    )
    return Grader(engine, judges, settings())


@worker_ready.connect
def prepare(sender: Any, **_: object) -> None:  # noqa: ANN401 - a Celery consumer
    """Start a judge for every lab, so that the first attempt finds one; sweep from now on."""
    if GRADE_QUEUE not in sender.app.amqp.queues.consume_from:
        return
    threading.Thread(target=_sweep_for_ever, name="sweep", daemon=True).start()
    threading.Thread(target=_trim_for_ever, name="cache", daemon=True).start()
    for lab in load_shelf(settings().shelf).values():
        tools().judges.warm(lab)


@worker_ready.connect
def end_with_the_clock(sender: Any, **_: object) -> None:  # noqa: ANN401 - a Celery consumer
    """A helper whose clock has died ends, too, and is started again with a new one.

    Nobody would reap for it otherwise, and nobody would notice.
    """
    if clock := sender.controller.beat:
        threading.Thread(target=_end_after, args=(clock,), name="clock", daemon=True).start()


def _end_after(clock: Any) -> None:  # noqa: ANN401 - a process, of a library without types
    clock.join()
    if not STOPPING.is_set():
        logger.error("the clock died")
        os.kill(os.getpid(), signal.SIGTERM)


@worker_shutting_down.connect
def stop_waiting(**_: object) -> None:
    """The worker is to end when its work is done: a pause is no work."""
    STOPPING.set()


@worker_shutdown.connect
def put_away(**_: object) -> None:
    """Remove the judges that wait."""
    if _tools.cache_info().currsize:
        tools().judges.close()


@worker_shutdown.connect
def leave(**_: object) -> None:
    """Nobody need look for a worker that ends as it should."""
    from portal.submissions import workers  # noqa: PLC0415 - as below

    try:
        workers.leave(name=NAME)
    except Exception:  # the database may be away; the row is forgotten in time
        logger.exception("could not take leave")


def report() -> None:
    """Write down that this worker is there, and whether it pauses and why."""
    from portal.submissions import workers  # noqa: PLC0415 - as below

    paused = BREAKER.left(time.time()) > 0
    try:
        workers.tell(
            name=NAME,
            slots=settings().concurrency,
            failures=BREAKER.failures,
            paused_until=datetime.fromtimestamp(BREAKER.until, UTC) if paused else None,
            reason=BREAKER.reason if paused else "",
        )
    except Exception:  # the database may be away; the next report comes soon
        logger.exception("report failed")


def sweep() -> None:
    """Find what was lost; remove what outlived its deadline, and what belongs to nobody any more.

    The deadline is the second clock, which trusts no attempt's own.
    """
    for why, clean in (
        ("lost", _reap),
        ("late", _remove_late),
        ("orphans", _remove_orphans),
        ("folders", _remove_folders),
    ):
        try:
            if gone := clean():
                logger.warning("swept", why=why, removed=gone)
        except Fault as fault:
            logger.warning("sweep failed", why=why, fault=fault.code, **fault.facts)
        except Exception:  # a clock that stops would leave all that comes later
            logger.exception("sweep failed", why=why)


def trim_cache() -> None:
    """Make room in the cache: on a thread of its own, for it may take minutes."""
    try:
        trim(tools().engine, settings())
    except Fault as fault:
        logger.warning("cache not trimmed", fault=fault.code, **fault.facts)
    except Exception:  # as above
        logger.exception("cache not trimmed")


def _reap() -> int:
    """The helper does it more often. Work is found without it, too, and without a broker."""
    from portal.submissions.reap import reap  # noqa: PLC0415 - Celery sets Django up after us

    reap()
    return 0  # it tells by itself what it did


def _remove_late() -> int:
    return tools().engine.sweep(time.time())


def _remove_orphans() -> int:
    from portal.submissions import queries  # noqa: PLC0415 - as above

    try:
        return reconcile(tools().engine, queries.live_tokens)
    finally:
        close_old_connections()


def _remove_folders() -> int:
    return remove_abandoned(settings().workdir)


def _sweep_for_ever() -> None:
    pause = threading.Event()
    while True:
        report()
        sweep()
        pause.wait(SWEEP_EVERY)


def _trim_for_ever() -> None:
    pause = threading.Event()
    while True:
        pause.wait(TRIM_EVERY)
        trim_cache()
