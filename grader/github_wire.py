"""The wire under PyGithub: an answer ends, in time and in size, and whoever moved is followed.

`requests` alone waits anew for every byte, and holds an answer whatever its size. PyGithub takes
a redirect of something written for success, though nothing was written.
"""

import math
import time
from http import HTTPStatus
from urllib.parse import urlsplit

import requests
from github.Requester import HTTPSRequestsConnectionClass, RequestsResponse
from urllib3.exceptions import HTTPError

MOST = 16 * 2**20  # bytes of an answer; GitHub's own pages of 100 stay far below
PIECE = 2**16
VERBATIM = (HTTPStatus.TEMPORARY_REDIRECT, HTTPStatus.PERMANENT_REDIRECT)


class Read(RequestsResponse):
    """An answer that has been read to its end."""

    def __init__(self, answer: requests.Response, content: bytes) -> None:
        super().__init__(answer)
        self.content = content

    def read(self) -> str:
        """The body; GitHub writes UTF-8."""
        return self.content.decode(errors="replace")


class Wire(HTTPSRequestsConnectionClass):
    """One request with its answer within `timeout` seconds for the connection and for the body."""

    def getresponse(self) -> Read:
        """Raises `requests.RequestException` for an answer without an end."""
        answer = self._asked(f"{self.protocol}://{self.host}:{self.port}{self.url}")
        if answer.is_redirect:
            there = self._moved(answer)
            if answer.status_code in VERBATIM:
                answer.close()
                answer = self._asked(there)
                if answer.is_redirect:
                    raise requests.TooManyRedirects("it moves on and on")
        with answer:
            return Read(answer, self._body(answer))

    def _asked(self, url: str) -> requests.Response:
        return self.session.request(
            self.verb,
            url,
            headers=self.headers,
            data=self.input,
            timeout=self.timeout,
            verify=self.verify,
            allow_redirects=False,
            stream=True,
        )

    def _moved(self, answer: requests.Response) -> str:
        """The new address, which must be of the same GitHub: nobody else gets our key."""
        there = urlsplit(answer.headers.get("Location", ""))
        here = (self.protocol, self.host, self.port)
        port = there.port or (443 if there.scheme == "https" else 80)
        if (there.scheme, there.hostname, port) != here:
            raise requests.TooManyRedirects("it leads to another place")
        return there.geturl()

    def _body(self, answer: requests.Response) -> bytes:
        ends = time.monotonic() + (self.timeout or math.inf)
        content = bytearray()
        try:
            while piece := answer.raw.read1(PIECE, decode_content=True):
                content += piece
                if len(content) > MOST:
                    raise requests.exceptions.ContentDecodingError("more than we read")
                if time.monotonic() > ends:
                    raise requests.exceptions.ReadTimeout("it does not come to an end")
        except HTTPError as error:
            raise requests.exceptions.ConnectionError(error) from error
        return bytes(content)
