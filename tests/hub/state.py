"""The stand-in's memory: who and what there is, by number and name, and who may do what."""

import itertools
import secrets
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.hub.models import Account, App, Installation, Permissions, Repository, Token, now

ROLES = ("pull", "triage", "push", "maintain", "admin")
NUMBERS = itertools.count(1001)  # never the same twice in a process, whatever remembers them
LEVELS = {"none": 0, "read": 1, "write": 2, "admin": 3}


def new_key() -> str:
    """A private key for an app, in PEM."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


class World:
    """Everything by its number and name."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.accounts: dict[str, Account] = {}
        self.repositories: dict[int, Repository] = {}
        self.moved: dict[str, Repository] = {}  # old full names, in lower case
        self.apps: list[App] = []
        self.installations: dict[int, Installation] = {}
        self.tokens: dict[str, Token] = {}

    def number(self) -> int:
        return next(NUMBERS)

    def account(self, login: str) -> Account | None:
        return self.accounts.get(login.lower())

    def repository(self, full_name: str) -> Repository | None:
        wanted = full_name.lower()
        every = self.repositories.values()
        return next((one for one in every if one.full_name.lower() == wanted), None)

    def person_of(self, email: str) -> Account | None:
        """Whom GitHub shows beside a commit, if anybody."""
        if email.endswith("@users.noreply.github.com"):
            return self.account(email.partition("@")[0].rpartition("+")[2])
        every = self.accounts.values()
        return next((one for one in every if email.lower() in map(str.lower, one.emails)), None)

    def add_token(self, start: str, **kwargs: Any) -> Token:
        token = Token(start + secrets.token_hex(18), **kwargs)
        self.tokens[token.value] = token
        return token

    def installation_token(
        self,
        installation: Installation,
        permissions: Permissions | None,
        repositories: list[Repository] | None,
    ) -> Token:
        given = dict(permissions or installation.permissions) | {"metadata": "read"}
        wanted = installation.repositories if repositories is None else repositories
        return self.add_token(
            "ghs_",
            installation=installation,
            permissions=given,
            repositories=wanted,
            ends_at=now() + timedelta(hours=1),
        )

    def role(self, person: Account, repository: Repository) -> str | None:
        """One of ROLES, or None for somebody who has none."""
        owner = repository.owner
        if person is owner or person.login in owner.owners:
            return "admin"
        own = repository.collaborators.get(person.login)
        return own or (None if repository.private else "pull")


def level_of(role: str | None) -> str:
    """What a role comes to: none, read, write or admin."""
    old = {None: "none", "pull": "read", "triage": "read", "push": "write", "maintain": "write"}
    return old.get(role, "admin")


@cache
def public_key(pem: str) -> bytes:
    """What belongs to a private key; reading one takes a while."""
    private = serialization.load_pem_private_key(pem.encode(), None)
    kind = serialization.PublicFormat.SubjectPublicKeyInfo
    return private.public_key().public_bytes(serialization.Encoding.PEM, kind)
