"""GitHub at the edge of the network, for what a real server is slow to do or never does."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from django.http import HttpResponse
from django.test import Client

TOKEN = "gho_planted0123456789"
JSON = {"Content-Type": "application/json"}


def answer(status: int = 200, body: Any = "", headers: dict[str, str] | None = None) -> Any:
    """What comes over the wire."""
    found = requests.Response()
    found.status_code = status
    found._content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    found.headers.update(JSON if headers is None else headers)
    return found


class Hub:
    """Answers as it is told, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[requests.PreparedRequest] = []
        self.token: Any = answer(body={"access_token": TOKEN, "scope": "", "token_type": "bearer"})
        self.profile: Any = None

    def is_(self, number: int, login: str) -> None:
        """Who lets GitHub tell us."""
        self.profile = answer(body={"id": number, "login": login, "email": "x@school.example"})

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        assert options["timeout"] == 5
        self.asked.append(request)
        found = self.token if request.url.endswith("/access_token") else self.profile
        if isinstance(found, Exception):
            raise found
        found.request, found.url = request, request.url
        return found


Leave = Callable[[Client], dict[str, str]]


def leave(client: Client, path: str = "/login/github/", **fields: str) -> dict[str, str]:
    """Start, and read what the browser is sent to GitHub with."""
    away = client.post(path, fields)
    assert away.status_code == 302, away.content.decode()
    address, _, query = away.url.partition("?")
    assert address == "https://github.com/login/oauth/authorize"
    told = parse_qs(query, keep_blank_values=True)
    assert all(len(values) == 1 for values in told.values())
    return {name: values[0] for name, values in told.items()}


def come_back(client: Client, told: dict[str, str], **instead: str) -> HttpResponse:
    """What GitHub has the browser do once its person has agreed."""
    query = {"code": "c0de", "state": told["state"]} | instead
    return client.get(urlsplit(told["redirect_uri"]).path, query)
