"""The only writers of what is decided, given and published."""

from portal.assessment.domain.decisions import CHANGED, decide, keep_draft
from portal.assessment.domain.given import give_mark, lift, move, note_presence
from portal.assessment.domain.held import appoint, note_demo, note_question, take_part, tick
from portal.assessment.domain.publishing import freeze, publish, unfreeze
from portal.assessment.domain.requests import answer, ask_again

__all__ = [
    "CHANGED",
    "answer",
    "appoint",
    "ask_again",
    "decide",
    "freeze",
    "give_mark",
    "keep_draft",
    "lift",
    "move",
    "note_demo",
    "note_presence",
    "note_question",
    "publish",
    "take_part",
    "tick",
    "unfreeze",
]
