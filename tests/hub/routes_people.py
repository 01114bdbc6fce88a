"""People, organisations and how much may still be asked."""

from tests.hub.models import now
from tests.hub.routing import Answer, Call, RefusalError, route

LIMIT = 5000


@route("GET", "/users/{username}")
def user(call: Call) -> Answer:
    account = call.hub.world.account(call.path["username"])
    if account is None:
        raise RefusalError(404, "Not Found")
    return Answer(call.hub.shapes.whole_person(account))


@route("GET", "/user/{account_id}")
def user_by_number(call: Call) -> Answer:
    wanted = int(call.path["account_id"])
    every = call.hub.world.accounts.values()
    account = next((one for one in every if one.number == wanted), None)
    if account is None:
        raise RefusalError(404, "Not Found")
    return Answer(call.hub.shapes.whole_person(account))


@route("GET", "/orgs/{org}")
def organisation(call: Call) -> Answer:
    account = call.hub.world.account(call.path["org"])
    if account is None or account.kind != "Organization":
        raise RefusalError(404, "Not Found")
    return Answer(call.hub.shapes.organisation(account))


@route("GET", "/user", only="person")
def myself(call: Call) -> Answer:
    private = "user" in call.token.scopes
    return Answer(call.hub.shapes.whole_person(call.person, private=private))


@route("GET", "/user/emails", only="person")
def emails(call: Call) -> Answer:
    person = call.person
    if not {"user", "user:email"} & set(call.token.scopes):
        raise RefusalError(404, "Not Found")
    every = [
        {
            "email": email,
            "primary": number == 0,
            "verified": email not in person.unverified,
            "visibility": "private" if number == 0 else None,
        }
        for number, email in enumerate(person.emails)
    ]
    some, headers = call.page(every)
    return Answer(some, headers=headers)


@route("GET", "/rate_limit")
def rate_limit(call: Call) -> Answer:
    used = call.hub.used % LIMIT
    reset = int(now().timestamp()) + 3600
    core = {"limit": LIMIT, "remaining": LIMIT - used, "reset": reset, "used": used}
    return Answer({"resources": {"core": core, "search": core}, "rate": core})
