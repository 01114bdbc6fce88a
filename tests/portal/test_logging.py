"""What a log line never shows."""

import io
import json
import logging
from collections.abc import Callable, Iterator

import pytest

from portal import logging as house
from portal.env import Env

SECRET = 'hunter2-"quoted"\\and-back'
LINK = "https://alice:ghp_0123456789@github.com/alice/digits"


@pytest.fixture(params=[True, False], ids=["json", "console"])
def logged(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """What was written since, in the shape of production and in that of a demonstration."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    house.configured(json=request.param, level="INFO", secrets=[SECRET, "short"])
    stream = io.StringIO()
    handler = root.handlers[0]
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    yield stream.getvalue
    root.handlers[:], level = before
    root.setLevel(level)


def test_a_known_secret_is_masked_wherever_it_stands(logged: Callable[[], str]) -> None:
    logging.getLogger("portal").warning("key %s", SECRET, extra={"more": SECRET})
    assert "hunter2" not in logged()
    assert "key ***" in logged()


def test_credentials_in_a_link_are_masked(logged: Callable[[], str]) -> None:
    logging.getLogger("portal").warning("cloning %s", LINK)
    assert "https://***@github.com/alice/digits" in logged()
    assert "ghp_" not in logged()


def test_a_code_of_a_sign_in_is_masked(logged: Callable[[], str]) -> None:
    logging.getLogger("portal").warning("GET /callback/?state=abc&code=c0de'")
    assert "/callback/?state=abc&code=***'" in logged()


def test_a_line_without_secrets_stays_as_it_is(logged: Callable[[], str]) -> None:
    logging.getLogger("portal").warning("a short line about ann@example.org and https://b.org/@c")
    assert "a short line about ann@example.org and https://b.org/@c" in logged()


def test_a_traceback_shows_no_variables(logged: Callable[[], str]) -> None:
    password = "typed-by-somebody"
    try:
        1 // (len(password) - 17)
    except ZeroDivisionError:
        logging.getLogger("portal").exception("it broke")
    assert "it broke" in logged()
    assert "ZeroDivisionError" in logged()
    assert password not in logged()


def test_a_line_of_production_is_json_still(logged: Callable[[], str]) -> None:
    logging.getLogger("portal").warning("secret %s of %s", SECRET, LINK)
    if logged().startswith("{"):
        assert json.loads(logged())["event"] == "secret *** of https://***@github.com/alice/digits"


def test_every_secret_of_the_surroundings_is_known_with_its_parts() -> None:
    env = Env(
        demo=True,
        secret_key="s" * 40,
        signing_key=f"{'a' * 40},{'b' * 40}",
        database_url="postgresql://u:p%40ssword@h/d",
        broker_url="redis://:doorbell@r/0",
    )
    assert env.secrets() == {
        "secret_key": ["s" * 40],
        "signing_key": [f"{'a' * 40},{'b' * 40}", "a" * 40, "b" * 40],
        "database_url": ["postgresql://u:p%40ssword@h/d", "p%40ssword", "p@ssword"],
        "broker_url": ["redis://:doorbell@r/0", "doorbell"],
    }
