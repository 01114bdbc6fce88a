"""What a service that notices drift must do. The contract stands in `brief.md`."""

import math
from collections.abc import Callable

import pytest
from client import (
    JSON,
    PATIENCE,
    Drift,
    body,
    feed,
    look,
    predict,
    send,
    share_right,
    teach,
)
from curves import learning, scores
from data import PERIOD, USUAL, Traffic, World, creeping
from refusals import demand_no_trace, demand_refused, far_off
from story import PERIODS, Story, live

from lab_specs.kit import Failure, Figure, Service, check, expect

SHIFT = 1.5  # standard deviations
SEASON = 1.5  # standard deviations, up and down
GRADUAL = 10  # periods in which a drift creeps in
RIGHT = 0.85  # share of labels
LARGE_BATCH = 10_000  # rows: the brief promises that no batch holds more
LARGE_BATCHES = 70
FALSE_ALARM = (
    "Compare the last period with the whole reference, and let a score be as high as chance makes "
    "it: with thousands of comparisons, one in twenty is no alarm."
)

Show = Callable[[Figure], None]


@pytest.fixture(scope="session")
def story(service: Service, seed: int) -> Story:
    """A world that changes for good, with labels."""
    return live(service, World(seed, 60))


# First, as long as nobody has taught the service anything.
@check("robustness", "proficient")
def test_needs_reference(service: Service, seed: int) -> None:
    """Before the first reference, requests are refused in words"""
    rows, labels = World(seed, 10).batch()
    sent = {
        "/predict": body(rows=rows),
        "/feedback": body(rows=rows, labels=labels),
    }
    for path, content in sent.items():
        reply = service.post(path, content=content, headers=JSON, seconds=PATIENCE)
        demand_refused(reply, f"POST {path} before any reference")
    demand_refused(service.get("/drift"), "GET /drift before any reference")


@check("learning", "proficient")
def test_predictions(service: Service, seed: int) -> None:
    """At least 85 % of the labels are right, and every answer names the same version"""
    world = World(seed, 40)
    versions = [teach(service, world)]
    read: list[int] = []
    true: list[int] = []
    for _ in range(PERIOD):
        rows, labels = world.batch()
        answer, version = predict(service, rows)
        read, true, versions = read + answer, true + labels, [*versions, version]
    versions.append(look(service, world).version)
    _demand_right(share_right(read, true), "of usual traffic")
    expect(
        len(set(versions)) == 1,
        expected="one version from the reference on, as long as nothing was learnt",
        actual=f"versions {versions}",
        hint="The version belongs to the model: change it when the model changes, and only then.",
    )


def _demand_right(share: float, what: str) -> None:
    expect(
        share >= RIGHT,
        expected=f"at least {RIGHT:.0%} of the labels {what} to be right",
        actual=f"{share:.1%}",
        hint="Does the model that predicts know the rows that it should? Are rows scaled as in its "
        "training?",
    )


@check("learning", "proficient", after="predictions")
def test_any_company(service: Service, seed: int) -> None:
    """A row gets the same label alone as in a batch"""
    world = World(seed, 41)
    teach(service, world)
    rows = world.batch(size=30)[0]
    together = predict(service, rows)[0]
    alone = [predict(service, [row])[0][0] for row in rows]
    expect(
        alone == together,
        expected=f"the same {len(rows)} labels from one batch as from a batch for each row",
        actual=f"{sum(a != b for a, b in zip(alone, together, strict=True))} labels differ",
        hint="Scale rows by figures of the reference, never by those of the batch at hand.",
    )


@check("detection", "proficient")
def test_silence(service: Service, seed: int) -> None:
    """Traffic like the reference is met with silence, in three worlds"""
    for part in range(3):
        world = World(seed, 20, part)
        teach(service, world)
        for _ in range(2 * PERIOD):
            send(service, world, batches=1)
            _demand_silence(look(service, world), "traffic like the reference")


def _demand_silence(found: Drift, during: str) -> None:
    expect(
        found.silent,
        expected=f"no drift at all during {during}",
        actual=f"after {found.batches} batches {found}",
        hint=FALSE_ALARM,
    )


@check("detection", "proficient", after="silence")
def test_one_feature(service: Service, seed: int) -> None:
    """A shift of one feature is reported within a period, and this feature alone is named"""
    for part, amount in enumerate((SHIFT, -SHIFT)):
        world = World(seed, 21, part)
        name = world.features[3 + part]
        _meet(service, world, Traffic(shift={name: amount}))
        _demand_named(look(service, world), {name}, f"{name} shifted by {amount} deviations")


def _meet(service: Service, world: World, traffic: Traffic) -> None:
    """Teach a world, send a usual period, then one of other traffic."""
    teach(service, world)
    send(service, world)
    send(service, world, traffic)


def _demand_named(found: Drift, names: set[str], what: str) -> None:
    expect(
        found.drift and found.named == names,
        expected=f"drift, with {', '.join(sorted(names))} and no other feature named, "
        f"after a period in which {what}",
        actual=found,
        hint="Compare each feature with its own reference, by more than its mean, and keep names "
        "and columns in one order.",
    )


@check("detection", "advanced", after="one_feature")
def test_several_features(service: Service, seed: int) -> None:
    """Three features drift, one of them stuck at its usual value: just these are named"""
    world = World(seed, 22)
    up, down, stuck = world.features[1], world.features[4], world.features[6]
    _meet(service, world, Traffic(shift={up: SHIFT, down: -SHIFT}, stuck=[stuck]))
    what = f"{up} rose, {down} fell and {stuck} was stuck at its median"
    _demand_named(look(service, world), {up, down, stuck}, what)


@check("detection", "advanced", after="any_company")
def test_label_shift(service: Service, seed: int) -> None:
    """A changed mixture of labels shows in the predictions and is reported"""
    world = World(seed, 23)
    _meet(service, world, Traffic(shift={}, benign=0.15))
    found = look(service, world)
    expect(
        found.drift and found.predictions,
        expected="drift, and drift of the predictions, after a period in which 15 % of the labels "
        "were 1 instead of 63 %",
        actual=found,
        hint="Watch what the model answers as you watch what it is asked.",
    )


@check("detection", "advanced", after="one_feature")
def test_since(service: Service, seed: int, show: Show) -> None:
    """`since` is the batch with which the report began, and stays that as long as it lasts"""
    world = World(seed, 24)
    teach(service, world)
    usual, name = PERIOD + 2, world.features[5]
    told = {}
    for number in range(1, usual + 1):
        send(service, world, batches=1)
        told[number] = look(service, world).scores
    began: int | None = None
    for number in range(usual + 1, 3 * PERIOD + 3):
        send(service, world, Traffic(shift={name: SHIFT}), batches=1)
        found = look(service, world)
        told[number] = found.scores
        show(scores(told, name, usual + 1))
        began = number if began is None and found.drift else began
        expect(
            (found.batches, found.since) == (number, began),
            expected=f"batches {number} and since {began}, since GET /drift first said true "
            f"after batch {began}",
            actual=f"batches {found.batches} and since {found.since}",
            hint="Count good batches from 1 after the reference; set `since` when silence ends "
            "and leave it alone until it returns.",
        )


@check("detection", "advanced", after="one_feature")
def test_recovers(service: Service, seed: int) -> None:
    """After two usual periods the service is silent again"""
    world = World(seed, 25)
    _meet(service, world, Traffic(shift={world.features[2]: SHIFT}))
    send(service, world, batches=2 * PERIOD)
    found = look(service, world)
    expect(
        found.silent,
        expected="silence, and since null, two usual periods after the drift",
        actual=found,
        hint="Judge the last period alone; older batches must be forgotten.",
    )


@check("detection", "expert", after="one_feature")
def test_gradual(service: Service, seed: int) -> None:
    """A drift that creeps in over ten periods is reported"""
    world = World(seed, 26)
    name = world.features[4]
    teach(service, world)
    send(service, world)
    steps = GRADUAL * PERIOD
    for step in range(steps):
        send(service, world, creeping(name, (step + 1) / steps), batches=1)
    _demand_named(look(service, world), {name}, f"{name} had crept away in {steps} batches")


@check("detection", "expert", after="one_feature")
def test_seasonal(service: Service, seed: int) -> None:
    """A season that the reference has as well is no drift; a shift beside it is"""
    world = World(seed, 27, season=SEASON)
    teach(service, world)
    for _ in range(3 * PERIOD):
        send(service, world, batches=1)
        _demand_silence(look(service, world), f"seasons of {world.seasonal}")
    name = world.features[3]
    send(service, world, Traffic(shift={name: SHIFT}))
    _demand_named(look(service, world), {name}, f"{name} shifted and {world.seasonal} had seasons")


@check("robustness", "proficient")
def test_wrong_form(service: Service, seed: int) -> None:
    """Requests of a wrong form are refused in words and leave no trace"""
    world = World(seed, 30)
    rows, (good, labels) = far_off(world), world.batch()
    requests = {
        "text that is not JSON": b"eight, please",
        "a JSON list instead of an object": b"[1, 2, 3]",
        "an object without `rows`": b'{"data": []}',
        "rows of words": body(rows=[["wide"] * len(world.features)]),
        "a row that holds null": body(rows=[*rows, [*rows[0][:-1], None]]),
        "good rows followed by a short one": body(rows=[*rows, rows[0][:-1]]),
        "good rows followed by a long one": body(rows=[*rows, [*rows[0], 1.0]]),
    }
    demand_no_trace(service, world, "/predict", requests)
    feedback = {
        "fewer labels than rows": body(rows=good, labels=labels[:-1]),
        "labels that are words": body(rows=good, labels=["benign"] * len(good)),
        "labels without rows": body(labels=labels),
    }
    demand_no_trace(service, world, "/feedback", feedback)


@check("robustness", "proficient")
def test_empty(service: Service, seed: int) -> None:
    """Empty requests are refused in words and leave no trace"""
    requests = {
        "a request without a body": b"",
        "an empty object": b"{}",
        "no rows at all": body(rows=[]),
        "an empty row": body(rows=[[]]),
    }
    demand_no_trace(service, World(seed, 31), "/predict", requests)


@check("robustness", "advanced")
def test_not_finite(service: Service, seed: int) -> None:
    """NaN, Infinity and numbers beyond all bounds are refused in words and leave no trace"""
    world = World(seed, 32)
    rows = far_off(world)
    spoilt = {
        "NaN": body(rows=[*rows, [*rows[0][:-1], math.nan]]),
        "Infinity": body(rows=[*rows, [*rows[0][:-1], math.inf]]),
        "1e999": body(rows=[*rows, [*rows[0][:-1], math.inf]]).replace(b"Infinity", b"1e999"),
    }
    requests = {f"a row that holds {what}": content for what, content in spoilt.items()}
    demand_no_trace(service, world, "/predict", requests)


@check("robustness", "advanced")
def test_bad_reference(service: Service, seed: int) -> None:
    """A bad reference is refused in words, and the good one stays in use"""
    good = World(seed, 34).reference()
    rows, labels = good["rows"], good["labels"]
    requests = {
        "a reference without rows": body(**good | {"rows": [], "labels": []}),
        "a reference with a short row": body(**good | {"rows": [*rows[:-1], rows[-1][:-1]]}),
        "a reference with fewer labels than rows": body(**good | {"labels": labels[:-1]}),
        "a reference without names of features": body(rows=rows, labels=labels, period=PERIOD),
        "a reference that holds NaN": body(**good | {"rows": [*rows[:-1], [math.nan] * 8]}),
    }
    demand_no_trace(service, World(seed, 33), "/reference", requests)


@check("learning", "advanced", after="predictions")
def test_keeps_model(service: Service, seed: int) -> None:
    """Labels of usual traffic change nothing: the version stays"""
    world = World(seed, 42)
    versions = [teach(service, world)]
    for _ in range(3 * PERIOD):
        rows, labels = world.batch()
        predict(service, rows)
        versions.append(feed(service, rows, labels))
    expect(
        len(set(versions)) == 1,
        expected=f"one version through {3 * PERIOD} usual batches with labels",
        actual=f"versions {sorted(set(map(str, versions)))}",
        hint="Learn again only while drift is reported.",
    )
    batches = look(service, world).batches
    expect(
        batches == 3 * PERIOD,
        expected=f"{3 * PERIOD} batches: labels are no traffic",
        actual=f"{batches} batches",
        hint="POST /feedback brings rows that have been counted before.",
    )


@check("learning", "advanced", after="predictions")
def test_learns_again(story: Story, show: Show) -> None:
    """When the world has changed, labels bring a new version that is right again"""
    show(learning(story))
    first = next((n for n, step in enumerate(story.steps, 1) if step.version != story.version), 0)
    expect(
        0 < first <= 2 * PERIOD,
        expected=f"another version within {2 * PERIOD} batches of the new world and their labels",
        actual=f"it came with batch {first}" if first else f"version {story.version} to the end",
        hint="While drift is reported, collect the labels of POST /feedback and learn from them.",
    )
    was, now = story.mean_right(0, 1), story.mean_right(2 * PERIOD, PERIODS * PERIOD)
    _demand_right(now, f"of the new world (it was {was:.0%} before)")


@check("learning", "expert", after="learns_again")
def test_learns_once(story: Story) -> None:
    """One change of the world brings exactly one new version, and then silence"""
    expect(
        len(story.versions) == 2,
        expected="one new version and no other in five periods of the new world",
        actual=f"versions {story.versions}",
        hint="At the alarm most of what you hold is still old. Wait for a whole period of labels "
        "after it, learn from these, and take them for the new reference.",
    )
    expect(
        story.end.silent,
        expected="silence in the end: the new world is the usual one now",
        actual=story.end,
        hint="With the new model goes a new reference, and a monitor that starts afresh.",
    )


# Last, because it may be the end of the service.
@check("robustness", "expert")
def test_bounded_memory(service: Service, seed: int) -> None:
    """700,000 rows of traffic do not make the service grow beyond its memory"""
    world = World(seed, 50)
    teach(service, world)
    content = body(rows=[[round(value, 1) for value in row] for row in _large(world)])
    for number in range(1, LARGE_BATCHES + 1):
        try:
            reply = service.post("/predict", content=content, headers=JSON, seconds=PATIENCE)
        except Failure as failure:
            full = " for want of memory" if service.process.look().out_of_memory else ""
            raise Failure(
                expected=f"an answer to {LARGE_BATCHES} batches of {LARGE_BATCH} rows each",
                actual=f"the service ended{full} at batch {number}: {failure.actual}",
                hint="Keep a sample of each batch of the last period, or counts of bins. Let go of "
                "all else, labels and logs in memory as well.",
            ) from None
        expect(
            reply.status == 200,
            expected=f"status 200 for each batch of {LARGE_BATCH} rows",
            actual=f"status {reply.status} at batch {number}: {reply.text[:200]}",
            hint="The brief says how many rows a batch may have.",
        )
    batches = look(service, world).batches
    expect(
        batches == LARGE_BATCHES,
        expected=f"{LARGE_BATCHES} batches counted",
        actual=batches,
        hint="A large batch is traffic as any other.",
    )


def _large(world: World) -> list[list[float]]:
    return world.batch(USUAL, LARGE_BATCH)[0]
