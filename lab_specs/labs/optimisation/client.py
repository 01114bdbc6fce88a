"""How the checks speak to a served variant, and the form that they demand of its answers."""

import contextlib
import http.client
import statistics
import time
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from data import request

from lab_specs.digits import Pixels
from lab_specs.exchange import HOST
from lab_specs.kit import Failure, Reply, Service, expect

PREDICT, STATS = "/predict", "/stats"
JSON = {"Content-Type": "application/json"}
BATCH = 250  # images: the brief promises that no request holds more
LABELS = 10
ROUNDING = 0.02  # by so much may the scores of an image miss a sum of 1
PATIENCE = 30.0  # seconds for one answer
ANSWER = 64 * 1024  # bytes of the answer about one image that are looked at

Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Stats:
    """What a service has counted since its start."""

    calls: int
    images: int


def scores(service: Service, x: Pixels) -> Scores:
    """Ten scores for each of the images [N, 64]. Raises `Failure` unless they have the form."""
    parts = [x[first : first + BATCH] for first in range(0, len(x), BATCH)]
    return np.concatenate([_ask(service, part) for part in parts])


def _ask(service: Service, x: Pixels) -> Scores:
    reply = service.post(PREDICT, content=request(x), headers=JSON, seconds=PATIENCE)
    return scores_of(reply, len(x))


def scores_of(reply: Reply, count: int) -> Scores:
    """The scores [count, 10] in an answer. Raises `Failure` unless it has the agreed form."""
    expect(
        reply.status == 200,
        expected=f"status 200 for a request of {count} images",
        actual=f"status {reply.status}: {reply.text[:300]}",
        hint="Send the example request of the brief to your service and read its log.",
    )
    answer = reply.json()
    rows = answer.get("scores") if isinstance(answer, dict) else None
    rows = rows if isinstance(rows, list) else []
    expect(
        len(rows) == count and all(map(_is_row, rows)),
        expected=f'{{"scores": […]}} with ten numbers for each of {count} images',
        actual=f"{len(rows)} rows: {reply.text[:300]}",
        hint="One row per image, in their order; turn arrays and tensors into lists with tolist().",
    )
    found = np.array(rows, dtype=float)
    sums = found.sum(axis=1)
    fits = (found >= -ROUNDING).all() and (abs(sums - 1) <= ROUNDING).all()
    expect(
        fits,
        expected="scores of an image that are 0 or more and sum to 1",
        actual=f"sums from {sums.min():.3f} to {sums.max():.3f}: {reply.text[:300]}",
        hint="Put a softmax behind the last layer, in every variant.",
    )
    return found


def _is_row(row: object) -> bool:
    if not isinstance(row, list) or len(row) != LABELS:
        return False
    return all(type(one) in {int, float} for one in row)


def stats(service: Service) -> Stats:
    """What the service has counted. Raises `Failure` unless it has the agreed form."""
    reply = service.get(STATS)
    answer = reply.json() if reply.status == 200 else None
    answer = answer if isinstance(answer, dict) else {}
    calls, images = answer.get("calls", ""), answer.get("images", "")
    expect(
        type(calls) is int and type(images) is int,
        expected=f'{{"calls": 3, "images": 130}} in answer to GET {STATS}',
        actual=f"status {reply.status}: {reply.text[:200]}",
        hint="Count where you call the model: one more call, and so many images more.",
    )
    return Stats(int(calls), int(images))


def counted(service: Service, before: Stats) -> Stats:
    """What came to the counts since then."""
    now = stats(service)
    return Stats(now.calls - before.calls, now.images - before.images)


def distance(one: Scores, two: Scores) -> npt.NDArray[np.float64]:
    """For each image the largest difference that one of its ten scores has."""
    found: npt.NDArray[np.float64] = abs(one - two).max(axis=1)
    return found


def seconds_of(service: Service, x: Pixels) -> float:
    """How long one request about these images takes."""
    began = time.perf_counter()
    _ask(service, x)
    return time.perf_counter() - began


def medians(services: dict[str, Service], x: Pixels, rounds: int) -> dict[str, float]:
    """The usual seconds of a request for each service, asked in turns: what disturbs hits all."""
    times: dict[str, list[float]] = {name: [] for name in services}
    for _ in range(rounds):
        for name, service in services.items():
            times[name].append(seconds_of(service, x))
    return {name: statistics.median(found) for name, found in times.items()}


def at_once(service: Service, x: Pixels) -> Scores:
    """Scores [N, 10] from a request for each image, all of them complete at the same moment.

    Everything but the last byte of each is sent beforehand, so a service cannot have one of them
    answered before the next has come.
    """
    with contextlib.ExitStack() as links:
        opened = []
        try:
            for row in x:
                link = http.client.HTTPConnection(HOST, service.port, timeout=PATIENCE)
                links.callback(link.close)
                content = request(row[None])
                link.request("POST", PREDICT, headers=JSON | {"Content-Length": str(len(content))})
                link.send(content[:-1])
                opened.append((link, content[-1:]))
            for link, last in opened:
                link.send(last)
            replies = [_reply(link) for link, _ in opened]
        except (OSError, http.client.HTTPException) as error:
            raise Failure(
                expected=f"answers to {len(x)} requests that come at the same time",
                actual=f"a connection broke ({str(error) or type(error).__name__})",
                hint="Look at your service's log: was a worker killed, or a connection refused?",
            ) from None
    return np.concatenate([scores_of(reply, 1) for reply in replies])


def _reply(link: http.client.HTTPConnection) -> Reply:
    response = link.getresponse()
    text = response.read(ANSWER).decode(errors="replace")
    return Reply(response.status, dict(response.headers), text, f"POST {PREDICT}")
