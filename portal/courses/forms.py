"""What staff type about an edition, made into values."""

from datetime import date, datetime
from typing import Any

from lab_specs.edition.rules import SettingFile
from portal.common.errors import Refused
from portal.courses.domain import solo_team
from portal.courses.models import Edition, MiniProject, Team
from portal.courses.queries import student_called


def day(text: str) -> date:
    """A day as a browser's date field sends it."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("Choose a day, such as 2026-10-12.") from None


def moment(text: str, edition: Edition) -> datetime:
    """A moment by the clock on the wall of the edition; a minute includes its last second."""
    try:
        typed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Refused("Choose a day and a time, such as 2026-10-12 23:59.") from None
    if typed.tzinfo is not None:
        raise Refused(f"Say the time as clocks show it in {edition.timezone}.")
    return typed.replace(second=59, microsecond=0, tzinfo=edition.zone)


def value(setting: SettingFile, text: str) -> Any:  # noqa: ANN401 - by the setting's kind
    """The answer to a setting as JSON holds it. Whether it can be is for the edition to say."""
    text = text.strip()
    if not text:
        raise Refused("Type an answer first.")
    if setting.kind == "switch":
        return {"yes": True, "no": False}.get(text, text)
    if setting.kind != "table":
        return text
    pairs = [line.partition(":") for line in text.splitlines() if line.strip()]
    if not all(colon and key.strip().isdecimal() for key, colon, _ in pairs):
        raise Refused("Write one line for each count, such as 3: 4.0")
    return {key.strip(): worth.strip() for key, _, worth in pairs}


def owner(mini_project: MiniProject, name: str, *, shared: bool) -> Team:
    """The team of this name, or the one that owns the work of the student who signs in so."""
    name, edition = name.strip(), mini_project.edition
    student = student_called(edition, name)
    if shared:
        found = edition.teams.filter(solo=False, name__iexact=name).first()
        if found is None and student:
            found = edition.teams.filter(solo=False, members=student).first()
        if found:
            return found
    elif student:
        return solo_team(edition=edition, person=student)
    raise Refused(
        f"No team and no student in a team is called “{name}”."
        if shared
        else f"No student signs in as “{name}”; this work is done alone."
    )
