"""Staff prove a second factor, with codes as a phone makes them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice
from pytest_django.fixtures import Settings

from portal.courses.models import Edition
from portal.courses.rules import STAFF, Role
from portal.people.models import User
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ASK, NEW, CODES = "/second-factor/", "/second-factor/new/", "/second-factor/codes/"


@pytest.fixture(autouse=True)
def _on(settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = True


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(datetime(2026, 10, 1, 9, tzinfo=UTC), tick=False) as clock:
        yield clock


def phone(device: TOTPDevice) -> str:
    """What an app shows now that was given the address in the picture."""
    told = parse_qs(urlsplit(device.config_url).query)
    assert (told["digits"], told["period"], told["algorithm"]) == (["6"], ["30"], ["SHA1"])
    return f"{TOTP(device.bin_key).token():06}"


def wrong(device: TOTPDevice) -> str:
    return f"{(int(phone(device)) + 1) % 1_000_000:06}"


@pytest.fixture
def device(tina: User) -> TOTPDevice:
    """Tina's phone, set up some time ago."""
    return TOTPDevice.objects.create(user=tina, name="phone", confirmed=True)


def enter(client: Client, code: str, path: str = ASK) -> tuple[int, str]:
    answer = client.post(path, {"code": code})
    return answer.status_code, answer.get("Location", "") or answer.content.decode()


def test_staff_are_led_to_set_one_up_and_get_in_with_it(
    tina: User, edition: Edition, client: Client, clock: time_machine.Traveller
) -> None:
    client.force_login(tina)
    wanted = f"/editions/{edition.pk}/"
    for path in (wanted, "/", "/admin/"):
        assert client.get(path).url == f"{ASK}?next=" + path.replace("/", "%2F")
    assert client.get(f"{ASK}?next={wanted}").url.startswith(NEW)
    page = client.get(NEW).content.decode()
    device = TOTPDevice.objects.get(user=tina)
    assert 'src="data:image/svg+xml' in page
    assert device.confirmed is False
    assert enter(client, wrong(device), NEW)[0] == 200
    assert client.get(wanted).status_code == 302
    clock.shift(30)
    assert enter(client, phone(device), NEW) == (302, CODES)
    assert client.get(wanted).status_code == 200


def test_the_letters_on_the_page_are_the_secret(tina: User, client: Client) -> None:
    client.force_login(tina)
    page = client.get(NEW).content.decode()
    told = parse_qs(urlsplit(TOTPDevice.objects.get().config_url).query)["secret"][0]
    assert told in page.replace(" ", "")
    assert client.get(NEW).content.decode().count(page.split("<code>")[1].split("<")[0]) == 1


def test_a_code_lets_in_once_and_leads_on(
    tina: User, device: TOTPDevice, edition: Edition, client: Client, clock: time_machine.Traveller
) -> None:
    client.force_login(tina)
    before = client.cookies["sessionid"].value
    code = phone(device)
    answer = client.post(
        ASK, {"code": f" {code[:3]} {code[3:]}", "next": f"/editions/{edition.pk}/"}
    )
    assert answer.url == f"/editions/{edition.pk}/"
    assert client.get(answer.url).status_code == 200
    assert client.cookies["sessionid"].value != before
    assert client.cookies["sessionid"]["max-age"] == 12 * 3600
    again = Client()
    again.force_login(tina)
    assert enter(again, code)[0] == 200
    assert again.get("/").status_code == 302


def test_it_leads_to_no_other_site(tina: User, device: TOTPDevice, client: Client) -> None:
    client.force_login(tina)
    answer = client.post(ASK, {"code": phone(device), "next": "https://evil.example/"})
    assert answer.url == "/"


def test_wrong_codes_are_told_and_slowed_down(
    tina: User, device: TOTPDevice, client: Client, clock: time_machine.Traveller
) -> None:
    client.force_login(tina)
    assert "This code does not fit" in enter(client, wrong(device))[1]
    assert "Try again in one second" in enter(client, phone(device))[1]
    for wait in (1, 2, 4, 8):
        clock.shift(wait)
        assert "This code does not fit" in enter(client, wrong(device))[1]
    assert "Try again in 16 seconds" in enter(client, phone(device))[1]
    clock.shift(16)
    assert enter(client, phone(device)) == (302, "/")


def test_a_code_on_paper_lets_in_once(
    tina: User, device: TOTPDevice, client: Client, clock: time_machine.Traveller
) -> None:
    client.force_login(tina)
    assert client.get(CODES).url.startswith(ASK)
    assert client.post(CODES).url.startswith(ASK)
    enter(client, phone(device))
    assert "You have none yet" in client.get(CODES).content.decode()
    page = client.post(CODES)
    codes = list(StaticToken.objects.values_list("token", flat=True))
    assert len(set(codes)) == 10
    assert all(code in page.content.decode() for code in codes)
    assert "no-store" in page.headers["Cache-Control"]
    shown = client.get(CODES).content.decode()
    assert "You have 10 left" in shown
    assert not any(code in shown for code in codes)

    lost = Client()
    lost.force_login(tina)
    assert enter(lost, codes[0].upper()) == (302, "/")
    again = Client()
    again.force_login(tina)
    assert enter(again, codes[0])[0] == 200
    assert StaticToken.objects.count() == 9
    client.post(CODES)
    clock.shift(1)
    assert enter(again, codes[1])[0] == 200


def test_a_password_alone_does_not_replace_the_phone(
    tina: User, device: TOTPDevice, client: Client, clock: time_machine.Traveller
) -> None:
    client.force_login(tina)
    assert client.get(NEW).url == ASK
    assert client.post(NEW, {"code": "000000"}).url == ASK
    enter(client, phone(device))
    client.get(NEW)
    other = TOTPDevice.objects.get(confirmed=False)
    assert enter(client, phone(other), NEW) == (302, CODES)
    assert TOTPDevice.objects.get() == other
    assert client.get("/").status_code == 200


def test_somebody_elses_phone_does_not_count(
    tina: User, amir: User, device: TOTPDevice, client: Client
) -> None:
    TOTPDevice.objects.create(user=amir, confirmed=True)
    client.force_login(amir)
    assert enter(client, phone(device))[0] == 200
    session = client.session
    session["otp_device_id"] = device.persistent_id
    session.save()
    assert client.get("/").status_code == 302


def test_nothing_changes_behind_the_gate(tina: User, client: Client, edition: Edition) -> None:
    client.force_login(tina)
    assert client.post("/submissions/1/rerun/", {"reason": "again"}).url == f"{ASK}?"
    live = client.get("/attempts/1/live/", headers={"HX-Request": "true"})
    assert live.headers["HX-Refresh"] == "true"


def test_a_superuser_is_staff_too(client: Client) -> None:
    client.force_login(UserFactory(is_superuser=True, is_staff=True))
    assert client.get("/admin/").url.startswith(ASK)


def test_students_are_not_asked_and_find_nothing_here(alice: User, client: Client) -> None:
    client.force_login(alice)
    assert client.get("/").status_code == 200
    for path in (ASK, NEW, CODES):
        assert client.get(path).status_code == 404
        assert client.post(path, {"code": "1"}).status_code == 404


def test_staff_can_always_leave(tina: User, client: Client) -> None:
    client.force_login(tina)
    assert client.post("/logout/").url == "/login/"


def test_a_demonstration_does_not_ask(tina: User, client: Client, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = False
    client.force_login(tina)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("role", Role)
def test_staff_are_who_the_courses_say(enrolled: Callable[..., User], role: Role) -> None:
    assert enrolled("somebody", role).teaches == (role in STAFF)
