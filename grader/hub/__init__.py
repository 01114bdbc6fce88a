"""What can be done at GitHub. Each doer takes the hub and what it is told, and answers in JSON."""

from collections.abc import Callable, Mapping
from typing import Any

from grader.github import Hub
from grader.hub import app, checks, collect, heads, pulls, repositories

Doer = Callable[[Hub, Mapping[str, Any]], Any]

DOERS: dict[str, Doer] = {
    "manifest": app.convert,
    "selftest": app.look_over,
    "look": repositories.look,
    "room": repositories.make,
    "collect": collect.collect,
    "pulls": pulls.pulls,
    "verdict": checks.tell,
    "installations": heads.installations,
    "repositories": heads.repositories,
    "head": heads.head,
    "watch": heads.may_push,
    "watch-still": heads.may_push,
}
