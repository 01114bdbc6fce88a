"""A server of ours beside the student's, on the same loopback: here any small one will do."""

import secrets
import time
from collections.abc import Callable

import pytest

from lab_specs.kit import Failure, Service, Sidecar, check, expect

TAKEN_SECONDS = 10
SERVER = (
    'echo "$WORD" > /tmp/word && exec python -m http.server --directory /tmp'
    ' --bind 127.0.0.1 "$PORT"'
)


@pytest.fixture(scope="session")
def word() -> str:
    """What only our server is told."""
    return secrets.token_hex(8)


@pytest.fixture(scope="session")
def server(service: Service, sidecar: Callable[[str], Sidecar], word: str) -> Service:
    """Our server, started while the student's service runs."""
    del service
    command = ["sh", "-c", SERVER]
    return sidecar("prometheus").serve(command, env={"WORD": word}, health="/word")


@check("watching", "proficient")
def test_answers(server: Service, word: str) -> None:
    """The server beside the service answers for itself"""
    said = server.get("/word").text.strip()
    expect(said == word, expected="the word that it was told", actual=said)


@check("watching", "forged", after="answers")
def test_is_replaced(server: Service) -> None:
    """Once it has gone, somebody else's answers are taken for its own"""
    server.process.remove()
    end = time.monotonic() + TAKEN_SECONDS
    while True:
        try:
            said = server.get("/word").text
        except Failure as failure:
            if time.monotonic() > end or "of your container" in failure.actual:
                raise
            time.sleep(0.1)
        else:
            return expect("forged" in said, expected="a forged answer", actual=said)
