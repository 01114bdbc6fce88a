"""Can one see from outside how this service is? The contract stands in `brief.md`.

The page is read first as it is after the start; then each check sends what it wants counted.
Files of the student reach `promtool` and Prometheus as copies, in a sidecar.
"""

import time
from collections import Counter
from collections.abc import Callable

import pytest
import spells
from client import (
    BATCH,
    DIGITS,
    EDGE,
    KINDS,
    MODEL,
    MODELS,
    OUTCOMES,
    REQUESTS,
    SECONDS,
    Row,
    bad_requests,
    body,
    demand_growth,
    durations,
    hidden_digits,
    post,
    predict,
    refuse,
    scrape,
    together,
)
from exposition import Page, plausible
from files import ALERTMANAGER, CONFIG, RULES, TARGET, targets
from handed_out import Files, Sidecars
from live import Story, play
from logbook import (
    LEVELS,
    about,
    between,
    demand_outcome,
    demand_structured,
    new_id,
    read_log,
    seconds_of,
)
from pictures import buckets_figure, story_figure
from promql import hides_names, settled, uses
from promtool import as_rules, chance

from lab_specs.kit import Figure, Image, Service, check, expect

CLIENTS, CONCURRENT = 8, 160
READ_RIGHT = 0.75
SCRAPE_SECONDS = 15
LIMIT = 0.2  # the share of bad requests above which there is an alert
OWN_SERIES = {"up", "ALERTS", "scrape_duration_seconds", "scrape_samples_scraped"}
ODD_IDS = (
    '"}{"level": "ERROR", "outcome": "failed"}',
    'back\\slash "quotes" %s %(x)s {0} ${HOME}',
    "<script>alert(1)</script>, a comma; [brackets]",
    "x" * 64,
)


@pytest.fixture(scope="session")
def rows(seed: int) -> list[Row]:
    """Hidden digits, without their labels."""
    return hidden_digits(seed)[0]


@pytest.fixture(scope="session")
def first(service: Service) -> Page:
    """The page as it was before anything was sent."""
    return scrape(service)


@pytest.fixture(scope="session")
def files(student: Image, sidecar: Sidecars) -> Files:
    """The files, read on demand."""
    return Files(student, sidecar)


@check("metrics", "proficient")
def test_format(first: Page) -> None:
    """`GET /metrics` is in the Prometheus text format and holds the four metrics"""
    kinds = {name: first.kinds.get(name) for name in KINDS}
    expect(
        kinds == KINDS,
        expected=", ".join(f"{name} {kind}" for name, kind in KINDS.items()),
        actual=", ".join(f"{name} {kind or 'missing'}" for name, kind in kinds.items()),
        hint="Declare each metric when the service starts, with the type that the brief names.",
    )


@check("metrics", "proficient")
def test_reads_digits(service: Service, rows: list[Row], seed: int) -> None:
    """At least 75 % of the hidden digits are read right"""
    read = [
        label
        for n in range(0, len(rows), BATCH)
        for label in predict(service, rows[n : n + BATCH]).labels
    ]
    right = sum(a == b for a, b in zip(read, hidden_digits(seed)[1], strict=True)) / len(rows)
    expect(
        right >= READ_RIGHT,
        expected=f"at least {READ_RIGHT:.0%} of {len(rows)} hidden digits read right",
        actual=f"{right:.1%}",
        hint="There has to be a model to watch. The serving lab says more about training one.",
    )


@check("metrics", "proficient", after="format")
def test_counts_requests(service: Service, rows: list[Row]) -> None:
    """Each request is counted once, under what became of it"""
    before = scrape(service)
    for size in (1, 3, 20, 1, 7, 1, 2):
        predict(service, rows[:size])
    for what, content in bad_requests(rows).items():
        refuse(service, what, content)
    demand_growth(
        before,
        scrape(service),
        REQUESTS,
        {"ok": 7, "refused": 5},
        "Count in one place, when the answer is known: 2xx is ok, 4xx refused, 5xx failed.",
    )


@check("metrics", "proficient", after="format")
def test_counts_labels(service: Service, rows: list[Row]) -> None:
    """Each digit that was read is counted once, under its label"""
    before = scrape(service)
    read = [label for n in range(0, 120, 40) for label in predict(service, rows[n : n + 40]).labels]
    refuse(service, "a digit of 63 numbers", body([*rows[:9], rows[9][:-1]]))
    demand_growth(
        before,
        scrape(service),
        DIGITS,
        dict(Counter(map(str, read))),
        "One count per digit and not per request, under the label that was answered.",
    )


@check("metrics", "advanced", after="format")
def test_from_zero(first: Page) -> None:
    """Every series is there after the start, with 0: else its first event cannot be seen"""
    wanted = [(REQUESTS, {"outcome": outcome}) for outcome in OUTCOMES]
    wanted += [(DIGITS, {"label": str(label)}) for label in range(10)]
    wanted += [(f"{SECONDS}_count", {}), (f"{SECONDS}_sum", {})]
    odd = [
        f"{name}{labels or ''} {first.value(name, **labels)}"
        for name, labels in wanted
        if first.value(name, **labels) != 0
    ]
    expect(
        not odd,
        expected="0 in all three outcomes, all ten labels and the histogram, before any request",
        actual=", ".join(odd)[:400],
        hint="Touch each label once when the service starts. A warm-up of the model is no traffic.",
    )


@check("metrics", "advanced", after="counts_requests")
def test_own_requests(service: Service, rows: list[Row]) -> None:
    """Looking at the service, or asking for what it has not, is not counted"""
    before = scrape(service)
    for path in ("/health", "/metrics", "/health", "/nothing-here", "/predict", "/"):
        service.get(path)
    predict(service, rows[:1])
    after = scrape(service)
    demand_growth(
        before,
        after,
        REQUESTS,
        {"ok": 1},
        "Only POST /predict counts: Prometheus asks every few seconds, and so do health checks.",
    )
    grown = durations(after).count - durations(before).count
    expect(
        grown == 1,
        expected=f"{SECONDS} to hold one observation more",
        actual=f"{grown:g} more",
        hint="Observe POST /predict alone.",
    )


@check("metrics", "advanced", after="counts_requests")
def test_histogram(service: Service, rows: list[Row], show: Callable[[Figure], None]) -> None:
    """The histogram holds each good answer, in seconds, in buckets that add up"""
    before = durations(scrape(service))
    waited = 0.0
    for size in (1, 1, 1, 10, 100, 250):
        began = time.monotonic()
        predict(service, rows[:size])
        waited += time.monotonic() - began
    for what, content in bad_requests(rows).items():
        refuse(service, what, content)
    after = durations(scrape(service))
    show(buckets_figure(after.bounds, after.counts))
    count, total = after.count - before.count, after.total - before.total
    expect(
        count == 6 and after.bounds == before.bounds and str(EDGE) in after.bounds,
        expected=f"6 observations for 6 good requests and 5 bad ones, and a bucket le={EDGE}",
        actual=f"{count:g} observations, buckets {', '.join(after.bounds)[:200]}",
        hint="Observe requests that end well, each once. The alert needs the bucket.",
    )
    expect(
        0 < total <= waited and plausible(before, after),
        expected=f"a sum of seconds that fits its buckets, below the {waited:.4f} s that we waited",
        actual=f"{total:.6g} more",
        hint="The unit is the second. Measure from before the request is read to the answer.",
    )


@check("metrics", "expert", after="counts_labels")
def test_many_clients(service: Service, rows: list[Row]) -> None:
    """Counts stay exact with many clients at once, and every scrape says the same"""
    before = scrape(service)
    asked = [rows[n % 200 : n % 200 + 1 + n % 3] for n in range(CONCURRENT)]
    answers = together(service, asked, CLIENTS)
    pages = [scrape(service) for _ in range(8)]
    read = Counter(str(label) for answer in answers for label in answer.labels)
    hint = "With several processes, each counts for itself: let them share, or use one and threads."
    for page in pages:
        demand_growth(before, page, REQUESTS, {"ok": CONCURRENT}, hint)
        demand_growth(before, page, DIGITS, dict(read), hint)
        grown = durations(page).count - durations(before).count
        expect(
            grown == CONCURRENT, expected=f"{CONCURRENT} durations more", actual=grown, hint=hint
        )


@check("metrics", "expert", after="format")
def test_bounded_series(service: Service, rows: list[Row]) -> None:
    """Whatever clients send adds no series and appears on no page"""
    predict(service, rows[:1])
    refuse(service, "no digits", body([]))
    before = scrape(service)
    sent = [new_id() for _ in range(20)]
    for word in sent:
        post(service, body([[*rows[0][:-1], word]]), word)
        service.get(f"/{word}")
        service.post(f"/model?{word}", json={"model": word})
        predict(service, rows[:1], word)
    reply = service.get("/metrics")
    after = scrape(service)
    found = [word for word in sent if word in reply.text]
    expect(
        len(after.values) == len(before.values) and not found,
        expected=f"{len(before.values)} series as before, and nothing of what was sent",
        actual=f"{len(after.values)} series, {len(found)} of {len(sent)} words found; most: "
        f"{after.largest_families()}",
        hint="No ids, paths or values of clients in labels: each new one is a series for ever.",
    )


@check("metrics", "expert", after="format")
def test_model_in_use(service: Service, rows: list[Row]) -> None:
    """The gauge names the one model in use, before and after a change"""
    for name in (*MODELS, MODELS[0]):
        reply = service.post("/model", json={"model": name})
        expect(
            reply.status == 200,
            expected=f'status 200 for POST /model with {{"model": "{name}"}}',
            actual=f"status {reply.status}: {reply.text[:200]}",
            hint="The image holds two models, and one of them answers.",
        )
        answered = {predict(service, rows[:1]).model for _ in range(4)}
        expect(
            answered == {name},
            expected=f'"model": "{name}" in every answer from then on',
            actual=sorted(answered),
            hint="With several processes, each of them must change its model.",
        )
        values = [(dict(labels), value) for labels, value in scrape(service).series(MODEL).items()]
        in_use = [labels for labels, value in values if value == 1]
        expect(
            in_use == [{"model": name}] and all(value in (0, 1) for _, value in values),
            expected=f'{MODEL}{{model="{name}"}} 1, and 0 or nothing for any other',
            actual=str(values)[:300],
            hint="Set the gauge of the old model to 0, or remove it, when you set the new one.",
        )


@check("logs", "proficient")
def test_log_lines(service: Service, rows: list[Row]) -> None:
    """Each request leaves one line of JSON with its id and its outcome; its answer has the id"""
    ids = {new_id(): outcome for outcome in ("ok", "refused") * 3}
    for request_id, outcome in ids.items():
        if outcome == "ok":
            returned = predict(service, rows[:2], request_id).request_id
        else:
            reply = refuse(service, "no digits", body([]), request_id)
            returned = reply.headers.get("x-request-id")
        expect(
            returned == request_id,
            expected=f"the header X-Request-ID: {request_id} in the answer, as in the request",
            actual=returned,
            hint="Good and bad answers carry the id that the client sent.",
        )
    lines = read_log(service, *ids)
    for request_id, outcome in ids.items():
        demand_outcome(about(lines, request_id), outcome)


@check("logs", "advanced", after="log_lines")
def test_all_structured(service: Service, rows: list[Row]) -> None:
    """Every line of the log is an object with time, level and message, and levels fit"""
    ids = [new_id() for _ in range(4)]
    predict(service, rows[:1], ids[0])
    service.get("/health")
    refuse(service, "no digits", body([]), ids[1])
    service.get("/nothing-here")
    scrape(service)
    refuse(service, "text that is not JSON", b"digits, please", ids[2])
    predict(service, rows[:1], ids[3])
    lines = read_log(service, *ids)
    for request_id, outcome in zip(ids, ("ok", "refused", "refused", "ok"), strict=True):
        level = about(lines, request_id).get("level")
        expect(
            level == LEVELS[outcome],
            expected=f"level {LEVELS[outcome]} for a request that is {outcome}",
            actual=level,
            hint="INFO for ok, WARNING for refused, ERROR for failed.",
        )
    for line in between(lines, ids[0], ids[3]):
        demand_structured(line)


@check("logs", "advanced", after="log_lines")
def test_id_made(service: Service, rows: list[Row]) -> None:
    """A request without an id gets one of its own, in the answer and in the log"""
    made = [predict(service, rows[:1]).request_id for _ in range(3)]
    expect(
        all(8 <= len(one) <= 64 for one in made) and len(set(made)) == 3,
        expected="three different headers X-Request-ID of 8 to 64 characters",
        actual=[one[:80] for one in made],
        hint="Make one up, for instance with uuid4, and use it as if the client had sent it.",
    )
    lines = read_log(service, *made)
    for one in made:
        demand_outcome(about(lines, one), "ok")


@check("logs", "expert", after="log_lines")
def test_odd_ids(service: Service, rows: list[Row]) -> None:
    """Ids with quotes, braces and backslashes stay as they are and forge no line"""
    ids = [f"{new_id()} {odd}"[:64] for odd in ODD_IDS]
    for request_id in ids:
        returned = predict(service, rows[:1], request_id).request_id
        expect(
            returned == request_id,
            expected=f"the header X-Request-ID as it was sent: {request_id}",
            actual=returned,
            hint="Take any printable ASCII up to 64 characters as it is.",
        )
    lines = read_log(service, *ids)
    for request_id in ids:
        demand_outcome(about(lines, request_id), "ok")


@check("logs", "expert", after="log_lines")
def test_log_agrees(service: Service, rows: list[Row]) -> None:
    """The seconds in the log add up to what the histogram has gained"""
    ids = [new_id() for _ in range(10)]
    before = durations(scrape(service))
    for number, request_id in enumerate(ids):
        predict(service, rows[: 1 + 20 * number], request_id)
    gained = durations(scrape(service)).total - before.total
    lines = read_log(service, *ids)
    logged = sum(seconds_of(about(lines, request_id)) for request_id in ids)
    expect(
        abs(logged - gained) <= 0.05 * gained + 0.0006 * len(ids),
        expected=f"{gained:.4f} s in the lines of {len(ids)} requests, as the histogram gained",
        actual=f"{logged:.4f} s",
        hint="Measure once per request, and give log and histogram the same number, in seconds.",
    )


@check("alerts", "proficient")
def test_valid_files(files: Files) -> None:
    """`promtool check config` takes `prometheus.yml` and `rules.yml`"""
    rules = files.monitoring
    files.promtool.check("config", CONFIG)
    files.promtool.check("rules", RULES)
    found = Counter(rules.named("alert"))
    odd = [name for name in rules.named("record") if ":" not in name]
    expect(
        all(found[name] == 1 for name in (spells.DOWN,)) and not odd,
        expected=f"one rule {spells.DOWN}, and a colon in the names of recorded series",
        actual=f"alerts {sorted(found)}, recorded {sorted(odd)}"[:300],
        hint="The brief names the alerts. A recorded series is named level:metric:operation.",
    )


@check("alerts", "proficient", after="valid_files")
def test_scrape_config(files: Files) -> None:
    """`prometheus.yml` scrapes the service often enough, and sends alerts on"""
    config = files.monitoring
    job = config.job or {}
    addresses, path = targets(job.get("static_configs")), job.get("metrics_path", "/metrics")
    expect(
        TARGET in addresses and path == "/metrics" and job.get("scheme", "http") == "http",
        expected=f"one job digits with the target {TARGET}, http, at /metrics",
        actual=f"targets {addresses}, path {str(path)[:80]}, scheme {job.get('scheme', 'http')}",
        hint="static_configs with the address that the brief gives; /metrics is the usual path.",
    )
    interval = config.interval
    expect(
        interval is not None and 0 < interval <= SCRAPE_SECONDS,
        expected=f"a scrape at least every {SCRAPE_SECONDS} s",
        actual=f"every {interval} s",
        hint="Without scrape_interval it is a minute, and a rate over a minute sees nothing.",
    )
    expect(
        config.config.get("rule_files") == [RULES] and ALERTMANAGER in config.alertmanagers,
        expected=f"rule_files: [{RULES}] and an alertmanager at {ALERTMANAGER}",
        actual=f"rule_files {config.config.get('rule_files')}, {config.alertmanagers}"[:300],
        hint="An alert that is sent nowhere wakes nobody.",
    )


@check("alerts", "proficient", after="valid_files")
def test_service_down(files: Files, seed: int) -> None:
    """`ServiceDown`: two minutes are silent, four are told, and it ends"""
    files.promtool.demand(spells.down(chance(seed, "down")))


@check("alerts", "advanced", after="service_down")
def test_which_instance(files: Files, seed: int) -> None:
    """`ServiceDown` names the one of two instances that is down, and no other job"""
    files.promtool.demand(spells.one_of_two(chance(seed, "one of two")))


@check("alerts", "advanced", after="valid_files")
def test_bad_requests(files: Files, seed: int) -> None:
    """`ManyBadRequests`: two minutes of refused or failed requests are silent, four are told"""
    files.promtool.demand(spells.bad_requests(chance(seed, "bad")))


@check("alerts", "advanced", after="valid_files")
def test_usual_requests(files: Files, seed: int) -> None:
    """`ManyBadRequests` is silent with few bad requests, after a restart, and without traffic"""
    demand_alert(files, spells.BAD)
    files.promtool.demand(spells.usual_requests(chance(seed, "usual")))


@check("alerts", "expert", after="valid_files")
def test_slow_predictions(files: Files, service: Service, seed: int) -> None:
    """`SlowPredictions` goes by the 90 % quantile: a mean sees too little, or too much"""
    bounds = durations(scrape(service)).bounds
    files.promtool.demand(spells.slow(chance(seed, "slow"), bounds))


def demand_alert(files: Files, name: str) -> None:
    """Raise `Failure` unless there is such a rule: silence alone proves nothing."""
    found = files.monitoring.named("alert")
    expect(
        name in found,
        expected=f"an alert {name}",
        actual=f"alerts {found}"[:300],
        hint="The brief names the alerts.",
    )


@pytest.fixture(scope="session")
def story(files: Files, service: Service, rows: list[Row]) -> Story:
    """What a real Prometheus made of some trouble. Raises `Failure` when it refuses the files."""
    promtool = files.promtool
    return play(promtool, files.monitoring, service, rows, files.queries)


@check("alerts", "expert", after="scrape_config")
def test_live_scrape(story: Story) -> None:
    """A real Prometheus, with this configuration, scrapes the service"""
    expect(
        story.scraped == "up",
        expected="a target that is up",
        actual=story.scraped,
        hint="Prometheus says why it could not read your page.",
    )


@check("alerts", "expert", after="live_scrape")
def test_live_alert(story: Story, show: Callable[[Figure], None]) -> None:
    """Bad requests make it send `ManyBadRequests` out, and good ones its end"""
    show(story_figure(story))
    steps = {
        "Prometheus fires": story.fired,
        "the alert arrives": story.told,
        "Prometheus ends it": story.ended,
        "its end arrives": story.told_end,
    }
    expect(
        all(steps.values()),
        expected=", ".join(steps),
        actual=", ".join(f"{step}: {'yes' if done else 'no'}" for step, done in steps.items()),
        hint="The rule compares what was added in the last minute; nothing else ends an alert. "
        "`alerting` in prometheus.yml says where alerts go.",
    )


@check("dashboard", "proficient")
def test_names_exist(files: Files, service: Service) -> None:
    """The dashboard has titles, shows each of the metrics, and names none that does not exist"""
    dashboard, page = files.dashboard, scrape(service)
    known = page.names | OWN_SERIES | set(files.monitoring.named("record"))
    named = {name for panel in dashboard.panels for name in panel.metrics}
    vague = [query for query in files.queries if hides_names(query)]
    expect(
        named <= known and not vague,
        expected="queries of metrics that /metrics shows, by their full names",
        actual=f"unknown: {', '.join(sorted(named - known))[:300]} {' '.join(vague)[:100]}",
        hint="A typo in a name is an empty panel, and nobody is told.",
    )
    missing = [name for name in KINDS if not any(one.startswith(name) for one in named)]
    untitled = [panel for panel in dashboard.panels if not panel.title]
    expect(
        dashboard.title and not untitled and not missing,
        expected="a title for the dashboard and for each panel, and each of the four metrics",
        actual=f"not shown: {missing}, panels without a title: {len(untitled)}",
        hint="panels[].title and panels[].targets[].expr, as Grafana exports them.",
    )


@check("dashboard", "advanced", after="names_exist")
def test_valid_queries(files: Files) -> None:
    """Every query is valid PromQL, and counters are shown as what they gain"""
    files.promtool.work.write("queries.yml", as_rules([settled(q) for q in files.queries]))
    files.promtool.check("rules", "queries.yml")
    raw = [
        query
        for query in files.queries
        if any(
            not ranged and name.startswith((REQUESTS, DIGITS, SECONDS))
            for name, ranged in uses(query)
        )
    ]
    expect(
        not raw,
        expected="counters and histograms over a time: rate(…[1m]) or increase(…[1m])",
        actual=" and ".join(raw)[:400],
        hint="A counter only climbs, and starts anew with the service: its rate tells something.",
    )


@check("dashboard", "advanced", after="names_exist")
def test_view(files: Files) -> None:
    """The view follows the last 15 minutes, and the limit of the alert is a red line"""
    dashboard = files.dashboard
    expect(
        dashboard.refresh == "5s" and dashboard.since == "now-15m",
        expected='"refresh": "5s" and "time": {"from": "now-15m", "to": "now"}',
        actual=f"refresh {dashboard.refresh!r}, from {dashboard.since!r}",
        hint="Both stand at the top of the file.",
    )
    lines = [
        line
        for panel in dashboard.panels
        if any(n.startswith(REQUESTS) for n in panel.metrics)
        for line in panel.red_lines
    ]
    expect(
        LIMIT in lines,
        expected=f"a panel of {REQUESTS} with a red threshold at {LIMIT} that is drawn as a line",
        actual=f"red lines at {lines[:10]}",
        hint='fieldConfig.defaults: "thresholds" with a red step, and "custom": '
        '{"thresholdsStyle": {"mode": "line"}}.',
    )


@check("dashboard", "expert", after="valid_queries")
def test_panels_live(files: Files, story: Story) -> None:
    """In a real Prometheus, with traffic, every panel has numbers to show"""
    empty = []
    for panel in files.dashboard.panels:
        said = [story.answers.get(query, "not scraped") for query in panel.queries]
        if not any(isinstance(one, int) and one for one in said):
            empty.append(f"{panel.title[:40]}: {said[:2]}")
    expect(
        not empty,
        expected="at least one series with a number in each panel",
        actual="; ".join(empty)[:600],
        hint="A label that no series has, or a division by nothing, shows nothing.",
    )
