"""Everything that the portal reads from its surroundings, checked in one go.

A variable is called PORTAL_<NAME>. Any of them may come from a file instead, named by
PORTAL_<NAME>_FILE, or lie as `portal_<name>` in the folder PORTAL_SECRETS_DIR.
"""

import os
import secrets
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

BASE = Path(__file__).resolve().parent.parent
PREFIX = "PORTAL_"
SECRET_KEY_LENGTH = 32  # characters of a secret key and of a signing key; fewer are refused
# A process that stands still in the middle, or whose machine died, would keep its rows locked.
UNFINISHED = "-c idle_in_transaction_session_timeout=30s"


def _split(value: object) -> object:
    """Take a comma-separated text as a list; anything else is left to the validator."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


Hosts = Annotated[list[str], NoDecode, BeforeValidator(_split)]
Origin = Annotated[str, AfterValidator(lambda address: address.rstrip("/"))]
Folders = Annotated[list[Path], NoDecode, BeforeValidator(_split)]


class FileSource(PydanticBaseSettingsSource):
    """Reads PORTAL_<NAME>_FILE, so that a secret need not stand in the environment."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The content of the file that the variable names, without its last line end."""
        del field
        name = f"{PREFIX}{field_name.upper()}_FILE"
        path = os.environ.get(name)
        if not path:
            return None, field_name, False
        try:
            return Path(path).read_text(encoding="utf-8").rstrip("\r\n"), field_name, False
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None

    def __call__(self) -> dict[str, Any]:
        """All fields that a file gives."""
        found = {}
        for name, field in self.settings_cls.model_fields.items():
            value, key, _ = self.get_field_value(field, name)
            if value is not None:
                found[key] = value
        return found


class Env(BaseSettings):
    """The portal's surroundings. The defaults are the embedded portal: no server to install."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    debug: bool = Field(False, description="Django's error pages; never on a public address")
    demo: bool = Field(False, description="a portal to try out: local repositories, passwords")
    secret_key: SecretStr | None = Field(None, description="needed unless debug or demo")
    signing_key: SecretStr | None = Field(
        None, description="signs verdicts; several with commas, newest first; needed as above"
    )
    var: Path = Field(BASE / "var", description="folder for database, socket and static files")
    database_url: SecretStr | None = Field(None, description="postgresql://user:password@host/db")
    broker_url: SecretStr | None = Field(None, description="redis://host:6379/0")
    allowed_hosts: Hosts = ["localhost", "127.0.0.1", "[::1]"]
    trusted_origins: Hosts = []
    behind_proxy: bool = Field(False, description="believe X-Forwarded-Proto of the proxy")
    insecure_cookies: bool = Field(False, description="sign-in over plain http; demo needs none")
    staff_two_factor: bool | None = Field(None, description="on, unless debug or demo")
    shelf: Folders = [BASE / "lab_specs" / "labs"]
    git_hosts: Hosts = ["github.com", "gitlab.com", "codeberg.org", "bitbucket.org"]
    local_repositories: Path | None = Field(None, description="file:// from here; demo only")
    public_url: Origin = Field("", description="the portal's own address, for links from elsewhere")
    github_url: Origin = Field("https://github.com", description="or a GitHub Enterprise server")
    github_api: Origin = Field(
        "https://api.github.com", description="of a server of your own: https://HOST/api/v3"
    )
    github_token: SecretStr | None = Field(
        None, description="without an App: reads private repositories, writes commit statuses"
    )
    github_client_id: str = Field(
        "", description="without an App: people sign in with GitHub by it"
    )
    github_client_secret: SecretStr | None = Field(None, description="the secret of that client")
    log_level: str = "INFO"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over a named file, and that over the folder of secrets."""
        del dotenv_settings
        return init_settings, env_settings, FileSource(settings_cls), file_secret_settings

    @model_validator(mode="after")
    def _belong_together(self) -> Self:
        problems = [] if self.trial else self._missing_keys()
        if self.secret_key and self.secret_key.get_secret_value() in _keys(self.signing_key):
            problems.append("PORTAL_SIGNING_KEY: another one than PORTAL_SECRET_KEY")
        if self.local_repositories is not None and not self.demo:
            problems.append("PORTAL_LOCAL_REPOSITORIES: only with PORTAL_DEMO")
        if self.database_url is not None:
            try:
                parse_database_url(self.database_url.get_secret_value())
            except ValueError as error:
                problems.append(f"PORTAL_DATABASE_URL: {error}")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _missing_keys(self) -> list[str]:
        problems = []
        for name, value in (("SECRET_KEY", self.secret_key), ("SIGNING_KEY", self.signing_key)):
            keys = _keys(value)
            if not keys:
                problems.append(f"PORTAL_{name}: needed unless PORTAL_DEBUG or PORTAL_DEMO")
            elif min(map(len, keys)) < SECRET_KEY_LENGTH:
                problems.append(f"PORTAL_{name}: at least {SECRET_KEY_LENGTH} characters")
        return problems

    @property
    def trial(self) -> bool:
        """Whether this portal runs on somebody's own machine, over plain http."""
        return self.debug or self.demo

    @property
    def two_factor(self) -> bool:
        """Whether staff prove a second factor; a trial portal's need not, unless told so."""
        return not self.trial if self.staff_two_factor is None else self.staff_two_factor

    @property
    def socket(self) -> Path:
        """Where the embedded Redis listens."""
        return self.var.resolve() / "redis.sock"

    @property
    def broker(self) -> str:
        """The address of the broker: the given one, or the embedded socket."""
        if self.broker_url is None:
            return f"redis+socket://{self.socket}"
        return self.broker_url.get_secret_value()

    def django_key(self) -> str:
        """The secret key; a trial portal makes one on first use and keeps it in its folder."""
        if self.secret_key is not None:
            return self.secret_key.get_secret_value()
        return _made_once(self.var / "secret_key")

    def signing_keys(self) -> list[str]:
        """The keys that sign verdicts, newest first; a trial portal makes its own, as above."""
        return _keys(self.signing_key) or [_made_once(self.var / "signing_key")]

    def secrets(self) -> dict[str, list[str]]:
        """What must never be shown, by name: every secret, its parts, the password in a URL."""
        found = {}
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, SecretStr):
                password = urlsplit(value.get_secret_value()).password or ""
                parts = [value.get_secret_value(), password, unquote(password), *_keys(value)]
                found[name] = [part for part in dict.fromkeys(parts) if part]
        return found

    def database(self) -> dict[str, Any]:
        """Django's description of the database: the given one, or embedded SQLite."""
        if self.database_url is not None:
            return parse_database_url(self.database_url.get_secret_value())
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": self.var / "db.sqlite3",
            # A writer takes its lock at the start, so it waits for others and never fails later.
            "OPTIONS": {
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }


def _keys(secret: SecretStr | None) -> list[str]:
    """Several keys in one text: with commas between them, or one per line."""
    return secret.get_secret_value().replace(",", " ").split() if secret else []


def _made_once(path: Path) -> str:
    """The key in a file; made now if there is none. Whoever starts beside us reads the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile("w", dir=path.parent, encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            with suppress(FileExistsError):
                path.hardlink_to(file.name)  # whole or not at all, readable by its owner alone
    return path.read_text(encoding="ascii")


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's description of a PostgreSQL database. ValueError says what is wrong with `url`."""
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ValueError("expected postgresql://user:password@host:port/name")
    name = unquote(parts.path.lstrip("/"))
    if not name or "/" in name:
        raise ValueError("the name of the database is missing at the end")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {"options": UNFINISHED, **dict(parse_qsl(parts.query))},
    }


def read(environ: Mapping[str, str] = os.environ) -> Env:
    """The surroundings of this process; all mistakes at once in one ImproperlyConfigured."""
    folder = environ.get(f"{PREFIX}SECRETS_DIR")
    try:
        return Env(_secrets_dir=folder)
    except ValidationError as error:
        raise ImproperlyConfigured(_told(error)) from None


def _told(error: ValidationError) -> str:
    lines = []
    for one in error.errors(include_input=False, include_url=False):
        message = one["msg"].removeprefix("Value error, ")
        where = PREFIX + str(one["loc"][0]).upper() if one["loc"] else ""
        lines.append(f"{where}: {message}" if where else message)
    return "\n".join(["The portal's settings do not hold:", *lines])
