"""Which metrics a query names. A reader of words, no parser: `promtool` judges the grammar."""

import re
from collections.abc import Iterator

WORDS = {
    *("and", "or", "unless", "bool", "offset", "start", "end", "inf", "nan", "atan2"),
    *("sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values"),
    *("bottomk", "topk", "quantile"),
}
STRING = re.compile(r'"(?:[^"\\]|\\.)*"|\'(?:[^\'\\]|\\.)*\'|`[^`]*`')
COMMENT = re.compile(r"#[^\n]*")
GROUPING = re.compile(
    r"\b(?:by|without|on|ignoring|group_left|group_right)\b\s*(?:\([^()]*\))?", re.IGNORECASE
)
NAMED = re.compile(
    r"(?<![\w:.])([a-zA-Z_:][a-zA-Z0-9_:]*)(?![a-zA-Z0-9_:])"  # a word
    r"(?!\s*\()"  # that is no function
    r"\s*(?:\{[^{}]*\})?\s*(\[)?"  # with its labels, and perhaps a range
)
OWN_NAME = re.compile(r"\{[^{}]*__name__[^{}]*\}")
# What a dashboard may leave to Grafana, and a time that stands for it.
VARIABLES = {
    "$__rate_interval": "1m",
    "$__interval": "1m",
    "$__range": "15m",
    "${__rate_interval}": "1m",
    "${__interval}": "1m",
    "${__range}": "15m",
}


def settled(query: str) -> str:
    """The query with times in place of Grafana's own variables."""
    for name, time in VARIABLES.items():
        query = query.replace(name, time)
    return query


def uses(query: str) -> Iterator[tuple[str, bool]]:
    """Each metric that the query names, and whether over a range: `requests_total[1m]`."""
    bare = GROUPING.sub(" ", STRING.sub('""', COMMENT.sub(" ", settled(query))))
    bare = re.sub(r"\[[^\[\]]*\]", "[ ]", bare)  # what stands inside are times
    for match in NAMED.finditer(bare):
        if match[1].lower() not in WORDS:
            yield match[1], match[2] is not None


def hides_names(query: str) -> bool:
    """Whether a metric is named by a pattern, where nobody could tell whether it exists."""
    return (
        "__name__" in query or re.search(r"(?<![\w:}\s])\s*\{", STRING.sub('""', query)) is not None
    )
