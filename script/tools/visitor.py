"""A person at the portal, over HTTP and with nothing but what a browser would send."""

import re
import time
from typing import Self
from urllib.parse import urlsplit

import httpx

LAST = 286  # the status by which a live page says that it is final
PAUSE = 0.2  # seconds between two looks at a live page
PATIENCE = 300.0  # seconds until a page that never becomes final is given up


class Visitor:
    """Somebody who signed in. Use as a context manager."""

    def __init__(self, base: str, username: str, password: str) -> None:
        # No connection is kept: the server may close one just as the next form is sent.
        fresh = httpx.Limits(max_keepalive_connections=0)
        self._http = httpx.Client(base_url=base, follow_redirects=True, timeout=60, limits=fresh)
        self._http.get("/login/").raise_for_status()
        page = self.post("/login/", username=username, password=password)
        if urlsplit(str(page.url)).path == "/login/":
            raise PermissionError(f"{username} could not sign in")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def look_up(self, project: int, lab: str, repository: str) -> int:
        """Ask for a link to be resolved and wait for the commit; the lookup's number."""
        page = self.post(f"/projects/{project}/", lab=lab, link=repository)
        lookup = _number(page, "links")
        self._until_final(f"/links/{lookup}/poll/")
        return lookup

    def confirm(self, lookup: int) -> int:
        """Submit the commit that was found; the attempt's number."""
        return _number(self.post(f"/links/{lookup}/confirm/"), "attempts")

    def wait(self, attempt: int) -> None:
        """Wait until the attempt has ended."""
        self._until_final(f"/attempts/{attempt}/live/")

    def get(self, path: str) -> httpx.Response:
        """A page."""
        return self._http.get(path).raise_for_status()

    def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form, and follow to where it leads."""
        token = self._http.cookies.get("csrftoken", "")
        return self._http.post(
            path, data={"csrfmiddlewaretoken": token, **fields}
        ).raise_for_status()

    def _until_final(self, path: str) -> None:
        end = time.monotonic() + PATIENCE
        while self._http.get(path).raise_for_status().status_code != LAST:
            if time.monotonic() > end:
                raise TimeoutError(f"{path} is not final after {PATIENCE:.0f} s")
            time.sleep(PAUSE)


def _number(page: httpx.Response, kind: str) -> int:
    """The number in the address that a form led to; what the page says when it led nowhere."""
    found = re.search(rf"/{kind}/(\d+)/", str(page.url))
    if not found:
        raise RuntimeError(
            f"{page.request.method} {page.url} did not lead to {kind}: {page.text[:2000]}"
        )
    return int(found[1])
