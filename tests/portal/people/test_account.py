"""The page of one's own account: linking, unlinking, and a new password."""

from datetime import UTC, datetime

import pytest
import time_machine
from django.test import Client
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django.fixtures import Settings

from portal.people.models import User
from portal.people.troubles import Trouble
from tests.factories import UserFactory
from tests.portal.people.hub import Hub, come_back, leave

pytestmark = pytest.mark.django_db
PASSWORD, NEW = "gooseberry-kettle-41", "wheelbarrow-lantern-17"
LINK = "/account/github/"


@pytest.fixture
def ann() -> User:
    return User.objects.create_user("ann", password=PASSWORD, github_login="ann-claimed")


@pytest.fixture
def client(ann: User) -> Client:
    client = Client()
    client.force_login(ann)
    return client


def shown(client: Client) -> str:
    return client.get("/account/").content.decode()


def stored(person: User) -> tuple[str, int | None, str]:
    person.refresh_from_db()
    return person.github_login, person.github_id, person.github_lost


def test_linking_proves_what_a_list_only_says(ann: User, hub: Hub, client: Client) -> None:
    assert "list says that you are <code>ann-claimed</code> at GitHub" in shown(client)
    assert come_back(client, leave(client, LINK)).url == "/account/"
    assert stored(ann) == ("ann-at-hub", 7, "")
    page = shown(client)
    assert "You are ann-at-hub at GitHub, and can sign in with it." in page
    assert "You are <code>ann-at-hub</code> at GitHub: you have signed in there." in page
    client.post("/logout/")
    come_back(client, leave(client))
    assert client.session["_auth_user_id"] == str(ann.pk)


def test_who_only_claimed_the_name_loses_it_and_hears_of_it(
    ann: User, hub: Hub, client: Client
) -> None:
    bob = User.objects.create_user("bob", password=PASSWORD, github_login="Ann-At-Hub")
    come_back(client, leave(client, LINK))
    assert stored(bob) == ("", None, "Ann-At-Hub")
    browser = Client()
    typed = {"username": "bob", "password": PASSWORD}
    page = browser.post("/login/", typed, follow=True).content.decode()
    assert "you are Ann-At-Hub at GitHub, but somebody else has signed in" in page
    assert "somebody else has signed in with that account" in shown(browser)
    hub.is_(8, "bob-at-hub")
    come_back(browser, leave(browser, LINK))
    assert stored(bob) == ("bob-at-hub", 8, "")


def test_linking_the_same_again_is_no_trouble(ann: User, hub: Hub, client: Client) -> None:
    for _ in "ab":
        come_back(client, leave(client, LINK))
    assert stored(ann) == ("ann-at-hub", 7, "")


def test_an_account_belongs_to_one_person(ann: User, hub: Hub, client: Client) -> None:
    bob = UserFactory(username="bob", github_id=7, github_login="bobs")
    come_back(client, leave(client, LINK))
    assert "ann-at-hub is linked to somebody else here." in shown(client)
    assert stored(ann) == ("ann-claimed", None, "")
    assert stored(bob) == ("bobs", 7, "")


def test_a_person_has_one_account(ann: User, hub: Hub, client: Client) -> None:
    User.objects.filter(pk=ann.pk).update(github_id=3, github_login="first")
    come_back(client, leave(client, LINK))
    assert "You are linked to first already. Unlink that first" in shown(client)
    assert stored(ann) == ("first", 3, "")


def test_whoever_has_become_somebody_else_meanwhile_links_nothing(
    ann: User, hub: Hub, client: Client
) -> None:
    told = leave(client, LINK)
    bob = UserFactory(username="bob")
    session = client.session
    session["_auth_user_id"] = str(bob.pk)
    session["_auth_user_hash"] = bob.get_session_auth_hash()
    session.save()
    back = come_back(client, told)
    assert back.status_code == 403
    assert Trouble.STALE.happened in back.content.decode()
    assert User.objects.filter(github_id=7).count() == 0


def test_linking_again_and_again_is_slowed_down(ann: User, hub: Hub, client: Client) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False):
        client.force_login(ann)
        assert [client.post(LINK).status_code for _ in range(6)] == [302] * 5 + [429]


def test_unlinking_forgets_the_account(ann: User, hub: Hub, client: Client) -> None:
    come_back(client, leave(client, LINK))
    assert client.get("/account/github/unlink/").status_code == 405
    assert client.post("/account/github/unlink/").url == "/account/"
    assert stored(ann) == ("", None, "")
    assert "No account there is linked to you." in shown(client)
    client.post("/logout/")
    assert come_back(client, leave(client)).status_code == 403


def test_the_only_way_in_is_not_unlinked(ann: User, hub: Hub, client: Client) -> None:
    come_back(client, leave(client, LINK))
    client.post("/logout/")
    ann.refresh_from_db()
    ann.set_unusable_password()
    ann.save()
    come_back(client, leave(client))
    client.post("/account/github/unlink/")
    assert "without GitHub you could not sign in any more" in shown(client)
    assert stored(ann) == ("ann-at-hub", 7, "")
    assert client.get("/account/password/").status_code == 404


def change(client: Client, old: str, new: str = NEW) -> int:
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post("/account/password/", fields).status_code


def test_a_new_password_ends_other_sessions(ann: User, client: Client) -> None:
    other = Client()
    other.force_login(ann)
    assert change(client, PASSWORD) == 302
    assert "your new password" in shown(client)
    assert other.get("/account/").url.startswith("/login/")
    ann.refresh_from_db()
    assert ann.check_password(NEW)


@pytest.mark.parametrize(("old", "new"), [("wrong", NEW), (PASSWORD, "short-1"), (PASSWORD, "")])
def test_a_password_that_does_not_hold_is_refused(
    ann: User, client: Client, old: str, new: str
) -> None:
    assert change(client, old, new) == 422
    ann.refresh_from_db()
    assert ann.check_password(PASSWORD)


def test_guesses_at_the_old_password_are_slowed_down(ann: User, client: Client) -> None:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        client.force_login(ann)
        assert [change(client, "wrong") for _ in range(5)] == [422] * 5
        slow = client.post("/account/password/", {"old_password": PASSWORD})
        assert (slow.status_code, slow.headers["Retry-After"]) == (429, "30")
        assert PASSWORD not in slow.content.decode()
        clock.shift(30)
        assert change(client, PASSWORD) == 302


def test_a_new_password_keeps_the_second_factor_proved(
    tina: User, settings: Settings, client: Client
) -> None:
    settings.STAFF_TWO_FACTOR = True
    tina.set_password(PASSWORD)
    tina.save()
    device = TOTPDevice.objects.create(user=tina, name="phone", confirmed=True)
    client.force_login(tina)
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    assert change(client, PASSWORD) == 302
    assert client.get("/account/").status_code == 200


def test_an_administrator_unlinks_who_cannot_come_in(ann: User, hub: Hub, client: Client) -> None:
    come_back(client, leave(client, LINK))
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = client.get(f"/admin/people/user/{ann.pk}/change/").content.decode()
    assert 'name="github_login"' not in page
    fields = {"action": "unlink_github", "_selected_action": [ann.pk]}
    assert client.post("/admin/people/user/", fields).status_code == 302
    assert stored(ann) == ("", None, "")


@pytest.mark.parametrize("path", ["socialaccount/socialapp", "account/emailaddress"])
def test_the_admin_shows_nothing_of_allauth(client: Client, path: str) -> None:
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    assert client.get(f"/admin/{path}/").status_code == 404
