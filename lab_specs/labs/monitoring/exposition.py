"""A strict reader of the Prometheus text format, version 0.0.4. What it reads is untrusted."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field

from lab_specs.kit import Failure, Reply

PAGE_CAP = 500_000  # characters; an honest page of this lab has some 5,000
BUCKETS = 50  # of a histogram; each is a series
SHOWN = 120  # characters of a line that an explanation quotes
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\[\\"n])*)"(?:,|$)')
SAMPLE = re.compile(rf"({NAME})(?:\{{(.*)\}})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*", re.ASCII)
TYPE = re.compile(rf"# TYPE ({NAME}) (counter|gauge|histogram|summary|untyped)", re.ASCII)
HELP = re.compile(rf"# HELP {NAME}(?: .*)?", re.ASCII)
NUMBER = re.compile(r"[+-]?(?:Inf|NaN|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)", re.ASCII)
PARTS = {
    "histogram": ("_bucket", "_sum", "_count"),
    "summary": ("", "_sum", "_count"),
}

Labels = frozenset[tuple[str, str]]


class FormatError(ValueError):
    """A line that is not of the format; the text says which and why."""


@dataclass
class Page:
    """Everything that one scrape said."""

    kinds: dict[str, str] = field(default_factory=dict)  # by the name of the metric
    values: dict[tuple[str, Labels], float] = field(default_factory=dict)

    def value(self, name: str, **labels: str) -> float | None:
        """The value of one series; None when it is not there."""
        return self.values.get((name, frozenset(labels.items())))

    def series(self, name: str) -> dict[Labels, float]:
        """Every series of that name by its labels."""
        return {labels: value for (had, labels), value in self.values.items() if had == name}

    @property
    def names(self) -> set[str]:
        """The names of all series, as a query would name them."""
        return {name for name, _ in self.values}

    def largest_families(self) -> str:
        """The names with most series, for an explanation."""
        counted = Counter(name for name, _ in self.values).most_common(3)
        return ", ".join(f"{name[:SHOWN]} {count}" for name, count in counted)


def read(text: str) -> Page:
    """The page as series. Raises `FormatError`."""
    if len(text) > PAGE_CAP:
        raise FormatError(
            f"the page is larger than {PAGE_CAP // 1000} kB: are there endless labels?"
        )
    if text and not text.endswith("\n"):
        raise FormatError("the last line does not end with a line feed")
    page, begun = Page(), set[str]()
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip(" \t"):
            try:
                _line(page, begun, line)
            except FormatError as error:
                raise FormatError(f"line {number}, {line[:SHOWN]!r}: {error}") from None
    return page


def _line(page: Page, begun: set[str], line: str) -> None:
    if line.startswith("# TYPE "):
        match = TYPE.fullmatch(line)
        if match is None:
            raise FormatError("expected # TYPE, a name, and one of the format's types")
        name, kind = match.groups()
        if name in page.kinds or name in begun:
            raise FormatError("TYPE stands once, before the first sample of its metric")
        page.kinds[name] = kind
    elif line.startswith("# HELP "):
        if HELP.fullmatch(line) is None:
            raise FormatError("expected # HELP, a name, and a text")
    elif not line.startswith("#"):
        _sample(page, begun, line)


def _sample(page: Page, begun: set[str], line: str) -> None:
    match = SAMPLE.fullmatch(line)
    if match is None:
        raise FormatError('expected name{label="value"} number')
    name, labels, number = match.groups()
    if NUMBER.fullmatch(number) is None:
        raise FormatError(f"{number[:SHOWN]!r} is no number of the format")
    key = name, _labels(labels or "")
    if key in page.values:
        raise FormatError("this series stands there twice")
    begun.add(_family(name, page.kinds))
    page.values[key] = float(number)


def _labels(text: str) -> Labels:
    found: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = LABEL.match(text, at)
        if match is None or match[1] in found:
            raise FormatError('expected labels as name="value", each once, with \\" for a quote')
        found[match[1]] = re.sub(
            r"\\(.)", lambda seen: "\n" if seen[1] == "n" else seen[1], match[2]
        )
        at = match.end()
    return frozenset(found.items())


def _family(name: str, kinds: dict[str, str]) -> str:
    for metric, kind in kinds.items():
        if any(name == metric + part for part in PARTS.get(kind, ())):
            return metric
    return name


@dataclass(frozen=True)
class Histogram:
    """One histogram without labels of its own, seen to be coherent."""

    bounds: tuple[str, ...]  # as the page writes them, ascending; the last is infinite
    counts: tuple[float, ...]  # cumulative
    total: float  # `_sum`
    count: float


def histogram(page: Page, name: str) -> Histogram:
    """The histogram of that name. Raises `FormatError` unless its parts agree."""
    buckets = []
    for labels, value in page.series(f"{name}_bucket").items():
        bound = dict(labels).get("le", "")
        if len(labels) != 1 or not NUMBER.fullmatch(bound) or math.isnan(float(bound)):
            raise FormatError(f"{name}_bucket has the label le, a number, and no other")
        buckets.append((float(bound), value, bound))
    if len(buckets) > BUCKETS:
        raise FormatError(f"{name} has {len(buckets)} buckets, more than {BUCKETS}")
    buckets.sort()
    if not buckets or buckets[-1][0] != math.inf:
        raise FormatError(f'{name}_bucket{{le="+Inf"}} is missing')
    total, count = page.value(f"{name}_sum"), page.value(f"{name}_count")
    if total is None or count is None or not math.isfinite(total):
        raise FormatError(f"{name}_sum and {name}_count are missing, or no numbers")
    counts = [value for _, value, _ in buckets]
    if counts != sorted(counts) or not all(count >= 0 for count in counts):
        raise FormatError(f"the buckets of {name} do not add up: {counts}; each holds all below it")
    if counts[-1] != count:
        raise FormatError(f"{name}_count is {count:g}, but its bucket +Inf holds {counts[-1]:g}")
    return Histogram(tuple(bound for _, _, bound in buckets), tuple(counts), total, count)


def plausible(before: Histogram, after: Histogram) -> bool:
    """Whether what was added to the sum could be what was added to the buckets."""
    added = [b - a for a, b in zip(before.counts, after.counts, strict=True)]
    bounds = [float(bound) for bound in after.bounds]
    least = most = below = 0.0
    for index, (bound, upto) in enumerate(zip(bounds, added, strict=True)):
        here = upto - below
        least += here * (bounds[index - 1] if index else 0.0)
        most += here * bound if here else 0.0
        below = upto
    slack = 1e-6
    return least - slack <= after.total - before.total <= most + slack


def page_of(reply: Reply) -> Page:
    """The page of an answer. Raises `Failure`."""
    kind = reply.headers.get("content-type", "")
    if reply.status != 200 or not kind.startswith("text/plain"):
        raise Failure(
            expected="status 200 and the content type text/plain; version=0.0.4 for GET /metrics",
            actual=f"status {reply.status}, content type {kind[:SHOWN]!r}",
            hint="A client library writes the page and names its content type for you.",
        )
    try:
        return read(reply.text)
    except FormatError as error:
        raise Failure(
            expected="a page in the Prometheus text format",
            actual=str(error),
            hint="Let a client library write the page, or keep to its rules to the letter.",
        ) from None
