"""Markdown from the shelf, made into HTML that cannot do anything but be read."""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.token import Token

DEEPEST_HEADING = 6
TAGS = {
    *("h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "blockquote", "hr", "br"),
    *("strong", "em", "s", "code", "pre", "a", "table", "thead", "tbody", "tr", "th", "td"),
}
ATTRIBUTES = {"a": {"href", "title"}, "ol": {"start"}, "code": {"class"}}

_parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def render(text: str, *, deeper: int = 2) -> SafeString:
    """The text as HTML. Its headings go `deeper`, since the page has a title of its own."""
    tokens = _parser.parse(text)
    for token in tokens:
        _lower(token, deeper)
    html = _parser.renderer.render(tokens, _parser.options, {})
    clean = nh3.clean(html, tags=TAGS, attributes=ATTRIBUTES, url_schemes={"https", "mailto"})
    return mark_safe(clean)  # noqa: S308 - nh3 has taken out what is not in the lists above


def _lower(token: Token, deeper: int) -> None:
    if token.type in {"heading_open", "heading_close"}:
        token.tag = f"h{min(int(token.tag[1]) + deeper, DEEPEST_HEADING)}"
