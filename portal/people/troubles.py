"""What can go wrong on the way to GitHub and back, in words for who comes back from there."""

import math
from datetime import timedelta
from enum import Enum
from http import HTTPStatus
from typing import NamedTuple

import requests
from allauth.socialaccount.providers.base import ProviderException
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.common.errors import in_words

AGAIN = "Wait a minute and start again, or sign in with your name and password."


class Words(NamedTuple):
    """What happened, what was expected, what to do next; and the status of the page."""

    happened: str
    expected: str
    next_step: str
    status: int = HTTPStatus.FORBIDDEN


class Trouble(Words, Enum):
    """Each way of not getting in."""

    CANCELLED = (
        "You stopped at GitHub, so it told us nothing.",
        "That you let GitHub tell us which account is yours. It is asked for nothing else.",
        "Start again if you want to, or sign in with your name and password.",
    )
    STALE = (
        "What came back from GitHub does not belong to anything that was started in this browser.",
        "An answer to a start in this same browser, within ten minutes, used once.",
        "Start again from here. If it happens again, let this site set cookies.",
    )
    REFUSED = (
        "GitHub turned this portal down.",
        "That GitHub knows the portal by its client id, its secret and the address it sends"
        " people back to.",
        "Sign in with your name and password, and tell whoever runs this portal: its self-test of"
        " GitHub says what is wrong.",
    )
    BUSY = (
        "GitHub takes no more questions from this portal for now.",
        "An answer at once.",
        AGAIN,
        HTTPStatus.BAD_GATEWAY,
    )
    CROWDED = (
        "Several people wait for GitHub at this very moment.",
        "An answer of GitHub within some seconds.",
        "Load this page again in a moment: what you agreed to at GitHub holds for ten minutes.",
        HTTPStatus.SERVICE_UNAVAILABLE,
    )
    BROKEN = (
        "GitHub has a problem of its own, or answered what makes no sense.",
        "The number and the name of your account there.",
        AGAIN,
        HTTPStatus.BAD_GATEWAY,
    )
    UNREACHABLE = (
        "GitHub did not answer in time.",
        "An answer within some seconds.",
        AGAIN,
        HTTPStatus.BAD_GATEWAY,
    )
    UNKNOWN = (
        "Nobody here has proved that this account is theirs. Having one makes nobody a"
        " participant: people come from a course's list.",
        "An account that somebody has linked to themselves before.",
        "Sign in with your university name and your password. Then link GitHub on the page"
        " “Account”: from then on, either lets you in.",
    )
    CLOSED = (
        "The person whose account this is may not sign in here any more.",
        "A person who takes part.",
        "Ask your lecturer, or whoever runs this portal, if that is a mistake.",
    )


def of_answer(exception: Exception) -> Trouble:
    """Which trouble lies behind what allauth caught."""
    if isinstance(exception, requests.HTTPError):
        status = exception.response.status_code
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Trouble.BROKEN
        limited = exception.response.headers.get("X-RateLimit-Remaining") == "0"
        return (
            Trouble.BUSY if limited or status == HTTPStatus.TOO_MANY_REQUESTS else Trouble.REFUSED
        )
    if isinstance(exception, requests.ConnectionError | requests.Timeout):
        return Trouble.UNREACHABLE
    if isinstance(exception, requests.RequestException | ProviderException):
        return Trouble.BROKEN
    return Trouble.REFUSED


def page(request: HttpRequest, trouble: Trouble, login: str = "") -> HttpResponse:
    """The page that tells it. `login`: who GitHub says it is."""
    context = {"fault": trouble, "login": login}
    return render(request, "people/github_trouble.html", context, status=trouble.status)


def too_often(request: HttpRequest, wait: timedelta) -> HttpResponse:
    """The page for who starts again and again."""
    seconds = math.ceil(wait.total_seconds())
    words = Words(
        "There were too many tries from where you are.",
        "A few, now and then. Nothing is locked.",
        f"Wait {in_words(seconds)}, then start again.",
        HTTPStatus.TOO_MANY_REQUESTS,
    )
    shown = render(request, "people/github_trouble.html", {"fault": words}, status=words.status)
    shown.headers["Retry-After"] = str(seconds)
    return shown
