"""`script/chaos`: two rounds of the same work, one of them among faults, and the table of both.

Runs inside of what `script/chaos` prepares: folder, namespaces, surroundings.
"""

import argparse
import random
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from rich.console import Console  # noqa: E402

from portal.courses.management.commands.seed_people import demo_password  # noqa: E402
from script.tools import chaos_remains as remains  # noqa: E402
from script.tools.chaos_faults import Blow, Doubler, schedule, strike  # noqa: E402
from script.tools.chaos_figures import Figures, Round, show  # noqa: E402
from script.tools.chaos_services import Services, load_images  # noqa: E402
from script.tools.chaos_watch import Watch, asked, doubles, outcome, replay, times_done  # noqa: E402
from script.tools.chaos_work import EDITIONS, Crowd, Work, make_people, new_commits, plan  # noqa: E402

SUBMISSIONS_PER_ROUND = 50  # every fault once for each so many
LEAST_BETWEEN, MOST_BETWEEN = 2.0, 12.0  # seconds from one blow to the next
LOOK_EVERY = 0.05
CLEAN_SECONDS = 60.0  # what dead workers left must be gone by then
END_SECONDS = 15.0  # and what the living ones held, once they were told to end


def main() -> int:
    """Play both rounds and print; 0 when nothing was lost, doubled, left behind or different."""
    parser = argparse.ArgumentParser(prog="script/chaos", description=__doc__.splitlines()[0])
    parser.add_argument("--submissions", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10_000))
    parser.add_argument("--seconds", type=float, default=600, help="give up after so long")
    options = parser.parse_args()
    console = Console(width=100)
    console.print(f"chaos: seed {options.seed}, {options.submissions} submissions")
    began = time.monotonic()
    end = began + options.seconds
    with Services() as services:
        say("the services run")
        crowd, works = _people_and_work(services, options.submissions, options.seed)
        say("people have signed in")
        calm = _play(crowd, works, "calm", Storm(len(works)), end=end)
        if any(times != 1 for times in calm.times.values()):
            console.print("chaos: the portal does not even work in peace", style="red")
            return 1
        order = schedule(max(1, options.submissions // SUBMISSIONS_PER_ROUND), options.seed)
        say(f"in peace all was done in {calm.seconds:.0f} s")
        with Doubler() as doubler:
            faults = Storm(len(works), services, order)
            storm = _play(crowd, works, "storm", faults, end=end)
        dropped = sum(asked(partial(replay, hold)) for hold in storm.seen.values())
        say(f"in the storm all was done in {storm.seconds:.0f} s")
        cleaning = time.monotonic()
        remains.wait_for_none(remains.of_attempts, CLEAN_SECONDS)
        cleaned = time.monotonic() - cleaning
        left = remains.of_attempts()
        services.stop_portal()
        left = list(dict.fromkeys([*left, *remains.wait_for_none(remains.at_the_end, END_SECONDS)]))
        figures = Figures(
            works=works,
            calm=calm,
            storm=storm,
            order=order,
            dropped=dropped,
            doubled=doubler.doubled,
            left=left,
            fell=services.fell,
            cleaned=cleaned,
            began=began,
        )
        return show(console, figures)


def say(words: str) -> None:
    """One line of progress, with the time of day that the logs have, too."""
    sys.stdout.write(f"{datetime.now(UTC):%H:%M:%S} {words}\n")


def _people_and_work(services: Services, count: int, seed: int) -> tuple[Crowd, list[Work]]:
    with ThreadPoolExecutor(1) as hands:
        loading = hands.submit(load_images)
        call_command("migrate", verbosity=0)
        people, projects = make_people(-(-count // EDITIONS))
        works = plan(count, people, projects, seed)
        loading.result()
    services.start_portal()
    crowd = Crowd(demo_password())
    crowd.sign_in(people)
    return crowd, works


@dataclass
class Storm:
    """The blows of one round, and how far the handing in may go before each; none in peace."""

    works: int
    services: Services | None = None
    order: Sequence[tuple[str, str]] = ()
    blows: list[Blow] = field(default_factory=list)
    _last: float = field(default_factory=time.monotonic)

    @property
    def share(self) -> float:
        """Of the works, for each blow and for the time after the last."""
        return self.works / (len(self.order) + 1)

    def allowed(self, watch: Watch) -> float:
        """There is always work under way, and some left for each blow that is to come."""
        later = len(self.order) - len(self.blows) - 1
        return max(self.share * (len(self.blows) + 2), min(watch.done + 2, self.works - later))

    def strike_if_due(self, watch: Watch) -> None:
        """The next blow, once enough was done since the last one, or it was long ago."""
        if self.services is None or len(self.blows) == len(self.order):
            return
        early = watch.done < self.share * len(self.blows)
        if time.monotonic() - self._last < (MOST_BETWEEN if early else LEAST_BETWEEN):
            return
        blow = strike(self.services, watch, *self.order[len(self.blows)])
        self.blows.append(blow)
        self._last = time.monotonic()
        phase = blow.phase or "nothing is under way"
        say(f"{len(self.blows)} of {len(self.order)}: {blow.name} while {phase}")


def _play(crowd: Crowd, works: Sequence[Work], name: str, storm: Storm, *, end: float) -> Round:
    """Hand in all works and wait for the last verdict; on the way, one blow after the other."""
    new_commits(works, name)
    began, over = time.monotonic(), threading.Event()
    with Watch() as watch, ThreadPoolExecutor(1) as hands, ExitStack() as stack:
        stack.callback(over.set)
        handing = hands.submit(crowd.hand_in, works, lambda: storm.allowed(watch), over)
        while not (handing.done() and watch.done >= len(works)) and time.monotonic() < end:
            storm.strike_if_due(watch)
            time.sleep(LOOK_EVERY)
        over.set()
        handing.result()
    attempts = dict(crowd.attempts)
    pks = list(attempts.values())
    return Round(
        attempts=attempts,
        outcomes=asked(lambda: {pk: outcome(pk) for pk in pks}),
        times=asked(lambda: times_done(pks)),
        doubles=asked(lambda: doubles(pks, watch.after)),
        seen=watch.seen,
        blows=tuple(storm.blows),
        seconds=time.monotonic() - began,
    )


if __name__ == "__main__":
    sys.exit(main())
