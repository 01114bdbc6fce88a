"""The portal's pages as a person uses them: open one, find its form, fill it in, send it."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

from django.contrib.messages import get_messages
from django.test import Client

from portal.people.models import User

UNPROCESSABLE = 422
REFUSED = {"error", "warning"}  # how the portal tells that something was not done


class Refusal(Exception):  # noqa: N818 - said as a person would
    """The portal did not do it; its words."""


@dataclass
class Form:
    """A form: where it goes, what stands in it, and the words beside each thing to choose."""

    action: str
    values: dict[str, Any] = field(default_factory=dict)
    choices: dict[str, dict[str, str]] = field(default_factory=dict)  # name: value: words

    def value_of(self, name: str, words: str) -> str:
        """The value of the choice that begins with these words."""
        found = [v for v, said in self.choices[name].items() if said.strip().startswith(words)]
        assert found, f"{words!r} is none of {self.choices[name]}"
        return found[0]


class _Reader(HTMLParser):
    """Collects the forms of a page. A form without an action goes to the page's own address."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path, self.forms = path, list[Form]()
        self.inside = False
        self.told: tuple[dict[str, str], str] | None = None  # whose words are being read
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(urljoin(self.path, got.get("action", ""))))
            self.inside = True
        if not self.inside:
            return
        name, value = got.get("name", ""), got.get("value", "")
        if tag in {"input", "option", "select", "textarea"}:
            self.told = None
        if tag == "input" and got.get("type") in {"radio", "checkbox"}:
            self._choice(name, value, chosen="checked" in got and got["type"] == "radio")
        elif tag == "option":
            self._choice(self.select, value, chosen="selected" in got)
        elif tag == "select":
            self.select = name
        elif tag == "input" and name:
            self.forms[-1].values[name] = value
        elif tag == "textarea":
            self.forms[-1].values[name] = ""
            self.told = (self.forms[-1].values, name)

    def _choice(self, name: str, value: str, *, chosen: bool) -> None:
        words = self.forms[-1].choices.setdefault(name, {})
        words[value] = ""
        self.told = (words, value)
        if chosen:
            self.forms[-1].values[name] = value

    def handle_data(self, data: str) -> None:
        if self.told is not None:
            words, name = self.told
            words[name] += data

    def handle_endtag(self, tag: str) -> None:
        if tag in {"form", "textarea", "fieldset", "select"}:
            self.told = None
        if tag == "form":
            self.inside = False


@dataclass
class Page:
    """A page that somebody sees."""

    path: str
    text: str

    def forms(self) -> list[Form]:
        """All forms, in their order."""
        reader = _Reader(self.path)
        reader.feed(self.text)
        return reader.forms

    def form(self, action: str, **holding: str) -> Form:
        """The first form that goes there (the end of its address) and holds these values."""
        for each in self.forms():
            ends = urlsplit(each.action).path.endswith(action)
            if ends and holding.items() <= each.values.items():
                return each
        raise AssertionError(f"no form {action} {holding} on {self.path}")


class Person:
    """Somebody with a browser, signed in."""

    def __init__(self, username: str) -> None:
        self.client = Client()
        self.client.force_login(User.objects.get(username=username))

    def opens(self, path: str) -> Page:
        """Look at a page, which must be there."""
        answer = self.client.get(path)
        assert answer.status_code == 200, (path, answer.status_code)
        return Page(path, answer.content.decode())

    def sends(self, form: Form, **filled: Any) -> Page:
        """Fill in these fields and send the form; `Refusal` when the portal says no."""
        answer = self.client.post(form.action, form.values | filled)
        said = [(each.level_tag, str(each)) for each in get_messages(answer.wsgi_request)]
        if words := [words for tag, words in said if tag in REFUSED]:
            raise Refusal(" ".join(words))
        if answer.status_code == UNPROCESSABLE:
            raise Refusal(answer.content.decode())
        assert answer.status_code in {200, 302}, (form.action, answer.status_code, answer.content)
        place = answer.headers.get("Location", form.action)
        return Page(place, answer.content.decode())
