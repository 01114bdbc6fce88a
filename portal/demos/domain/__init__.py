"""The only writers of slots, bookings, videos, sheets and talks."""

from portal.demos.domain.bookings import (
    book,
    book_for,
    cancel,
    leave_waiting_list,
    note_outcome,
    wait_for,
)
from portal.demos.domain.sheets import finish, save_sheet
from portal.demos.domain.slots import publish, withdraw
from portal.demos.domain.talks import (
    add_articles,
    assign,
    assign_rest,
    note_question,
    remove_article,
    reorder,
)
from portal.demos.domain.videos import send_video

__all__ = [
    "add_articles",
    "assign",
    "assign_rest",
    "book",
    "book_for",
    "cancel",
    "finish",
    "leave_waiting_list",
    "note_outcome",
    "note_question",
    "publish",
    "remove_article",
    "reorder",
    "save_sheet",
    "send_video",
    "wait_for",
    "withdraw",
]
