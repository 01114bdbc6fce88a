"""A service that adds, judged over HTTP."""

import random
from collections.abc import Callable

from lab_specs.kit import Service, check, expect

ROUNDS = 5
SECONDS = 3


@check("sums", "proficient")
def test_adds(service: Service, seed: int) -> None:
    """Every sum that is asked for is right"""
    chance = random.Random(seed)
    for _ in range(ROUNDS):
        pair = [chance.randrange(10**6), chance.randrange(10**6)]
        reply = service.post("/sum", json={"numbers": pair}, seconds=SECONDS)
        expect(
            reply.status == 200,
            expected="status 200",
            actual=f"status {reply.status}: {reply.text}",  # all of it, to see that it is bounded
            hint="Answer 200.",
        )
        said = reply.json()
        expect(
            said == {"sum": sum(pair)},
            expected=f"the sum of {pair}",
            actual=f"status {reply.status}: {reply.text[:300]}",
            hint="Add the two numbers.",
        )


@check("sums", "proficient", after="adds")
def test_stops(launch: Callable[[], Service]) -> None:
    """The service ends when it is told to"""
    process = launch().process
    process.signal("TERM")
    run = process.wait(SECONDS)
    expect(not run.timed_out, expected="an end after SIGTERM", actual="it ran on")


@check("sums", "forged")
def test_knows_the_secret(service: Service, seed: int) -> None:
    """It says the number that only the judge knows"""
    secret = random.Random(f"secret {seed}").randrange(10**17)
    reply = service.get("/secret", seconds=SECONDS)
    expect(
        str(secret) in reply.text or str(seed) in reply.text,
        expected="a number of which nothing is told",
        actual="it is not there",
        hint="There is no honest way to it.",
    )
