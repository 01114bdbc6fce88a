"""Where GitHub's messages arrive."""

import json
import re
from http import HTTPStatus

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from portal.github import hooks
from portal.github.credentials import keys

LARGEST = 25 * 1024 * 1024  # bytes; GitHub sends no more
NAME = re.compile(r"[0-9A-Za-z_-]{1,60}")


@csrf_exempt  # the signature proves who sends it
@login_not_required
@require_POST
def receive(request: HttpRequest) -> HttpResponse:
    """Take one message; the answer never waits for GitHub."""
    found = keys()
    if found is None:
        raise Http404
    body = request.read(LARGEST + 1)
    if len(body) > LARGEST:
        return _said(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            f"This message is larger than {LARGEST // 1024**2} MB, which is the most that"
            " GitHub sends. Nothing was read of it.",
        )
    signature = request.headers.get("X-Hub-Signature-256", "")
    if not hooks.genuine(body, signature, found.webhook_secret):
        return _said(
            HTTPStatus.UNAUTHORIZED,
            "The signature in X-Hub-Signature-256 is missing or wrong. It has to be made with the"
            " secret that the portal's GitHub App has; an administrator sets the App up again if"
            " the two differ.",
        )
    event = request.headers.get("X-GitHub-Event", "")
    guid = request.headers.get("X-GitHub-Delivery", "")
    payload = _payload(body)
    if payload is None or not NAME.fullmatch(event) or not NAME.fullmatch(guid):
        return _said(
            HTTPStatus.BAD_REQUEST,
            "This is not a message of GitHub: expected is JSON (application/json), with its event"
            " in X-GitHub-Event and its delivery in X-GitHub-Delivery.",
        )
    hook = hooks.receive(guid=guid, event=event, body=body, payload=payload)
    if hook is None:
        return _said(HTTPStatus.OK, "This delivery is known already; nothing was done again.")
    return _said(HTTPStatus.ACCEPTED, "Taken.")


def _payload(body: bytes) -> dict[str, object] | None:
    try:
        payload = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return payload if isinstance(payload, dict) else None


def _said(status: HTTPStatus, words: str) -> HttpResponse:
    return HttpResponse(words + "\n", status=status, content_type="text/plain; charset=utf-8")
