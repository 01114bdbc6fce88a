"""What goes wrong with GitHub, on demand: by kind, for requests that match, so many times."""

import json
import re
import socket
import struct
import time
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

from tests.hub.access import SUSPENDED
from tests.hub.models import now
from tests.hub.routing import DOCS

if TYPE_CHECKING:
    from tests.hub.standin import StandIn

HUGE = 20 * 2**20  # bytes of a body that nobody should read to its end
DRIP, DRIPS = 0.2, 150  # seconds between two bytes, and how many come
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)
LIMIT = "API rate limit exceeded for installation ID 1."
ANSWERS: dict[str, tuple[int, str]] = {
    "unauthorised": (401, "Bad credentials"),
    "forbidden": (403, "Resource not accessible by integration"),
    "suspended": (403, SUSPENDED),
    "rate_limited": (403, LIMIT),
    "rate_limited_429": (429, LIMIT),
    "secondary": (403, SECONDARY),
    "secondary_429": (429, SECONDARY),
    "secondary_silent": (403, SECONDARY),  # without the header, as the documentation allows
    "not_found": (404, "Not Found"),
    "uninstalled": (404, "Not Found"),
    "conflict": (409, "Git Repository is empty."),
    "gone": (410, "This repository has been deleted"),
    "refused": (422, "Validation Failed"),
    "broken": (500, "Server Error"),
    "bad_gateway": (502, "Server Error"),
    "unavailable": (503, "Service unavailable"),
}


@dataclass
class Fault:
    pattern: re.Pattern[str]
    kind: str
    times: int
    facts: dict[str, Any]


def limits(left: int, wait: float) -> dict[str, str]:
    reset = str(int(now().timestamp() + wait))
    names = {"Limit": "5000", "Remaining": str(left), "Used": str(5000 - left), "Reset": reset}
    return {f"X-RateLimit-{name}": value for name, value in names.items()}


def error(status: int, message: str) -> dict[str, Any]:
    return {"message": message, "documentation_url": DOCS, "status": str(status)}


def refused(facts: dict[str, Any]) -> dict[str, Any]:
    errors = facts.get("errors") or [
        {"resource": "Repository", "field": "name", "code": "custom", "message": "name is taken"}
    ]
    return {"message": "Validation Failed", "documentation_url": DOCS, "errors": errors}


def spoiled(kind: str, facts: dict[str, Any]) -> tuple[int, dict[str, str], Any]:
    """Status, headers and body of a kind that is an answer."""
    if kind == "page":  # what stands before GitHub answers, not in JSON
        return 502, {"Content-Type": "text/html"}, "<html>Unicorn! ☃</html>"
    if kind.startswith("elsewhere_"):  # to another host, which would hear the token
        status = int(kind.removeprefix("elsewhere_"))
        return status, {"Location": "https://localhost:9/api/v3/x"}, error(status, "Moved")
    if kind == "huge":
        return 200, {}, {"message": "x" * HUGE}
    status, message = ANSWERS[kind]
    headers: dict[str, str] = {}
    if kind.startswith("rate_limited"):
        headers = limits(0, facts.get("wait", 60))
    elif kind.startswith("secondary"):
        headers = limits(4000, 3600)
        headers |= {} if kind == "secondary_silent" else {"Retry-After": str(facts.get("wait", 60))}
    body = refused(facts) if kind == "refused" else error(status, facts.get("message", message))
    return status, headers, body


def spoil(hub: "StandIn", handler: BaseHTTPRequestHandler) -> bool:
    """Whether this request went wrong as a test wished."""
    line = f"{handler.command} {handler.path}"
    fault = next((one for one in hub.faults if one.times and one.pattern.search(line)), None)
    if fault is None:
        return False
    fault.times -= 1
    hub.spoiled.append((fault.kind, line))
    match fault.kind:
        case "closed":
            hang_up(handler)
        case "drip":
            drip(hub, handler)
        case "cut":
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b'{"id": ')
        case _:
            reply(handler, *spoiled(fault.kind, fault.facts))
    return True


def reply(handler: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: Any) -> None:
    told = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    content = told.encode()
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json; charset=utf-8", **headers}.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    """Reset the connection, without a word."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True


def drip(hub: "StandIn", handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then: no single read times out, the whole never comes."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(DRIPS):
        if hub.over.is_set():
            return
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(DRIP)
