"""The only writers of what is decided, given and published."""

from portal.assessment.domain.decisions import CHANGED, decide, keep_draft
from portal.assessment.domain.given import give_mark, lift, move, note_presence
from portal.assessment.domain.held import appoint, note_demo, note_question, tick

__all__ = [
    "CHANGED",
    "appoint",
    "decide",
    "give_mark",
    "keep_draft",
    "lift",
    "move",
    "note_demo",
    "note_presence",
    "note_question",
    "tick",
]
