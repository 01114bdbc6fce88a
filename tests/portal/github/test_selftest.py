"""What the self-test says, for everything that can be missing."""

from typing import Any

import pytest

from portal.github.selftest import Places, Report, findings
from portal.github.wishes import EVENTS, WISHES, manifest

WEB = "https://github.com"
PLACES = Places(
    web=WEB,
    app=f"{WEB}/organizations/school/settings/apps/portal",
    install=f"{WEB}/apps/portal/installations/new",
    hook="https://portal.school.example/github/hook/",
)
ALL = {wish.name: wish.level for wish in WISHES}
AT = "2026-11-21T10:00:00Z"


def installed(**more: Any) -> dict[str, Any]:
    return {
        "id": 5,
        "account": {"id": 3, "login": "school"},
        "permissions": ALL,
        "events": list(EVENTS),
        "repository_selection": "all",
        "html_url": f"{WEB}/organizations/school/settings/installations/5",
        "seen": 61,
    } | more


def report(**more: Any) -> Report:
    app = {
        "slug": "portal",
        "name": "Portal",
        "owner": {"id": 3, "login": "school", "type": "Organization"},
        "permissions": ALL,
        "events": list(EVENTS),
    }
    well = {
        "clock": 1.2,
        "app": app | more.pop("app", {}),
        "hook": {"url": PLACES.hook, "insecure_ssl": "0"},
        "deliveries": [{"event": "ping", "status_code": 202, "delivered_at": AT}],
        "installations": [installed()],
    }
    return Report.model_validate(well | more)


def found(told: Report, places: Places = PLACES) -> dict[str, dict[str, Any]]:
    return {each["what"]: each for each in findings(told, places)}


def test_when_all_is_well_nothing_is_to_be_done() -> None:
    every = found(report())
    assert {each["ok"] for each in every.values()} == {True}
    assert {each["todo"] for each in every.values()} == {""}
    assert every["Key"]["told"] == "GitHub knows the App as Portal, of school."
    assert every["Clock"]["told"] == "This machine's clock is one second behind GitHub's."
    assert every["Installed for school"]["told"] == "It sees all of its repositories: 61 now."
    assert len(every) == 6 + len(WISHES)


def test_a_key_that_github_refuses_ends_the_test() -> None:
    every = found(Report(clock=-700, refused="unauthorised", said="Integration not found"))
    assert {name: each["ok"] for name, each in every.items()} == {"Key": False, "Clock": False}
    assert "It said: “Integration not found”." in every["Key"]["told"]
    assert every["Clock"]["told"] == "This machine's clock is 12 minutes ahead of GitHub's."
    assert "NTP" in every["Clock"]["todo"]


@pytest.mark.parametrize(("seconds", "ok"), [(30, True), (-30, True), (31, False), (None, None)])
def test_the_clock_may_be_a_little_off(seconds: float | None, ok: bool | None) -> None:
    assert found(report(clock=seconds))["Clock"]["ok"] is ok


@pytest.mark.parametrize("wish", WISHES, ids=lambda wish: wish.name)
def test_each_permission_that_is_missing_is_named(wish: Any) -> None:
    less = {name: level for name, level in ALL.items() if name != wish.name}
    each = found(report(app={"permissions": less}))[f"Permission: {wish.title}, {wish.level}"]
    assert each["ok"] is (None if wish.optional else False)
    assert each["link"] == f"{PLACES.app}/permissions"
    assert (wish.without if wish.optional else wish.why) in each["told"]


def test_a_lower_level_is_not_enough() -> None:
    told = found(report(app={"permissions": ALL | {"checks": "read"}}))
    assert told["Permission: Checks, write"]["ok"] is None


@pytest.mark.parametrize("event", EVENTS)
def test_each_event_that_is_missing_is_named(event: str) -> None:
    heard = [each for each in EVENTS if each != event]
    each = found(report(app={"events": heard}))[f"Event: {event}"]
    assert (each["ok"], each["link"]) == (False, f"{PLACES.app}/permissions")


def test_no_event_is_missed_without_its_permission() -> None:
    less = {name: level for name, level in ALL.items() if name != "checks"}
    told = found(report(app={"permissions": less, "events": ["push", "repository"]}))
    assert not [name for name in told if name.startswith("Event:")]


@pytest.mark.parametrize(
    ("hook", "says"),
    [
        ({}, "GitHub sends to nowhere; expected is https://portal.school.example/github/hook/."),
        ({"url": "https://old.example/x"}, "GitHub sends to https://old.example/x; expected"),
        ({"url": PLACES.hook, "insecure_ssl": "1"}, "does not verify the portal's certificate"),
    ],
)
def test_a_wrong_address_for_messages_is_told(hook: dict[str, str], says: str) -> None:
    each = found(report(hook=hook))["Address for messages"]
    assert (each["ok"], each["link"]) == (False, PLACES.app)
    assert says in each["told"]


def test_a_portal_that_knows_no_address_of_its_own_is_told_so() -> None:
    places = Places(PLACES.web, PLACES.app, PLACES.install, "")
    every = found(report(hook={}, deliveries=[], app={"events": []}), places)
    assert "PORTAL_PUBLIC_URL" in every["Address for messages"]["todo"]
    assert "Messages" not in every


def test_messages_that_do_not_arrive_are_told() -> None:
    lost = {"event": "push", "status_code": 502, "delivered_at": AT}
    fine = {"event": "ping", "status_code": 202, "delivered_at": "2026-11-21T09:00:00Z"}
    each = found(report(deliveries=[fine, lost]))["Messages"]
    assert each["ok"] is False
    assert each["told"] == (
        "The newest (push, 21 Nov 2026, 10:00 UTC) was answered with 502; 1 of the last 2 did not"
        " arrive."
    )
    mended = found(report(deliveries=[lost, fine | {"delivered_at": "2026-11-21T11:00:00Z"}]))
    assert mended["Messages"]["ok"] is True
    assert mended["Messages"]["link"] == f"{PLACES.app}/advanced"
    assert found(report(deliveries=[]))["Messages"]["ok"] is None
    nothing = found(report(deliveries=[lost | {"status_code": 0}]))["Messages"]["told"]
    assert "was answered with nothing" in nothing


def test_installed_nowhere_is_told_with_the_way_there() -> None:
    each = found(report(installations=[]))["Installations"]
    assert (each["ok"], each["link"]) == (False, PLACES.install)


@pytest.mark.parametrize(
    ("more", "ok", "says", "below"),
    [
        ({"suspended_at": AT}, False, "It is suspended", ""),
        ({"permissions": {"metadata": "read"}}, False, "agreed", "/permissions/update"),
        ({"trouble": "unreachable", "seen": None}, None, "did not let the portal look", ""),
        ({"repository_selection": "selected", "seen": 2}, True, "It sees chosen ones: 2 now.", ""),
        ({"seen": None}, True, "It sees all of its repositories.", ""),
    ],
)
def test_how_an_installation_stands(
    more: dict[str, Any], ok: bool | None, says: str, below: str
) -> None:
    each = found(report(installations=[installed(**more)]))["Installed for school"]
    assert each["ok"] is ok
    assert says in each["told"]
    assert each["link"] == installed()["html_url"] + below


def test_no_link_leads_elsewhere() -> None:
    told = report(installations=[installed(html_url="https://github.com.evil.example/x")])
    assert found(told)["Installed for school"]["link"] == ""


def asked(*left_out: str, hook: str = PLACES.hook) -> dict[str, Any]:
    return manifest(
        name="Portal",
        home="https://portal.school.example",
        hook=hook,
        back="https://portal.school.example/github/made/",
        callbacks=["https://portal.school.example/login/github/callback/"],
        left_out=set(left_out),
    )


def test_a_manifest_asks_for_no_more_than_what_is_ticked() -> None:
    assert asked()["default_permissions"] == ALL
    less = asked("administration", "checks", "contents")
    assert less["default_permissions"].keys() == ALL.keys() - {"administration", "checks"}
    assert less["default_events"] == ["push", "repository"]
    assert less["public"] is False
    assert asked(hook="").keys() & {"hook_attributes", "default_events"} == set()
