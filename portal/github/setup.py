"""The App: made of a manifest, tested, forgotten."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import structlog
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from pydantic import BaseModel, ConfigDict, Field

from portal.common.errors import Refused
from portal.common.text import storable
from portal.github import errands, known
from portal.github.kinds import KINDS, Kind, Told
from portal.github.models import App, Errand, Installation
from portal.github.sealed import seal
from portal.github.selftest import Places, Report, findings
from portal.people.models import User

log = structlog.get_logger()

KEY = "app"  # of both errands: there is one App
HOME = "https://github.com"
LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}")


class Made(BaseModel):
    """An App as GitHub tells of it once, secrets included."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    id: int = Field(gt=0, lt=2**63)
    slug: str = Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")
    name: str = Field(max_length=100)
    client_id: str = Field(max_length=60)
    client_secret: str = Field(min_length=1, max_length=200)
    webhook_secret: str | None = Field(None, max_length=200)
    pem: str = Field(min_length=1, max_length=10_000)


def hook_address() -> str:
    """Where GitHub sends messages to; nothing while the portal's own address is not set."""
    return settings.PUBLIC_URL + reverse("github:hook") if settings.PUBLIC_URL else ""


def new_app_page(organisation: str, state: str) -> str:
    """The page of GitHub that takes a manifest; an empty name stands for one's own account."""
    owner = f"organizations/{quote(organisation)}/" if organisation else ""
    return f"{settings.GITHUB_URL}/{owner}settings/apps/new?state={quote(state)}"


def app_page(app: App) -> str:
    """The App's own page, from where it is installed."""
    below = "apps" if settings.GITHUB_URL == HOME else "github-apps"
    return f"{settings.GITHUB_URL}/{below}/{app.slug}"


def made_at_github(code: str, *, by: User) -> Errand:
    """Have a worker fetch what GitHub made of the manifest. Raises `Refused` if there is an App."""
    if App.objects.exists():
        raise Refused("This portal has an App already. Forget that first, then set up another.")
    return errands.ask("manifest", KEY, {"code": code[:200]}, person=by)


def look_over(*, by: User | None) -> Errand:
    """Have a worker look how the App stands."""
    return errands.ask("selftest", KEY, person=by)


def newest(kind: str) -> Errand | None:
    """The newest errand of a kind."""
    return Errand.objects.filter(kind=kind, key=KEY).order_by("-pk").first()


def forget(*, by: User) -> None:
    """Remove the App's keys, and what is known of its installations."""
    with transaction.atomic():
        now = timezone.now()
        App.objects.all().delete()
        Errand.objects.filter(kind__in=("manifest", "selftest"), key=KEY).delete()
        Installation.objects.filter(removed_at=None).update(removed_at=now)
    log.info("github_app_forgotten", person=by.pk)


def _without_secrets(answer: Any) -> Any:  # noqa: ANN401 - any JSON value
    return {"slug": answer.get("slug")} if isinstance(answer, Mapping) else None


def _store(errand: Errand, answer: Any) -> None:  # noqa: ANN401 - any JSON value
    made = Made.model_validate(answer)
    secrets = {
        "private_key": made.pem,
        "webhook_secret": made.webhook_secret or "",
        "client_secret": made.client_secret,
    }
    App.objects.update_or_create(
        only=True,
        defaults={
            "number": made.id,
            "slug": made.slug,
            "name": storable(made.name),
            "client_id": made.client_id,
            "sealed": seal(secrets),
            "made_at": timezone.now(),
            "made_by": errand.person,
            "checked_at": None,
            "findings": [],
        },
    )
    Errand.objects.filter(pk=errand.pk).update(arguments={})
    log.info("github_app_made", number=made.id, person=errand.person_id)
    look_over(by=errand.person)


def _with_app(errand: Errand) -> Told | None:
    return dict(errand.arguments) if App.objects.exists() else None


def _note(errand: Errand, answer: Any) -> None:  # noqa: ANN401 - any JSON value
    del errand
    app, report = App.objects.first(), Report.model_validate(answer)
    if app is None:
        return
    app.findings = findings(report, _places(app, report))
    app.checked_at = timezone.now()
    app.save(update_fields=["findings", "checked_at"])
    if report.app is None:
        return
    for each in report.installations:
        known.installation_told(each)


def _places(app: App, report: Report) -> Places:
    owner = report.app.owner if report.app else None
    whose = f"organizations/{quote(owner.login)}/" if owner and owner.type == "Organization" else ""
    page = f"{settings.GITHUB_URL}/{whose}settings/apps/{app.slug}"
    install = f"{app_page(app)}/installations/new"
    return Places(settings.GITHUB_URL, page, install, hook_address())


KINDS["manifest"] = Kind(answered=_store, kept=_without_secrets)
KINDS["selftest"] = Kind(prepare=_with_app, answered=_note)
