"""A backup holds every verdict, and a restore brings it back or changes nothing."""

import hashlib
import json
import stat
import tarfile
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_services import postgres
from tests.portal.common.backups import COUNT, WRITE, Installation, filled

pytestmark = pytest.mark.slow

KEY = "a-secret-key-that-a-test-has-planted-0123456789"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return filled(tmp_path_factory.mktemp("from") / "var", PORTAL_SECRET_KEY=KEY)


@pytest.fixture(scope="module")
def saved(portal: Installation) -> Path:
    file = portal.folder.parent / "portal.backup"
    told = portal.done("backup", str(file))
    assert "Keep elsewhere, it does not hold the secrets secret_key, signing_key." in told
    return file


def repacked(file: Path, target: Path, **changes: bytes) -> Path:
    """The same backup with other parts in it."""
    with tarfile.open(file) as old, tarfile.open(target, "w") as new:
        for member in old.getmembers():
            source = old.extractfile(member)
            assert source is not None
            content = changes.get(member.name.removesuffix(".json"), source.read())
            (target.parent / "part").write_bytes(content)
            new.add(target.parent / "part", member.name)
    return target


def test_every_verdict_is_there_again(saved: Path, portal: Installation, tmp_path: Path) -> None:
    other = Installation(tmp_path / "var")
    told = other.done("restore", str(saved))
    assert "It was made with the secrets secret_key, signing_key." in told
    assert other.verdicts() == portal.verdicts()
    assert len(portal.verdicts()) == 21


def test_a_backup_is_its_owners_and_shows_no_secret(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    assert KEY.encode() not in saved.read_bytes()
    with tarfile.open(saved) as tar:
        assert tar.getnames() == ["manifest.json", "database"]


def test_secrets_go_with_it_when_asked_for(portal: Installation, tmp_path: Path) -> None:
    file, folder = tmp_path / "with.backup", tmp_path / "secrets"
    portal.done("backup", str(file), "--with-secrets")
    other = Installation(tmp_path / "var")
    other.done("restore", str(file), "--secrets-to", str(folder))
    assert (folder / "portal_secret_key").read_text() == KEY
    made = (portal.folder / "signing_key").read_text()
    assert (folder / "portal_signing_key").read_text() == made
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def manifest_of(file: Path) -> dict[str, Any]:
    with tarfile.open(file) as tar:
        source = tar.extractfile("manifest.json")
        assert source is not None
        found: dict[str, Any] = json.load(source)
        return found


def test_what_cannot_be_restored_is_refused_in_words(
    saved: Path, portal: Installation, tmp_path: Path
) -> None:
    manifest = manifest_of(saved)

    def changed(name: str, **fields: object) -> str:
        text = json.dumps(manifest | fields).encode()
        return str(repacked(saved, tmp_path / name, manifest=text))

    (tmp_path / "text").write_text("not a backup")
    told = portal.refuses(
        [str(saved)],
        [str(repacked(saved, tmp_path / "damaged", database=b"no more")), "--force"],
        [str(readable_but_broken(saved, tmp_path / "broken")), "--force"],
        [changed("vendor", vendor="postgresql"), "--force"],
        [changed("later", migrations=[*manifest["migrations"], "courses.9999_later"]), "--force"],
        [changed("format", format=2), "--force"],
        [str(tmp_path / "text"), "--force"],
        [str(tmp_path / "missing"), "--force"],
        [str(saved), "--force", "--secrets-to", str(tmp_path / "secrets")],
    )
    expected = (
        "The database is not empty",
        "damaged: database is not what was backed up",
        "SQLite cannot read the backup",
        "comes from postgresql, this portal runs on sqlite",
        "newer portal: this one does not know courses.9999_later",
        *["is no backup that this portal can read"] * 3,
        "holds no secrets",
    )
    assert [words in said for words, said in zip(expected, told, strict=True)] == [True] * 9, told


def readable_but_broken(file: Path, target: Path) -> Path:
    """A backup whose sums are right, but that no database can read."""
    content = b"PGDMP SQLite format no more" * 100
    manifest = manifest_of(file)
    manifest["sha256"]["database"] = hashlib.sha256(content).hexdigest()
    return repacked(file, target, database=content, manifest=json.dumps(manifest).encode())


def test_an_older_backup_catches_up(tmp_path: Path) -> None:
    older, file = Installation(tmp_path / "older"), tmp_path / "older.backup"
    older.done("migrate", "people", "0001", "--verbosity", "0")
    older.done("backup", str(file))
    other = Installation(tmp_path / "var")
    other.done("restore", str(file))
    assert "[ ]" not in other.done("showmigrations")


def test_a_backup_while_others_write_holds_whole_transactions(
    portal: Installation, tmp_path: Path
) -> None:
    assert_whole_while_writing(portal, Installation(tmp_path / "var"), tmp_path)


def assert_whole_while_writing(busy: Installation, other: Installation, folder: Path) -> None:
    before = int(busy.shell(COUNT))
    counts = []
    with busy.start(WRITE.format(seconds=10)) as writer:
        for name in ("one", "two"):
            busy.done("backup", str(folder / name))
            other.done("restore", str(folder / name), "--force")
            counts.append(int(other.shell(COUNT)) - before)
        _, errors = writer.communicate(timeout=60)
    assert writer.returncode == 0, errors
    assert [count % 2 for count in counts] == [0, 0]
    assert counts[-1] > 0


@pytest.mark.services
def test_postgres_gives_back_every_verdict_too(tmp_path: Path) -> None:
    create = "from django.db import connection; connection.cursor().execute('CREATE DATABASE {}')"
    with postgres(tmp_path / "postgres") as server:
        start = Installation(tmp_path / "start", PORTAL_DATABASE_URL=server)
        urls = [f"{server.rpartition('/')[0]}/{name}" for name in ("first", "second")]
        start.shell(create.format("first"))
        start.shell(create.format("second"))
        busy = filled(tmp_path / "first", PORTAL_DATABASE_URL=urls[0])
        other = Installation(tmp_path / "second", PORTAL_DATABASE_URL=urls[1])
        assert_whole_while_writing(busy, other, tmp_path)
        assert other.verdicts() == busy.verdicts()
        assert len(busy.verdicts()) == 21
        broken = readable_but_broken(tmp_path / "two", tmp_path / "broken")
        told = other.refuses([str(tmp_path / "one")], [str(broken), "--force"])
    assert "The database is not empty" in told[0]
    assert "pg_restore failed" in told[1]
