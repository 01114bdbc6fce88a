"""Webhooks as GitHub sends them: payload, headers, signature, and what became of them."""

import hashlib
import hmac
import json
import ssl
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import httpx

from tests.hub.models import App, now
from tests.hub.shapes import Shape, moment

PATIENCE = 10  # seconds, as GitHub waits
NOT_SENT = 0


@dataclass(eq=False)
class Delivery:
    """One attempt to tell an app; a second one has the same guid."""

    number: int
    app: App
    event: str
    payload: dict[str, Any]
    guid: str = field(default_factory=lambda: str(uuid.uuid4()))
    redelivery: bool = False
    status_code: int = NOT_SENT
    answer: str = ""
    made_at: datetime = field(default_factory=now)

    @property
    def body(self) -> bytes:
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()

    @property
    def headers(self) -> dict[str, str]:
        signature = hmac.new(self.app.webhook_secret.encode(), self.body, hashlib.sha256)
        old = hmac.new(self.app.webhook_secret.encode(), self.body, hashlib.sha1)
        return {
            "Accept": "*/*",
            "Content-Type": "application/json",
            "User-Agent": "GitHub-Hookshot/0a1b2c3",
            "X-GitHub-Delivery": self.guid,
            "X-GitHub-Event": self.event,
            "X-GitHub-Hook-ID": str(self.app.number * 10),
            "X-GitHub-Hook-Installation-Target-ID": str(self.app.number),
            "X-GitHub-Hook-Installation-Target-Type": "integration",
            "X-Hub-Signature": f"sha1={old.hexdigest()}",
            "X-Hub-Signature-256": f"sha256={signature.hexdigest()}",
        }

    def short(self) -> Shape:
        """hook-delivery-item"""
        worked = 200 <= self.status_code < 300
        return {
            "id": self.number,
            "guid": self.guid,
            "delivered_at": moment(self.made_at),
            "redelivery": self.redelivery,
            "duration": 0.05,
            "status": "OK" if worked else f"Invalid HTTP Response: {self.status_code}",
            "status_code": self.status_code,
            "event": self.event,
            "action": self.payload.get("action"),
            "installation_id": self.payload.get("installation", {}).get("id"),
            "repository_id": self.payload.get("repository", {}).get("id"),
            "throttled_at": None,
        }

    def whole(self) -> Shape:
        """hook-delivery"""
        return self.short() | {
            "url": self.app.hook_url,
            "request": {"headers": self.headers, "payload": self.payload},
            "response": {"headers": {}, "payload": self.answer},
        }

    def send(self, verify: str) -> None:
        """Post it; whatever comes of it is only noted."""
        if not self.app.hook_url:
            return
        try:
            answer = httpx.post(
                self.app.hook_url,
                content=self.body,
                headers=self.headers,
                timeout=PATIENCE,
                verify=self.app.hook_url.startswith("https") and context(verify),
                trust_env=False,
            )
        except httpx.HTTPError as error:
            self.status_code, self.answer = 502, str(error)
        else:
            self.status_code, self.answer = answer.status_code, answer.text


def context(certificate: str) -> Any:
    return ssl.create_default_context(cafile=certificate)
