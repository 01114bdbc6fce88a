"""What the portal reads from its surroundings."""

import stat
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal import env
from portal.env import parse_database_url

KEY = "k" * 40
SIGNING = "s" * 40


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the tests' own portal."""
    for name in ("DEMO", "VAR", "BROKER_URL"):
        monkeypatch.delenv(f"PORTAL_{name}", raising=False)


def given(monkeypatch: pytest.MonkeyPatch, **variables: str) -> env.Env:
    for name, value in variables.items():
        monkeypatch.setenv(f"PORTAL_{name}", value)
    return env.read()


def test_a_demo_needs_nothing_but_its_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = given(monkeypatch, DEMO="1", VAR=str(tmp_path))
    database = found.database()
    assert database["ENGINE"] == "django.db.backends.sqlite3"
    assert database["NAME"] == tmp_path / "db.sqlite3"
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    assert found.broker == f"redis+socket://{tmp_path}/redis.sock"
    assert found.local_repositories is None
    assert found.shelf == [env.BASE / "lab_specs" / "labs"]


def test_a_demo_makes_its_key_once_and_keeps_it_private(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    found = given(monkeypatch, DEMO="1", VAR=str(tmp_path / "new"))
    key = found.django_key()
    assert len(key) >= env.SECRET_KEY_LENGTH
    assert found.django_key() == key
    assert found.signing_keys() == found.signing_keys() != [key]
    for name in ("secret_key", "signing_key"):
        mode = (tmp_path / "new" / name).stat().st_mode
        assert stat.S_IMODE(mode) == 0o600
    assert len(list((tmp_path / "new").iterdir())) == 2


def test_a_real_portal_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORTAL_SECRET_KEY: needed unless"):
        given(monkeypatch, SIGNING_KEY=SIGNING)
    with pytest.raises(ImproperlyConfigured, match="PORTAL_SECRET_KEY: at least 32 characters"):
        given(monkeypatch, SECRET_KEY="short")
    assert given(monkeypatch, SECRET_KEY=KEY, SIGNING_KEY=SIGNING).django_key() == KEY


def test_a_real_portal_needs_a_key_for_verdicts(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="PORTAL_SIGNING_KEY: needed unless"):
        given(monkeypatch, SECRET_KEY=KEY)
    with pytest.raises(ImproperlyConfigured, match="PORTAL_SIGNING_KEY: at least 32 characters"):
        given(monkeypatch, SIGNING_KEY=f"{SIGNING},short")
    with pytest.raises(ImproperlyConfigured, match="another one than PORTAL_SECRET_KEY"):
        given(monkeypatch, SIGNING_KEY=f"{SIGNING},{KEY}")


def test_signing_keys_come_newest_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{SIGNING}\n{KEY}\n")
    found = given(monkeypatch, DEMO="1", SIGNING_KEY_FILE=str(tmp_path / "keys"))
    assert found.signing_keys() == [SIGNING, KEY]
    assert given(monkeypatch, SIGNING_KEY=f"{KEY}, {SIGNING}").signing_keys() == [KEY, SIGNING]


def test_staff_need_a_second_factor_but_in_a_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    keys = {"SECRET_KEY": KEY, "SIGNING_KEY": "s" * 40}
    assert given(monkeypatch, **keys).two_factor is True
    assert given(monkeypatch, STAFF_TWO_FACTOR="0").two_factor is False
    monkeypatch.delenv("PORTAL_STAFF_TWO_FACTOR")
    assert given(monkeypatch, DEMO="1").two_factor is False
    assert given(monkeypatch, STAFF_TWO_FACTOR="1").two_factor is True


def test_all_mistakes_are_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        given(monkeypatch, DEBUG="perhaps", BEHIND_PROXY="7")
    assert "PORTAL_DEBUG: " in str(caught.value)
    assert "PORTAL_BEHIND_PROXY: " in str(caught.value)
    monkeypatch.delenv("PORTAL_DEBUG")
    monkeypatch.delenv("PORTAL_BEHIND_PROXY")
    with pytest.raises(ImproperlyConfigured) as caught:
        given(monkeypatch, LOCAL_REPOSITORIES="/srv", DATABASE_URL="mysql://u:hunter2@h/d")
    told = str(caught.value)
    assert "PORTAL_SECRET_KEY: needed" in told
    assert "PORTAL_SIGNING_KEY: needed" in told
    assert "PORTAL_LOCAL_REPOSITORIES: only with PORTAL_DEMO" in told
    assert "PORTAL_DATABASE_URL: expected postgresql://" in told
    assert "hunter2" not in told


def test_a_secret_comes_from_the_file_that_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "key").write_text(f"{KEY}\n")
    found = given(monkeypatch, SECRET_KEY_FILE=str(tmp_path / "key"), SIGNING_KEY=SIGNING)
    assert found.django_key() == KEY


def test_a_secret_comes_from_the_folder_of_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "portal_secret_key").write_text(KEY)
    (tmp_path / "portal_signing_key").write_text(SIGNING)
    (tmp_path / "portal_database_url").write_text("postgresql://u:p@h/d")
    found = given(monkeypatch, SECRETS_DIR=str(tmp_path))
    assert found.django_key() == KEY
    assert found.database()["HOST"] == "h"


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"PORTAL_SECRET_KEY_FILE: .*nowhere"):
        given(monkeypatch, SECRET_KEY_FILE=str(tmp_path / "nowhere"))


def test_the_environment_wins_over_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("f" * 40)
    found = given(
        monkeypatch,
        SECRET_KEY=KEY,
        SECRET_KEY_FILE=str(tmp_path / "key"),
        SIGNING_KEY=SIGNING,
    )
    assert found.django_key() == KEY


def test_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(
        monkeypatch,
        SECRET_KEY=KEY,
        SIGNING_KEY=SIGNING,
        DATABASE_URL="postgresql://u:hunter2@h/d",
    )
    assert KEY not in repr(found)
    assert SIGNING not in repr(found)
    assert "hunter2" not in repr(found)


def test_lists_are_written_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    found = given(monkeypatch, DEMO="1", GIT_HOSTS="git.example.edu, github.com", SHELF="/a,/b")
    assert found.git_hosts == ["git.example.edu", "github.com"]
    assert found.shelf == [Path("/a"), Path("/b")]


def test_a_database_url_is_taken_apart() -> None:
    found = parse_database_url("postgresql://ann:p%40ss@db.example:5433/portal?sslmode=require")
    assert found == {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": "portal",
        "USER": "ann",
        "PASSWORD": "p@ss",
        "HOST": "db.example",
        "PORT": "5433",
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": env.UNFINISHED, "sslmode": "require"},
    }
    # A pooler that takes no options is told so in the address.
    assert parse_database_url("postgresql://h/portal?options=%20")["OPTIONS"] == {"options": " "}


@pytest.mark.parametrize("url", ["sqlite:///x", "postgresql://host", "postgresql://h/a/b", "x"])
def test_a_database_url_that_names_no_database_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected postgresql|the name of the database"):
        parse_database_url(url)
