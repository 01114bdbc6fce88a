"""The pages of github.com that a browser visits: signing in, and making an app of a manifest.

Whoever looks is `hub.browsing`: there is no password here. Consent is given at once; without
anybody signed in, or with `hub.consents` off, it is refused.
"""

import base64
import hashlib
import html
import json
import secrets
from email.message import Message
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

from tests.hub import contract
from tests.hub.models import App
from tests.hub.routes_app import app_shape
from tests.hub.routing import Answer, Call, RefusalError, route

if TYPE_CHECKING:
    from tests.hub.standin import StandIn

Reply = tuple[int, dict[str, str], bytes]
HTML = {"Content-Type": "text/html; charset=utf-8"}
JSON = {"Content-Type": "application/json; charset=utf-8"}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
MANIFEST = ("url", "name", "hook_attributes", "redirect_url", "callback_urls", "setup_url")
MANIFEST += ("description", "public", "default_events", "default_permissions")
MANIFEST += ("request_oauth_on_install", "setup_on_update")


def respond(hub: "StandIn", method: str, target: str, headers: Message, content: bytes) -> Reply:
    parts = urlsplit(target)
    query = dict(parse_qsl(parts.query))
    form = {name: values[0] for name, values in parse_qs(content.decode()).items()}
    words = parts.path.strip("/").split("/")
    match (method, words):
        case ("GET", ["login", "oauth", "authorize"]):
            return authorize(hub, query)
        case ("POST", ["login", "oauth", "access_token"]):
            return access_token(hub, query | form, headers)
        case ("POST", ["settings", "apps", "new"]):
            return new_app(hub, "", query, form)
        case ("POST", ["organizations", owner, "settings", "apps", "new"]):
            return new_app(hub, owner, query, form)
    return 404, HTML, b"<h1>Not Found</h1>"


def client(hub: "StandIn", number: str) -> App | None:
    return next((one for one in hub.world.apps if one.client_id == number), None)


def authorize(hub: "StandIn", query: dict[str, str]) -> Reply:
    """Back to whoever asked, with a code of ten minutes, or with the reason why not."""
    app, back = client(hub, query.get("client_id", "")), query.get("redirect_uri", "")
    if app is None or (app.callbacks and not any(back.startswith(one) for one in app.callbacks)):
        return 404, HTML, b"<h1>Not Found</h1>"
    told = {"state": query["state"]} if "state" in query else {}
    if hub.browsing is None or not hub.consents:
        text = "The user has denied your application access."
        told |= {"error": "access_denied", "error_description": text}
    else:
        code = secrets.token_hex(10)
        hub.codes[code] = (app, hub.browsing, query)
        told["code"] = code
    mark = "&" if "?" in back else "?"
    return 302, {"Location": back + mark + urlencode(told)}, b""


def access_token(hub: "StandIn", form: dict[str, str], headers: Message) -> Reply:
    """A token for a code, once; a wrong secret or code is an error with status 200, as there."""
    app = client(hub, form.get("client_id", ""))
    code = hub.codes.pop(form.get("code", ""), None)
    if app is None or form.get("client_secret") != app.client_secret:
        told = {"error": "incorrect_client_credentials"}
    elif code is None or code[0] is not app or not verified(code[2], form):
        told = {"error": "bad_verification_code"}
    else:
        scopes = tuple(code[2].get("scope", "").replace(",", " ").split())
        token = hub.world.add_token("gho_", person=code[1], scopes=scopes)
        told = {"access_token": token.value, "token_type": "bearer", "scope": ",".join(scopes)}
    if "json" in headers.get("Accept", ""):
        return 200, JSON, json.dumps(told).encode()
    return 200, FORM, urlencode(told).encode()


def verified(asked: dict[str, str], form: dict[str, str]) -> bool:
    """Proof key of the code (RFC 7636), where one was sent."""
    if "code_challenge" not in asked:
        return True
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]


def new_app(hub: "StandIn", owner: str, query: dict[str, str], form: dict[str, str]) -> Reply:
    """Make the app that a manifest describes, and go back with the code for its secrets."""
    account = hub.world.account(owner) if owner else hub.browsing
    if hub.browsing is None or account is None:
        return 404, HTML, b"<h1>Not Found</h1>"
    manifest: dict[str, Any] = json.loads(form["manifest"])
    wrong = manifest_faults(manifest)
    if wrong:
        hub.violations += wrong
        return 422, HTML, html.escape("; ".join(wrong)).encode()
    hook = manifest.get("hook_attributes", {})
    app = hub.app(
        manifest["name"],
        owner=account,
        permissions=manifest.get("default_permissions", {}),
        events=manifest.get("default_events", []),
        hook_url=hook.get("url", "") if hook.get("active", True) else "",
        callbacks=manifest.get("callback_urls", []),
    )
    code = secrets.token_hex(10)
    hub.conversions[code] = app
    told = {"code": code} | ({"state": query["state"]} if "state" in query else {})
    return 302, {"Location": f"{manifest['redirect_url']}?{urlencode(told)}"}, b""


def manifest_faults(manifest: dict[str, Any]) -> list[str]:
    """What GitHub refuses in a manifest, and fields that it does not know."""
    found = [f"manifest: no field {name}" for name in manifest.keys() - set(MANIFEST)]
    found += [f"manifest: {name} is missing" for name in ("name", "url") if name not in manifest]
    hook = manifest.get("hook_attributes", {"url": ""})
    found += [
        f"manifest: no field hook_attributes.{name}" for name in hook.keys() - {"url", "active"}
    ]
    if "url" not in hook:
        found.append("manifest: hook_attributes.url is missing")
    judge = contract.for_error("app-permissions")
    permissions = manifest.get("default_permissions", {})
    found += [f"manifest: {one}" for one in contract.in_words(judge.iter_errors(permissions))]
    return found


@route("POST", "/app-manifests/{code}/conversions")
def convert(call: Call) -> Answer:
    """The app's secrets, for its code, once."""
    app = call.hub.conversions.pop(call.path["code"], None)
    if app is None:
        raise RefusalError(404, "Not Found")
    shape = app_shape(call.hub.shapes, app) | {
        "client_secret": app.client_secret,
        "webhook_secret": app.webhook_secret,
        "pem": app.pem,
    }
    return Answer(shape, 201)
