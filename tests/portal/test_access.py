"""Who sees what: every address of the portal, asked by everybody, in both ways."""

from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

import pytest
from django.contrib import admin
from django.http import HttpResponse
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from portal.people.models import User

OK, NOTHING_NEW, UNKNOWN, DENIED, GONE, NOT_SO, UNSAID = 200, 204, 401, 403, 404, 405, 422
SIGN_IN, ELSEWHERE = "/login/", "302"
PEOPLE = ("alice", "bob", "charlie", "tina", "amir", "otto", "anonymous")
Answers = tuple[int | str, ...]


class Rule(NamedTuple):
    """What each person gets at an address, in the order of PEOPLE, when asking and when sending."""

    argument: str
    get: Answers
    post: Answers


def answers(*signed_in: int | str, anonymous: int | str = SIGN_IN) -> Answers:
    """One answer for each of the six who signed in, or one for them all."""
    return (*(signed_in if len(signed_in) > 1 else signed_in * 6), anonymous)


def staff_and(team: int | str, staff: int | str) -> Answers:
    """The owner and her team; then the staff of this very edition; nothing for the others."""
    return answers(team, team, GONE, staff, staff, GONE)


TEAM_AND_STAFF = staff_and(OK, OK)
STAFF = staff_and(GONE, OK)
LECTURER = answers(*[GONE] * 3, OK, DENIED, GONE)
STUDENTS = answers(OK, OK, OK, GONE, GONE, GONE)
STUDENTS_SEND = answers(ELSEWHERE, ELSEWHERE, ELSEWHERE, GONE, GONE, GONE)
READ_ONLY = WRITE_ONLY = answers(NOT_SO)
NO_STUDENT = answers(GONE, GONE, GONE, OK, OK, OK)

TOKEN = answers(UNKNOWN, anonymous=UNKNOWN)
API = {
    **dict.fromkeys(("me", "editions", "submissions", "attempts"), ""),
    "mini-projects": "edition",
    **dict.fromkeys(("mini-project", "ask"), "project"),
    **dict.fromkeys(("lookup", "confirm"), "lookup"),
    **dict.fromkeys(("submission", "rerun"), "submission"),
    **dict.fromkeys(("attempt", "cancel"), "attempt"),
    **dict.fromkeys(
        (
            *("rules", "dates", "roster", "teams", "results", "my-result", "slots", "bookings"),
            *("publishing", "resits", "my-resit", "requests", "move-session", "settle"),
            "talks",
        ),
        "edition",
    ),
    **dict.fromkeys(("result", "presence", "lift", "bonus", "arrange"), "student"),
    "marks": "mark",
    "levels": "desk",
    **dict.fromkeys(("figures", "deliveries", "extend"), "project"),
    "answer": "own-request",
    **dict.fromkeys(("own-slots", "video"), "shown"),
    **dict.fromkeys(("book", "book-for", "withdraw", "wait"), "slot"),
    **dict.fromkeys(("cancel-booking", "outcome", "sheet"), "booking"),
    "leave": "waiting",
    "question": "talk",
}

TABLE = {
    "login": Rule("", answers(ELSEWHERE, anonymous=OK), answers(ELSEWHERE, anonymous=OK)),
    "logout": Rule(
        "", answers(NOT_SO, anonymous=ELSEWHERE), answers(ELSEWHERE, anonymous=ELSEWHERE)
    ),
    "github_start": Rule(
        "", answers(NOT_SO, anonymous=NOT_SO), answers(ELSEWHERE, anonymous=ELSEWHERE)
    ),
    "github_callback": Rule(
        "", answers(DENIED, anonymous=DENIED), answers(NOT_SO, anonymous=NOT_SO)
    ),
    "first": Rule("first", answers(GONE, anonymous=GONE), answers(GONE, anonymous=GONE)),
    "account": Rule("", answers(OK), READ_ONLY),
    "password": Rule("", answers(OK), answers(UNSAID)),
    "github_link": Rule("", WRITE_ONLY, answers(ELSEWHERE)),
    "github_unlink": Rule("", WRITE_ONLY, answers(ELSEWHERE)),
    # Of superusers alone, whom tests/portal/github asks
    **dict.fromkeys(
        (f"github:{name}" for name in ("app", "begin", "made", "check", "allow", "forget")),
        Rule("", answers(GONE), answers(GONE)),
    ),
    "second-factor": Rule("", *[answers(GONE, GONE, GONE, *[ELSEWHERE] * 3)] * 2),
    "second-factor-new": Rule("", NO_STUDENT, NO_STUDENT),
    "recovery-codes": Rule("", *[answers(GONE, GONE, GONE, *[ELSEWHERE] * 3)] * 2),
    # What a browser's session cannot open; tests/portal/api has the table for tokens.
    "api:schema": Rule("", answers(OK, anonymous=OK), answers(NOT_SO, anonymous=NOT_SO)),
    "api:nowhere": Rule("nowhere", answers(GONE, anonymous=GONE), answers(GONE, anonymous=GONE)),
    **{f"api:{name}": Rule(argument, TOKEN, TOKEN) for name, argument in API.items()},
    "tokens": Rule("", answers(OK), answers(UNSAID)),
    "revoke-token": Rule("token", WRITE_ONLY, answers(ELSEWHERE, *[GONE] * 5)),
    "admin-sign-in": Rule("", answers(GONE), answers(GONE)),
    "dashboards:home": Rule("", answers(OK), READ_ONLY),
    "dashboards:edition": Rule("edition", STAFF, READ_ONLY),
    "dashboards:class": Rule("edition", STAFF, READ_ONLY),
    "dashboards:reviews": Rule("edition", STAFF, READ_ONLY),
    "dashboards:log": Rule("edition", STAFF, READ_ONLY),
    "dashboards:insight": Rule("edition", STAFF, READ_ONLY),
    "dashboards:progress": Rule("project", answers(OK, OK, OK, OK, OK, GONE), READ_ONLY),
    "dashboards:trouble": Rule("edition", STAFF, READ_ONLY),
    "courses:course": Rule(
        "edition",
        answers(OK, OK, OK, OK, OK, GONE),
        answers(*[DENIED] * 3, *[ELSEWHERE] * 2, GONE),
    ),
    "courses:teams": Rule("edition", STAFF, staff_and(GONE, ELSEWHERE)),
    "courses:contacts": Rule("edition", STAFF, staff_and(GONE, ELSEWHERE)),
    "courses:roster": Rule(
        "edition",
        answers(*[GONE] * 3, OK, DENIED, GONE),
        answers(*[GONE] * 3, UNSAID, DENIED, GONE),
    ),
    "courses:invitations": Rule(
        "edition",
        WRITE_ONLY,
        answers(*[GONE] * 3, OK, DENIED, GONE),
    ),
    "submissions:project": Rule(
        "project", answers(OK, OK, OK, OK, OK, GONE), answers(*[UNSAID] * 5, GONE)
    ),
    "submissions:rerun-all": Rule("project", STAFF, staff_and(GONE, ELSEWHERE)),
    "submissions:lookup": Rule("lookup", answers(OK, *[GONE] * 5), READ_ONLY),
    "submissions:lookup-poll": Rule("lookup", answers(NOTHING_NEW, *[GONE] * 5), READ_ONLY),
    "submissions:confirm": Rule("found", WRITE_ONLY, answers(ELSEWHERE, *[GONE] * 5)),
    "submissions:attempt": Rule("attempt", TEAM_AND_STAFF, READ_ONLY),
    "submissions:live": Rule("attempt", TEAM_AND_STAFF, READ_ONLY),
    "submissions:cancel": Rule("attempt", WRITE_ONLY, staff_and(ELSEWHERE, ELSEWHERE)),
    "submissions:rerun": Rule("submission", WRITE_ONLY, staff_and(DENIED, ELSEWHERE)),
    "assessment:review": Rule("attempt", STAFF, READ_ONLY),
    "assessment:decide": Rule("decision", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:own": Rule("edition", STUDENTS, READ_ONLY),
    "demos:slots": Rule("shown", STUDENTS, READ_ONLY),
    "demos:send-video": Rule("shown", WRITE_ONLY, STUDENTS_SEND),
    "demos:book": Rule("slot", WRITE_ONLY, STUDENTS_SEND),
    "demos:wait": Rule("slot", WRITE_ONLY, STUDENTS_SEND),
    "demos:leave": Rule("waiting", WRITE_ONLY, staff_and(ELSEWHERE, GONE)),
    "demos:cancel": Rule("booking", WRITE_ONLY, staff_and(ELSEWHERE, ELSEWHERE)),
    "demos:day": Rule("edition", STAFF, READ_ONLY),
    "demos:publish": Rule("edition", STAFF, staff_and(GONE, UNSAID)),
    "demos:withdraw": Rule("slot", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:book-for": Rule("slot", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:absent": Rule("booking", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:sheet": Rule("booking", STAFF, READ_ONLY),
    "demos:save-sheet": Rule("booking", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:video-sheet": Rule("video", STAFF, READ_ONLY),
    "demos:save-video-sheet": Rule("video", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:talks": Rule("edition", answers(OK, OK, OK, OK, OK, GONE), READ_ONLY),
    "demos:change-talks": Rule("edition", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:question": Rule("talk", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "demos:calendar": Rule("", answers(OK), answers(ELSEWHERE)),
    "demos:feed": Rule("feed", answers(OK, anonymous=OK), answers(NOT_SO, anonymous=NOT_SO)),
    # GitHub's own messages prove themselves by a signature; here is no App that could check it
    "github:hook": Rule("", answers(NOT_SO, anonymous=NOT_SO), answers(GONE, anonymous=GONE)),
    "github:on-push": Rule("desk", WRITE_ONLY, staff_and(ELSEWHERE, ELSEWHERE)),
    "github:badge": Rule("badge", answers(OK, anonymous=OK), answers(NOT_SO, anonymous=NOT_SO)),
    "github:repositories": Rule("edition", LECTURER, answers(*[GONE] * 3, UNSAID, DENIED, GONE)),
    "github:order": Rule("order", LECTURER, answers(*[GONE] * 3, ELSEWHERE, DENIED, GONE)),
    "github:progress": Rule("order", LECTURER, READ_ONLY),
    "github:workflow": Rule("submission", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "similarity:project": Rule("project", STAFF, staff_and(GONE, UNSAID)),
    "similarity:comparison": Rule("comparison", STAFF, READ_ONLY),
    "similarity:pair": Rule("pair", STAFF, READ_ONLY),
    "deliveries:own": Rule("edition", STUDENTS, READ_ONLY),
    "deliveries:project": Rule("project", STUDENTS, answers(*[UNSAID] * 3, *[GONE] * 3)),
    "deliveries:work": Rule("desk", STAFF, READ_ONLY),
    "deliveries:everybody": Rule("edition", STAFF, READ_ONLY),
    "assessment:draft": Rule("decision", WRITE_ONLY, STAFF),
    "assessment:assess": Rule("desk", STAFF, READ_ONLY),
    "assessment:assess-one": Rule("desk-one", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "assessment:assess-draft": Rule("desk-one", WRITE_ONLY, STAFF),
    "assessment:open-desk": Rule("student", WRITE_ONLY, answers(*[GONE] * 6)),
    "assessment:book": Rule("edition", STAFF, READ_ONLY),
    "assessment:record": Rule("student", STAFF, READ_ONLY),
    "assessment:say": Rule("student", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "assessment:card": Rule("student", STAFF, READ_ONLY),
    "assessment:export": Rule("csv", STAFF, READ_ONLY),
    "assessment:publish": Rule("edition", STAFF, staff_and(GONE, ELSEWHERE)),
    "assessment:marks": Rule("edition", STAFF, READ_ONLY),
    "assessment:mark": Rule("mark", STAFF, answers(*[GONE] * 6)),
    "assessment:upload": Rule("mark", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "assessment:resits": Rule("edition", STAFF, READ_ONLY),
    "assessment:requests": Rule("edition", STAFF, READ_ONLY),
    "assessment:answer": Rule("request", WRITE_ONLY, staff_and(GONE, ELSEWHERE)),
    "assessment:outcomes": Rule("edition", STAFF, READ_ONLY),
    "assessment:mine": Rule("edition", STUDENTS, READ_ONLY),
    "assessment:my-card": Rule("edition", STUDENTS, READ_ONLY),
    "assessment:ask": Rule("edition", WRITE_ONLY, answers(*[ELSEWHERE] * 3, *[GONE] * 3)),
    "assessment:scale": Rule("edition", WRITE_ONLY, STUDENTS_SEND),
    "assessment:checklist": Rule("edition", STUDENTS, STUDENTS_SEND),
    "assessment:appoint": Rule("edition", WRITE_ONLY, answers(*[ELSEWHERE] * 3, *[GONE] * 3)),
}


def named(patterns: list[URLPattern | URLResolver], space: str = "") -> Iterator[str]:
    for each in patterns:
        if isinstance(each, URLResolver):
            if each.namespace != "admin":
                inner = f"{each.namespace}:" if each.namespace else ""
                yield from named(each.url_patterns, space + inner)
        else:
            yield f"{space}{each.name}"


def test_the_table_names_every_address() -> None:
    assert set(named(get_resolver().url_patterns)) == set(TABLE)


def as_one(who: str, **how: bool) -> Client:
    client = Client(**how)
    if who != "anonymous":
        client.force_login(User.objects.get(username=who))
    return client


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("who", PEOPLE)
def test_access(
    who: str, name: str, arguments: dict[str, tuple[int, ...]], everybody: None
) -> None:
    rule, at = TABLE[name], PEOPLE.index(who)
    path = reverse(name, args=arguments[rule.argument])
    if not name.startswith("api:") and name != "github:hook":
        # A form without its token changes nothing, whoever is signed in; so this can come first.
        assert as_one(who, enforce_csrf_checks=True).post(path).status_code == 403
    assert told(as_one(who).get(path), name) == rule.get[at]
    assert told(as_one(who).post(path, {"sent": "something"}), name) == rule.post[at]


def told(response: HttpResponse, name: str) -> int | str:
    """The status; for a redirect, whether it leads to signing in."""
    if response.status_code != 302:
        return response.status_code
    asks = response.headers["Location"].startswith(SIGN_IN)
    return SIGN_IN if asks and name != "logout" else ELSEWHERE


def admin_paths() -> list[str]:
    """Every address of Django's admin, with a number wherever it takes one."""
    names = {each.name for each in _flat(admin.site.urls[0]) if each.name}
    return sorted(path for name in names - {"login"} if (path := _reversed(f"admin:{name}")))


def _flat(patterns: list[URLPattern | URLResolver]) -> Iterator[URLPattern]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from _flat(each.url_patterns)
        else:
            yield each


def _reversed(name: str) -> str:
    for args in ((), ("1",), ("1", "1")):
        with suppress(NoReverseMatch):
            return reverse(name, args=args)
    return reverse(name, kwargs={"app_label": "people"})


@pytest.mark.parametrize("who", PEOPLE)
def test_the_admin_is_for_nobody_of_them(who: str, everybody: None) -> None:
    paths = admin_paths()
    assert len(paths) > 30
    client, leave = as_one(who), reverse("admin:logout")
    for path in paths:
        for method in (client.get, client.post):
            answer = method(path)
            assert answer.status_code in {302, 403, 404}, path
            if answer.status_code == 302:
                assert answer.url.startswith(("/admin/login/", "/login/")) or path == leave, path


def test_the_admin_has_no_sign_in_page_of_its_own(client: Client) -> None:
    answer = client.get("/admin/login/?next=/admin/people/user/")
    assert answer.url == "/login/?next=/admin/people/user/"
