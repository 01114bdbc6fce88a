"""Who sees what: every address of the portal, asked by everybody."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal.courses.models import Team
from portal.people.models import User
from portal.submissions.models import Lookup, LookupStatus, Submission
from portal.submissions.states import State
from tests.factories import AttemptFactory, CriterionFactory, LookupFactory

OK, GONE, DENIED, SIGN_IN, ELSEWHERE = 200, 404, 403, "/login/", "302"
WAITING = 204
PEOPLE = ("alice", "bob", "charlie", "tina", "amir", "otto", "anonymous")


class Rule(NamedTuple):
    """What each person gets at an address, in the order of PEOPLE."""

    method: str
    argument: str
    answers: tuple[int | str, ...]


TEAM_AND_STAFF = (OK, OK, GONE, OK, OK, GONE, SIGN_IN)
STAFF = (GONE, GONE, GONE, OK, OK, GONE, SIGN_IN)
OWNER = (OK, GONE, GONE, GONE, GONE, GONE, SIGN_IN)
EVERYBODY = (OK, OK, OK, OK, OK, OK, SIGN_IN)

TABLE = {
    "login": Rule("get", "", (*[ELSEWHERE] * 6, OK)),
    "logout": Rule("post", "", (*[ELSEWHERE] * 6, SIGN_IN)),
    "dashboards:home": Rule("get", "", EVERYBODY),
    "dashboards:edition": Rule("get", "edition", STAFF),
    "dashboards:class": Rule("get", "edition", STAFF),
    "dashboards:reviews": Rule("get", "edition", STAFF),
    "dashboards:log": Rule("get", "edition", STAFF),
    "submissions:project": Rule("get", "project", (OK, OK, OK, OK, OK, GONE, SIGN_IN)),
    "submissions:lookup": Rule("get", "lookup", OWNER),
    "submissions:lookup-poll": Rule("get", "lookup", (WAITING, *OWNER[1:])),
    "submissions:confirm": Rule("post", "found", (ELSEWHERE, *OWNER[1:])),
    "submissions:attempt": Rule("get", "attempt", TEAM_AND_STAFF),
    "submissions:live": Rule("get", "attempt", TEAM_AND_STAFF),
    "submissions:cancel": Rule(
        "post", "attempt", (ELSEWHERE, ELSEWHERE, GONE, ELSEWHERE, ELSEWHERE, GONE, SIGN_IN)
    ),
    "submissions:rerun": Rule(
        "post", "submission", (DENIED, DENIED, GONE, ELSEWHERE, ELSEWHERE, GONE, SIGN_IN)
    ),
    "assessment:review": Rule("get", "attempt", STAFF),
    "assessment:decide": Rule(
        "post", "decision", (GONE, GONE, GONE, ELSEWHERE, ELSEWHERE, GONE, SIGN_IN)
    ),
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


@pytest.fixture
def arguments(work: Submission, alice: User) -> dict[str, tuple[int, ...]]:
    attempt = AttemptFactory(submission=work, state=State.QUEUED)
    criterion = CriterionFactory(mini_project=work.mini_project, lab=work.lab)
    waiting, found = (
        LookupFactory(mini_project=work.mini_project, team=work.team, person=alice) for _ in "ab"
    )
    Lookup.objects.filter(pk=found.pk).update(status=LookupStatus.FOUND, commit="c" * 40)
    return {
        "": (),
        "edition": (work.mini_project.edition_id,),
        "project": (work.mini_project_id,),
        "lookup": (waiting.pk,),
        "found": (found.pk,),
        "attempt": (attempt.pk,),
        "submission": (work.pk,),
        "decision": (attempt.pk, criterion.pk),
    }


@pytest.mark.parametrize("name", TABLE)
@pytest.mark.parametrize("who", PEOPLE)
def test_access(
    who: str,
    name: str,
    arguments: dict[str, tuple[int, ...]],
    team: Team,
    charlie: User,
    tina: User,
    amir: User,
    otto: User,
    client: Client,
) -> None:
    del team, charlie, tina, amir, otto
    rule = TABLE[name]
    if who != "anonymous":
        client.force_login(User.objects.get(username=who))
    response = getattr(client, rule.method)(reverse(name, args=arguments[rule.argument]))
    expected = rule.answers[PEOPLE.index(who)]
    if isinstance(expected, int):
        assert response.status_code == expected
    else:
        assert response.status_code == 302
        assert response.url.startswith(SIGN_IN) == (expected == SIGN_IN or name == "logout")
