"""GitHub's side of a course: the App, its installations, repositories, and what is asked there."""

from portal.github.models.app import App, Installation
from portal.github.models.errand import Errand, ErrandStatus
from portal.github.models.push import WORDS_LENGTH, CheckRun, Hook, Push, PushStatus
from portal.github.models.repository import Repository, Watch
from portal.github.models.room import Permission, Provision, Room, RoomStatus
from portal.github.models.workflow import Workflow

__all__ = [
    "WORDS_LENGTH",
    "App",
    "CheckRun",
    "Errand",
    "ErrandStatus",
    "Hook",
    "Installation",
    "Permission",
    "Provision",
    "Push",
    "PushStatus",
    "Repository",
    "Room",
    "RoomStatus",
    "Watch",
    "Workflow",
]
