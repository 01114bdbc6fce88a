"""Can one see from outside how this service is? The contract stands in `brief.md`.

The page is read first as it is after the start; then each check sends what it wants counted.
Files of the student reach `promtool` and Prometheus as copies, in a sidecar.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
import spells
from client import (
    DIGITS,
    MODELS,
    REQUESTS,
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
from demands import (
    demand_bounded,
    demand_counted,
    demand_kinds,
    demand_model,
    demand_observed,
    demand_returned,
    demand_right,
    demand_seconds,
    demand_zero,
)
from exposition import Page
from file_demands import (
    demand_alert,
    demand_names,
    demand_numbers,
    demand_rates,
    demand_recorded,
    demand_scraping,
    demand_told,
    demand_view,
)
from files import CONFIG, RULES
from handed_out import Files, Sidecars
from live import Live
from logbook import (
    about,
    between,
    demand_level,
    demand_outcome,
    demand_structured,
    new_id,
    read_log,
    seconds_of,
)
from pictures import buckets_figure, story_figure
from promql import settled
from promtool import as_rules, chance
from story import Story, play

from lab_specs.kit import Figure, Image, Service, check, expect

CLIENTS, CONCURRENT = 8, 160
SCRAPES = 8
WORDS = 20
SIZES = (1, 1, 1, 10, 100, 250)  # digits of the requests that are timed
AGREES = 0.05, 0.0006  # log and histogram may differ by this share, and by so many s per request
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


@pytest.fixture(scope="session")
def live(files: Files, service: Service) -> Iterator[Live]:
    """A real Prometheus, once it is begun."""
    found = Live(files.promtool, service)
    with found.end:
        yield found


@pytest.fixture(scope="session")
def story(live: Live, files: Files, service: Service, rows: list[Row]) -> Story:
    """What Prometheus made of some trouble. Raises `Failure` when it refuses the files."""
    prometheus, sink = live.begin(files.readable)
    return play(prometheus, sink, service, rows, files.queries)


@check("metrics", "proficient")
def test_format(first: Page) -> None:
    """`GET /metrics` is in the Prometheus text format and holds the four metrics"""
    demand_kinds(first)


@check("metrics", "proficient")
def test_reads_digits(service: Service, rows: list[Row], seed: int) -> None:
    """At least 75 % of the hidden digits are read right"""
    demand_right(service, rows, hidden_digits(seed)[1])


@check("metrics", "proficient", after="format")
def test_counts_requests(service: Service, rows: list[Row]) -> None:
    """Each request is counted once, under what became of it"""
    before = scrape(service)
    for size in (1, 3, 20, 1, 7, 1, 2):
        predict(service, rows[:size])
    for what, content in bad_requests(rows).items():
        refuse(service, what, content)
    hint = "Count in one place, when the answer is known: 2xx is ok, 4xx refused, 5xx failed."
    demand_growth(before, scrape(service), REQUESTS, {"ok": 7, "refused": 5}, hint)


@check("metrics", "proficient", after="format")
def test_counts_labels(service: Service, rows: list[Row]) -> None:
    """Each digit that was read is counted once, under its label"""
    before = scrape(service)
    read = [label for n in range(0, 120, 40) for label in predict(service, rows[n : n + 40]).labels]
    refuse(service, "a digit of 63 numbers", body([*rows[:9], rows[9][:-1]]))
    hint = "One count per digit and not per request, under the label that was answered."
    demand_growth(before, scrape(service), DIGITS, dict(Counter(map(str, read))), hint)


@check("metrics", "advanced", after="format")
def test_from_zero(first: Page) -> None:
    """Every series is there after the start, with 0: else its first event cannot be seen"""
    demand_zero(first)


@check("metrics", "advanced", after="counts_requests")
def test_own_requests(service: Service, rows: list[Row]) -> None:
    """Looking at the service, or asking for what it has not, is not counted"""
    before = scrape(service)
    for path in ("/health", "/metrics", "/health", "/nothing-here", "/predict", "/"):
        service.get(path)
    predict(service, rows[:1])
    after = scrape(service)
    hint = "Only POST /predict counts: Prometheus asks every few seconds, and so do health checks."
    demand_growth(before, after, REQUESTS, {"ok": 1}, hint)
    demand_observed(before, after, 1, hint)


@check("metrics", "advanced", after="counts_requests")
def test_histogram(service: Service, rows: list[Row], show: Callable[[Figure], None]) -> None:
    """The histogram holds each good answer, in seconds, in buckets that add up"""
    before, waited = scrape(service), 0.0
    for size in SIZES:
        began = time.monotonic()
        predict(service, rows[:size])
        waited += time.monotonic() - began
    for what, content in bad_requests(rows).items():
        refuse(service, what, content)
    after = scrape(service)
    show(buckets_figure(durations(after).bounds, durations(after).counts))
    demand_observed(before, after, len(SIZES), "Observe requests that end well, each once.")
    demand_seconds(durations(before), durations(after), waited)


@check("metrics", "expert", after="counts_labels")
def test_many_clients(service: Service, rows: list[Row]) -> None:
    """Counts stay exact with many clients at once, and every scrape says the same"""
    before = scrape(service)
    asked = [rows[n % 200 : n % 200 + 1 + n % 3] for n in range(CONCURRENT)]
    answers = together(service, asked, CLIENTS)
    demand_counted(before, [scrape(service) for _ in range(SCRAPES)], answers)


@check("metrics", "expert", after="format")
def test_bounded_series(service: Service, rows: list[Row]) -> None:
    """Whatever clients send adds no series and appears on no page"""
    predict(service, rows[:1])
    refuse(service, "no digits", body([]))
    before = scrape(service)
    sent = [new_id() for _ in range(WORDS)]
    for word in sent:
        post(service, body([[*rows[0][:-1], word]]), word)
        service.get(f"/{word}")
        service.post(f"/model?{word}", json={"model": word})
        predict(service, rows[:1], word)
    text = service.get("/metrics").text
    demand_bounded(before, scrape(service), text, sent)


@check("metrics", "expert", after="format")
def test_model_in_use(service: Service, rows: list[Row]) -> None:
    """The gauge names the one model in use, before and after a change"""
    for name in (*MODELS, MODELS[0]):
        demand_model(service, rows, name)


@check("logs", "proficient")
def test_log_lines(service: Service, rows: list[Row]) -> None:
    """Each request leaves one line of JSON with its id and its outcome; its answer has the id"""
    ids = {new_id(): outcome for outcome in ("ok", "refused") * 3}
    for request_id, outcome in ids.items():
        if outcome == "ok":
            returned: str | None = predict(service, rows[:2], request_id).request_id
        else:
            reply = refuse(service, "no digits", body([]), request_id)
            returned = reply.headers.get("x-request-id")
        demand_returned(returned, request_id)
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
        demand_level(about(lines, request_id), outcome)
    for line in between(lines, ids[0], ids[3]):
        demand_structured(line)


@check("logs", "advanced", after="log_lines")
def test_id_made(service: Service, rows: list[Row]) -> None:
    """A request without an id gets one of its own, in the answer and in the log"""
    made = [predict(service, rows[:1]).request_id for _ in range(3)]
    expect(
        all(8 <= len(one) <= 64 for one in made) and len(set(made)) == len(made),
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
        demand_returned(predict(service, rows[:1], request_id).request_id, request_id)
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
    share, each = AGREES
    expect(
        abs(logged - gained) <= share * gained + each * len(ids),
        expected=f"{gained:.4f} s in the lines of {len(ids)} requests, as the histogram gained",
        actual=f"{logged:.4f} s",
        hint="Measure once per request, and give log and histogram the same number, in seconds.",
    )


@check("alerts", "proficient")
def test_valid_files(files: Files) -> None:
    """`promtool` takes `prometheus.yml` and `rules.yml`"""
    monitoring = files.monitoring
    files.promtool.check("config", CONFIG)
    files.promtool.check("rules", RULES)
    demand_recorded(monitoring)


@check("alerts", "proficient", after="valid_files")
def test_scrape_config(files: Files, live: Live) -> None:
    """`prometheus.yml` scrapes the service often enough, and sends alerts on"""
    demand_scraping(files.monitoring)
    live.begin(files.monitoring)  # it takes five seconds until it looks: other checks come first


@check("alerts", "proficient", after="valid_files")
def test_service_down(files: Files, seed: int) -> None:
    """`ServiceDown`: two minutes are silent, four are told, and it ends"""
    demand_alert(files.monitoring, spells.DOWN)
    files.promtool.demand(spells.down(chance(seed, "down")))


@check("alerts", "advanced", after="service_down")
def test_which_instance(files: Files, seed: int) -> None:
    """`ServiceDown` names the one of two instances that is down, and no other job"""
    files.promtool.demand(spells.one_of_two(chance(seed, "one of two")))


@check("alerts", "advanced", after="valid_files")
def test_bad_requests(files: Files, seed: int) -> None:
    """`ManyBadRequests`: two minutes of refused or failed requests are silent, four are told"""
    demand_alert(files.monitoring, spells.BAD)
    files.promtool.demand(spells.bad_requests(chance(seed, "bad")))


@check("alerts", "advanced", after="valid_files")
def test_usual_requests(files: Files, seed: int) -> None:
    """`ManyBadRequests` is silent with few bad requests, after a restart, and without traffic"""
    demand_alert(files.monitoring, spells.BAD)
    files.promtool.demand(spells.usual_requests(chance(seed, "usual")))


@check("alerts", "expert", after="valid_files")
def test_slow_predictions(files: Files, service: Service, seed: int) -> None:
    """`SlowPredictions` goes by the 90 % quantile: a mean sees too little, or too much"""
    demand_alert(files.monitoring, spells.SLOW)
    bounds = durations(scrape(service)).bounds
    files.promtool.demand(spells.slow(chance(seed, "slow"), bounds))


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
    demand_told(story)


@check("dashboard", "proficient")
def test_names_exist(files: Files, service: Service) -> None:
    """The dashboard has titles, shows each of the metrics, and names none that does not exist"""
    dashboard = files.dashboard
    demand_names(dashboard, scrape(service).names | files.recorded)


@check("dashboard", "advanced", after="names_exist")
def test_valid_queries(files: Files) -> None:
    """Every query is valid PromQL, and counters are shown as what they gain"""
    files.promtool.work.write("queries.yml", as_rules([settled(q) for q in files.queries]))
    files.promtool.check("rules", "queries.yml")
    demand_rates(files.queries)


@check("dashboard", "advanced", after="names_exist")
def test_view(files: Files) -> None:
    """The view follows the last 15 minutes, and the limit of the alert is a red line"""
    demand_view(files.dashboard)


@check("dashboard", "expert", after="valid_queries")
def test_panels_live(files: Files, story: Story) -> None:
    """In a real Prometheus, with traffic, every panel has numbers to show"""
    demand_numbers(files.dashboard, story)
