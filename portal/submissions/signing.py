"""Signatures of records. Pure: texts and keys go in; knows no row and no setting.

A record is signed as text in canonical form: the same content gives the same text, whichever
database kept it meanwhile. The signature shows that whoever wrote the text held the key.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

KEY_ID_LENGTH = 12  # characters; enough to tell a portal's few keys apart


@dataclass(frozen=True, slots=True)
class Key:
    """A secret, and the public name by which a signature says that it was made with it."""

    secret: str = field(repr=False)

    @property
    def id(self) -> str:
        """The name; it says nothing of the secret."""
        return _mac(self, "the name of this key")[:KEY_ID_LENGTH]


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands beside a signed text."""

    value: str
    key_id: str


def canonical(content: Mapping[str, Any]) -> str:
    """JSON in one form: sorted keys, no spaces, ASCII, every number written in one way.

    Raises ValueError for a number that JSON does not know, such as NaN.
    """
    return json.dumps(
        _plain(content), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )


def sign(text: str, keys: Sequence[Key]) -> Signature:
    """Sign with the newest key, which is the first."""
    return Signature(_mac(keys[0], text), keys[0].id)


def key_of(signature: Signature, keys: Iterable[Key]) -> Key | None:
    """The key with which a signature says that it was made; None when it is not among ours."""
    return next((key for key in keys if key.id == signature.key_id), None)


def holds(text: str, signature: Signature, keys: Iterable[Key]) -> bool:
    """Whether one of the keys made this signature of this very text."""
    key = key_of(signature, keys)
    return key is not None and hmac.compare_digest(
        _mac(key, text).encode(), signature.value.encode()
    )


def _mac(key: Key, text: str) -> str:
    return hmac.new(key.secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value goes in and comes out
    """The value with whole numbers as integers: PostgreSQL gives 1e22 back as one, and no -0.0."""
    if isinstance(value, float) and value.is_integer():
        return int(Decimal(repr(value)))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
