"""What the self-test of the App found, in words for who has to mend it. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from http import HTTPStatus
from typing import Any

from pydantic import Field

from portal.common.errors import in_words
from portal.github.payloads import Account, Installed, Moment, Part, Text
from portal.github.wishes import EVENTS, WISHES

CLOCK_SECONDS = 30  # by which clocks may differ; GitHub takes no proof that is a minute off
SHOWN = 100  # characters of GitHub's words
MOST = 150  # findings


class OwnerTold(Account):
    """Whose the App is: an organisation's or a person's."""

    type: Text = ""


class AppTold(Part):
    """The App as GitHub knows it."""

    slug: Text
    name: Text
    owner: OwnerTold
    permissions: dict[str, str] = Field(default_factory=dict)
    events: list[str] = Field(default_factory=list)


class HookTold(Part):
    """Where GitHub sends messages to."""

    url: Text = ""
    insecure_ssl: Text = "0"


class DeliveryTold(Part):
    """A message that GitHub sent, or tried to."""

    event: Text
    status_code: int = 0
    delivered_at: Moment


class InstalledTold(Installed):
    """An installation; `seen`: how many repositories; `trouble`: why nobody could ask."""

    html_url: Text = ""
    seen: int | None = None
    trouble: Text = ""


class Report(Part):
    """What a worker brought from GitHub."""

    clock: float | None = None
    refused: Text = ""
    said: Text = ""
    app: AppTold | None = None
    hook: HookTold = HookTold()
    deliveries: list[DeliveryTold] = Field(default_factory=list)
    installations: list[InstalledTold] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Places:
    """Pages of GitHub where something can be mended, and where messages should go."""

    web: str
    app: str  # the App's settings
    install: str
    hook: str  # "" when the portal does not know its own address

    def ours(self, link: str) -> str:
        """The link if it leads to this GitHub."""
        return link if link.startswith(f"{self.web}/") else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """`ok` None: neither right nor wrong. `todo` and `link`: what mends it, and where."""

    what: str
    ok: bool | None
    told: str
    todo: str = ""
    link: str = ""


def findings(report: Report, places: Places) -> list[dict[str, Any]]:
    """All findings, as they are stored."""
    found = [_key(report), _clock(report.clock)]
    if report.app and not report.refused:
        found += [
            *_permissions(report.app, places),
            *_messages(report, report.app, places),
            *_installations(report, report.app, places),
        ]
    return [asdict(each) for each in found[:MOST]]


def _key(report: Report) -> Finding:
    if report.refused or report.app is None:
        said = f" It said: “{report.said[:SHOWN]}”." if report.said else ""
        return Finding(
            "Key",
            ok=False,
            told=f"GitHub did not accept the portal's key.{said}",
            todo="If the clock below is right, the App or its key was removed at GitHub: forget the"
            " App here, and set up another.",
        )
    whose = f"GitHub knows the App as {report.app.name}, of {report.app.owner.login}."
    return Finding("Key", ok=True, told=whose)


def _clock(seconds: float | None) -> Finding:
    if seconds is None:
        return Finding("Clock", ok=None, told="GitHub did not say what time it has.")
    way = "behind" if seconds > 0 else "ahead of"
    told = f"This machine's clock is {in_words(round(abs(seconds)))} {way} GitHub's."
    if abs(seconds) <= CLOCK_SECONDS:
        return Finding("Clock", ok=True, told=told)
    todo = "Have it set over the network (NTP): GitHub takes no proof that is a minute off."
    return Finding("Clock", ok=False, told=told, todo=todo)


def _permissions(app: AppTold, places: Places) -> Iterator[Finding]:
    link = f"{places.app}/permissions"
    for wish in WISHES:
        what = f"Permission: {wish.title}, {wish.level}"
        if wish.granted(app.permissions):
            yield Finding(what, ok=True, told=wish.why)
        elif wish.optional:
            told, todo = f"Not granted, so {wish.without}.", "Grant it if you want that."
            yield Finding(what, ok=None, told=told, todo=todo, link=link)
        else:
            told = f"Missing. {wish.why}"
            yield Finding(what, ok=False, told=told, todo="Grant it to the App.", link=link)


def _messages(report: Report, app: AppTold, places: Places) -> Iterator[Finding]:
    what = "Address for messages"
    if not places.hook:
        yield Finding(
            what,
            ok=False,
            told="The portal does not know its own address, so GitHub cannot tell it of pushes.",
            todo="Set PORTAL_PUBLIC_URL to the address that GitHub reaches it by, and start again.",
        )
        return
    if report.hook.url != places.hook:
        yield Finding(
            what,
            ok=False,
            told=f"GitHub sends to {report.hook.url[:SHOWN] or 'nowhere'}; expected is"
            f" {places.hook}.",
            todo="Write that address into the App's settings, under “Webhook”, and set it active.",
            link=places.app,
        )
    elif report.hook.insecure_ssl != "0":
        told, todo = "GitHub does not verify the portal's certificate.", "Turn that on again."
        yield Finding(what, ok=False, told=told, todo=todo, link=places.app)
    else:
        yield Finding(what, ok=True, told=f"GitHub sends to {places.hook}.")
    yield from _events(app, places)
    yield _arrived(report, places)


def _events(app: AppTold, places: Places) -> Iterator[Finding]:
    granted = {wish.name for wish in WISHES if wish.granted(app.permissions)}
    link = f"{places.app}/permissions"
    for event, permission in EVENTS.items():
        if permission in granted and event not in app.events:
            told = "Missing: GitHub does not tell the portal of it."
            todo = "Tick it under “Subscribe to events”."
            yield Finding(f"Event: {event}", ok=False, told=told, todo=todo, link=link)
    heard = [event for event in EVENTS if event in app.events]
    if heard:
        yield Finding("Events", ok=True, told=f"GitHub tells of {', '.join(heard)}.")


def _arrived(report: Report, places: Places) -> Finding:
    what, link = "Messages", f"{places.app}/advanced"
    if not report.deliveries:
        told = "GitHub has sent none yet. The first comes when the App is installed."
        return Finding(what, ok=None, told=told)
    newest = max(report.deliveries, key=lambda each: each.delivered_at)
    lost = sum(not _taken(each) for each in report.deliveries)
    when = f"{newest.delivered_at:%-d %b %Y, %H:%M} UTC"
    told = f"The newest ({newest.event[:SHOWN]}, {when})"
    count = f"{lost} of the last {len(report.deliveries)} did not arrive."
    if _taken(newest):
        return Finding(what, ok=True, told=f"{told} arrived; {count}", link=link if lost else "")
    return Finding(
        what,
        ok=False,
        told=f"{told} was answered with {newest.status_code or 'nothing'}; {count}",
        todo="Look whether GitHub reaches this address from outside; it lists each message, and can"
        " send it again.",
        link=link,
    )


def _taken(delivery: DeliveryTold) -> bool:
    return HTTPStatus.OK <= delivery.status_code < HTTPStatus.MULTIPLE_CHOICES


def _installations(report: Report, app: AppTold, places: Places) -> Iterator[Finding]:
    if not report.installations:
        yield Finding(
            "Installations",
            ok=False,
            told="The App is installed nowhere, so it sees no repository.",
            todo="Install it for the organisation whose repositories it should see.",
            link=places.install,
        )
    for each in report.installations:
        yield _installation(each, app.permissions, places)


def _installation(each: InstalledTold, wanted: Mapping[str, str], places: Places) -> Finding:
    what, link = f"Installed for {each.account.login[:SHOWN]}", places.ours(each.html_url)
    if each.suspended_at:
        told, todo = "It is suspended: nothing works there.", "An owner ends the suspension."
        return Finding(what, ok=False, told=told, todo=todo, link=link)
    missing = [
        wish.title for wish in WISHES if wish.granted(wanted) and not wish.granted(each.permissions)
    ]
    if missing:
        return Finding(
            what,
            ok=False,
            told=f"Its owner has not agreed to what the App asks for since: {', '.join(missing)}.",
            todo="An owner reviews the request.",
            link=link and f"{link}/permissions/update",
        )
    if each.trouble:
        told = "GitHub did not let the portal look which repositories it sees."
        return Finding(what, ok=None, told=told, todo="Run the test again later.", link=link)
    chosen = "all of its repositories" if each.repository_selection == "all" else "chosen ones"
    count = "" if each.seen is None else f": {each.seen} now"
    return Finding(what, ok=True, told=f"It sees {chosen}{count}.", link=link)
