"""The App's secrets in the database."""

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from portal.github.sealed import UnreadableError, seal, unseal

SECRETS = {"private_key": "-----BEGIN-----\nabc", "webhook_secret": "ünïcode"}


@given(st.dictionaries(st.text(max_size=20), st.text(max_size=200), max_size=4))
def test_what_was_sealed_opens_again(secrets: dict[str, str]) -> None:
    assert unseal(seal(secrets)) == secrets


def test_what_is_stored_shows_no_secret() -> None:
    assert not any(part in seal(SECRETS) for part in ("BEGIN", "abc", "webhook", "code"))


def test_another_key_opens_nothing() -> None:
    sealed = seal(SECRETS)
    with (
        override_settings(SECRET_KEY="another key than before" * 3),
        pytest.raises(UnreadableError),
    ):
        unseal(sealed)


def test_what_was_changed_opens_nothing() -> None:
    sealed = seal(SECRETS)
    with pytest.raises(UnreadableError):
        unseal(sealed[:-6] + "AAAAA=")
