"""The evaluation card of a student, as a PDF to print and to keep."""

import io
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont, TTFontFile
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle
from ttf_opensans import OPENSANS_BOLD, OPENSANS_ITALIC, OPENSANS_REGULAR

from portal.assessment.told import grouped

REGULAR, BOLD, ITALIC = "card", "card-bold", "card-italic"
STRESSED = re.compile(r"\*([^*]+)\*")
MISSING = "\N{WHITE SQUARE}"  # for a character that the font does not write
BODY = ParagraphStyle("body", fontName=REGULAR, fontSize=9, leading=12.5)
SMALL = ParagraphStyle("small", BODY, fontSize=8, leading=11, textColor=colors.HexColor("#555555"))
TITLE = ParagraphStyle("title", BODY, fontName=BOLD, fontSize=16, leading=21)
HEADING = ParagraphStyle("heading", BODY, fontName=BOLD, fontSize=11, leading=15, spaceBefore=8)
GRID = TableStyle(
    [
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.HexColor("#bbbbbb")),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ]
)


def card(
    *, student: Mapping[str, str], edition: str, content: Mapping[str, Any], status: str
) -> bytes:
    """The card. `student`: name and number; `content`: of `told`; `status`: final or not, why."""
    _fonts()
    out = io.BytesIO()
    name = f"{student['name']}, {edition}"
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        title=f"Evaluation card: {name}",
        leftMargin=20 * mm,
        rightMargin=20 * mm,
        topMargin=18 * mm,
        bottomMargin=18 * mm,
    )
    document.build(_story(student, edition, content, status))
    return out.getvalue()


def _story(
    student: Mapping[str, str], edition: str, content: Mapping[str, Any], status: str
) -> list[Flowable]:
    number = f" ({student['number']})" if student["number"] else ""
    story: list[Flowable] = [
        Paragraph("Evaluation card", SMALL),
        Paragraph(_text(student["name"] + number), TITLE),
        Paragraph(_text(edition), BODY),
        Spacer(1, 4 * mm),
        Paragraph(_text(_headline(content)), TITLE),
        Paragraph(_text(status), SMALL),
    ]
    if content.get("problem"):
        return [*story, Paragraph(_text(content["problem"]), BODY)]
    story += [Paragraph("Components", HEADING), _components(content)]
    for _, heading, reasons in grouped(content["reasons"]):
        story.append(Paragraph(_text(heading), HEADING))
        story += [Paragraph(_reason(each), BODY) for each in reasons]
    version = f"Worked out by version {content['rules_version']} of the rules of this edition"
    digest = f"(digest {content['rules_digest'][:16]})."
    return [*story, Spacer(1, 4 * mm), Paragraph(_text(f"{version} {digest}"), SMALL)]


def _headline(content: Mapping[str, Any]) -> str:
    value = content.get("value", "")
    return f"{value}, {content['word']}" if value else str(content["word"]).capitalize()


def _components(content: Mapping[str, Any]) -> Table:
    rows: list[list[Flowable]] = []
    for part in content["parts"]:
        levels = [f"{each['title']}: {each['level'] or 'not decided'}" for each in part["levels"]]
        told = "; ".join(levels) or "nothing to decide"
        rows.append(_row(part["title"], part["status"], told))
    for mark in content["marks"]:
        points = f"{mark['points']} of {mark['highest']}" if mark["points"] else "no mark"
        rows.append(_row(mark["title"], "absent" if mark["absent"] else "", points))
    rows = rows or [_row("none", "", "")]
    return Table(rows, colWidths=[50 * mm, 30 * mm, 90 * mm], style=GRID, splitInRow=1)


def _row(title: str, status: str, told: str) -> list[Flowable]:
    return [
        Paragraph(_text(title), BODY),
        Paragraph(_text(status), BODY),
        Paragraph(_text(told), BODY),
    ]


def _reason(reason: Mapping[str, Any]) -> str:
    says = f"{_text(reason['says'])} ({_text(', '.join(reason['cites']))})"
    if reason["to_change"]:
        says += f" → {_text(reason['to_change'])}"
    return f"• {says}"


def _text(text: str) -> str:
    """Text as the library reads it: nothing in it is markup; *stars* become italics."""
    known = _fonts()
    plain = "".join(c if ord(c) in known or c.isspace() else MISSING for c in text)
    return STRESSED.sub(rf'<font name="{ITALIC}">\1</font>', escape(plain))


@lru_cache(maxsize=1)
def _fonts() -> frozenset[int]:
    """Load the fonts, once per process; the characters that they write."""
    for name, font in (
        (REGULAR, OPENSANS_REGULAR),
        (BOLD, OPENSANS_BOLD),
        (ITALIC, OPENSANS_ITALIC),
    ):
        pdfmetrics.registerFont(TTFont(name, str(font.path)))
    return frozenset(TTFontFile(str(OPENSANS_REGULAR.path)).charToGlyph)
