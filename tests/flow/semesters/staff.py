"""What lecturers do: about a student or a team, and about the course."""

import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import yaml
from django.core.management import call_command

from portal.assessment.models import ReviewRequest
from portal.courses.models import Edition, MiniProject
from portal.demos.models import Talk, VideoLink
from portal.people.models import User
from tests.flow.semesters.pages import Person
from tests.flow.semesters.play import LECTURER, Actor, Semester, deed, file_of


@deed("shows {part}")
def shows(semester: Semester, actor: Actor, part: str) -> None:
    booking = semester.booking(actor, part)
    _finishes(f"/bookings/{booking.pk}/sheet/", minutes=booking.slot.minutes)


@deed("shows {part} in the exam period")
def shows_in_exam_period(semester: Semester, actor: Actor, part: str) -> None:
    shows(semester, actor, part)


@deed("shows {part} before it is due")
@deed("shows {part} after all")
def shows_after_all(semester: Semester, actor: Actor, part: str) -> None:
    shows(semester, actor, part)


@deed("shows in the video of {part}: {criteria}")
def shows_in_video(semester: Semester, actor: Actor, part: str, criteria: str) -> None:
    project, item = semester.shown(part)
    own = VideoLink.objects.filter(team__members__username=actor.person)
    video = own.filter(mini_project=project, item=item).latest("pk")
    seen = set(re.split(", ?", criteria))
    shown = {f"shown-{each.pk}": int(each.slug in seen) for each in project.criteria.all()}
    _finishes(f"/videos/{video.pk}/sheet/", **shown)


def _finishes(path: str, **filled: Any) -> None:
    lecturer = Person(LECTURER)
    form = lecturer.opens(path).form("/sheet/save/")
    everybody = list(form.choices.get("present", ()))
    lecturer.sends(form, present=everybody, **filled, finish="1")


@deed("does not come to show {part}")
def stays_away(semester: Semester, actor: Actor, part: str) -> None:
    booking, lecturer = semester.booking(actor, part), Person(LECTURER)
    day = booking.slot.starts_at.astimezone(semester.zone).date()
    page = lecturer.opens(semester.at(f"demos/day/?on={day}"))
    lecturer.sends(page.form(f"/bookings/{booking.pk}/absent/"))


@deed("is assessed in {part}")
def is_assessed(semester: Semester, actor: Actor, part: str) -> None:
    _decides(semester, actor, part)


@deed("is assessed in {part} as {level}")
def is_assessed_as(semester: Semester, actor: Actor, part: str, level: str) -> None:
    _decides(semester, actor, part, level=level)


@deed("is assessed again in {part} as {level}")
def is_assessed_again(semester: Semester, actor: Actor, part: str, level: str) -> None:
    _decides(semester, actor, part, chance="?chance=2", level=level)


def _decides(
    semester: Semester, actor: Actor, part: str, *, chance: str = "", level: str = ""
) -> None:
    """At the desk where the student's work lies, criterion by criterion."""
    lecturer, project = Person(LECTURER), semester.project(part)
    desk = _desk(semester, actor, project, lecturer)
    criteria = {each.pk: each for each in project.criteria.all()}
    evidence = {each.id for each in semester.edition.file.mini_projects if not each.lab_decides}
    for form in lecturer.opens(desk + chance).forms():
        if "level" not in form.choices:
            continue
        criterion = criteria[int(urlsplit(form.action).path.split("/")[-2])]
        if criterion.lab and part in evidence:
            continue  # what the checks say is there to be read, and decides nothing
        words = level or actor.reached(part, criterion.slug, lab=bool(criterion.lab))
        chosen = form.value_of("level", words)
        lecturer.sends(form, level=chosen, comment="As seen at the demo.")


def _desk(semester: Semester, actor: Actor, project: MiniProject, lecturer: Person) -> str:
    """The first time by way of the student's record, which also makes a team of one."""
    name = (actor.name, project.by_team)
    if name not in semester.owners:
        form = lecturer.opens(semester.record(actor)).form("/assess/")
        desk = lecturer.sends(form, part=project.slug).path
        semester.owners[name] = desk.split("/")[-2]
    return f"/projects/{project.pk}/assess/{semester.owners[name]}/"


@deed("has until {day} {clock} for {item} because {reason}")
def has_until(
    semester: Semester, actor: Actor, day: str, clock: str, item: str, reason: str
) -> None:
    until = f"{day}T{clock}"
    _on_course(semester, "extend", who=actor.name, item=item, until=until, reason=reason)


@deed("is excused from {rule} in {part} because {reason}")
def is_excused(semester: Semester, actor: Actor, rule: str, part: str, reason: str) -> None:
    part = "" if part == "everything" else part
    _says(semester, actor, "lift", rule=rule, part=part, reason=reason)


@deed("is absent at {event}")
def is_absent(semester: Semester, actor: Actor, event: str) -> None:
    _says(semester, actor, "presence", event=event, present="no")


@deed("is unknown at {event}")
def is_unknown(semester: Semester, actor: Actor, event: str) -> None:
    _says(semester, actor, "presence", event=event, present="unknown", reason="A doctor's note.")


@deed("is moved by {points} because {reason}")
def is_moved(semester: Semester, actor: Actor, points: str, reason: str) -> None:
    _says(semester, actor, "move", points=points, reason=reason)


def _says(semester: Semester, actor: Actor, what: str, **filled: str) -> None:
    lecturer = Person(LECTURER)
    form = lecturer.opens(semester.record(actor)).form("/say/", what=what)
    lecturer.sends(form, **filled)


@deed("asks {other} a question")
def asks(semester: Semester, actor: Actor, other: str) -> None:
    talk = Talk.objects.get(edition=semester.edition, student__username=other)
    lecturer, asker = Person(LECTURER), User.objects.get(username=actor.person)
    forms = lecturer.opens(semester.at("talks/")).forms()
    ours = [each for each in forms if each.action == f"/talks/{talk.pk}/question/"]
    lecturer.sends(ours[-1], student=asker.pk)  # those before it take a question back


@deed("is agreed to have its size because {reason}")
def is_agreed(semester: Semester, actor: Actor, reason: str) -> None:
    team = semester.edition.teams.get(name=actor.name)
    lecturer = Person(LECTURER)
    form = lecturer.opens(semester.at("teams/")).form("/teams/", team=str(team.pk))
    lecturer.sends(form, do="agree", reason=reason)


@deed("joins {team} because {reason}")
def joins(semester: Semester, actor: Actor, team: str, reason: str) -> None:
    found = semester.edition.teams.get(name=team)
    lecturer = Person(LECTURER)
    form = lecturer.opens(semester.at("teams/")).form("/teams/", team=str(found.pk))
    lecturer.sends(form, do="join", person=actor.person, reason=reason)


@deed("is told that it was looked at again")
def is_answered(semester: Semester, actor: Actor) -> None:
    asked = ReviewRequest.objects.get(student__username=actor.person, answer=None)
    lecturer = Person(LECTURER)
    form = lecturer.opens(semester.at("requests/")).form(f"/requests/{asked.pk}/")
    lecturer.sends(form, words="You are right; see the new decision.", changed="yes")


@deed("publishes the supplement of the first week")
def publishes_supplement(semester: Semester, actor: Actor) -> None:
    """The edition's file as it says then, read in by whoever runs the portal."""
    content = yaml.safe_load(semester.file.read_text())
    told = semester.table["supplement"]
    content["rules_version"] = told["rules_version"]
    for setting in content["settings"]:
        if setting["id"] in told["settings"]:
            setting["value"] = told["settings"][setting["id"]]
    file = semester.folder / semester.file.name
    file.write_text(yaml.safe_dump(content, sort_keys=False))
    call_command("load_edition", str(file), verbosity=0)
    semester.edition = Edition.objects.get()


@deed("settles {setting} as {value}")
def settles(semester: Semester, actor: Actor, setting: str, value: str) -> None:
    table = any(e.id == setting and e.kind == "table" for e in semester.edition.file.settings)
    typed = value.replace(", ", "\n") if table else value
    _on_course(semester, "answer", setting, value=typed, reason="Said in the first week.")


@deed("moves {session} to {day} because {reason}")
def moves(semester: Semester, actor: Actor, session: str, day: str, reason: str) -> None:
    _on_course(semester, "move", session=session, on=day, reason=reason)


def _on_course(semester: Semester, do: str, setting: str = "", **filled: str) -> None:
    lecturer = Person(LECTURER)
    holding = {"do": do, "setting": setting} if setting else {"do": do}
    form = lecturer.opens(semester.at("course/")).form("/course/", **holding)
    lecturer.sends(form, **filled)


@deed("offers {seats} seats of {minutes} minutes on {day} {clock}, {kind}")
def offers(
    semester: Semester, actor: Actor, seats: str, minutes: str, day: str, clock: str, kind: str
) -> None:
    ends = datetime.fromisoformat(f"{day} {clock}") + timedelta(minutes=int(minutes))
    lecturer = Person(LECTURER)
    form = lecturer.opens(semester.at("demos/publish/")).form("/publish/")
    when = {"day": day, "begins": clock, "ends": f"{ends:%H:%M}", "minutes": minutes}
    lecturer.sends(form, kind=kind, **when, place="Room B.1.015", capacity=seats)


@deed("puts an article on the list for everybody")
def puts_articles(semester: Semester, actor: Actor) -> None:
    titles = [f"Article {n} on systems that learn" for n, _ in enumerate(semester.roster(), 1)]
    _on_talks(semester, "add", lines="\n".join(titles))


@deed("draws lots for the articles")
def draws_lots(semester: Semester, actor: Actor) -> None:
    _on_talks(semester, "draw")


def _on_talks(semester: Semester, what: str, **filled: str) -> None:
    lecturer = Person(LECTURER)
    form = lecturer.opens(semester.at("talks/")).form("/talks/change/", deed=what)
    lecturer.sends(form, **filled)


@deed("reads in the marks of {mark}")
def reads_in_marks(semester: Semester, actor: Actor, mark: str) -> None:
    _reads_in(semester, mark, mark, chance="1")


@deed("reads in the resit marks of {mark}")
def reads_in_resit_marks(semester: Semester, actor: Actor, mark: str) -> None:
    _reads_in(semester, mark, f"resit {mark}", chance="2")


def _reads_in(semester: Semester, mark: str, key: str, *, chance: str) -> None:
    team = any(each.id == mark and each.by == "team" for each in semester.edition.file.marks)
    who = "team" if team else "username"
    actors = semester.teams() if team else semester.students()
    rows = [{who: a.name, "points": a.marks[key]} for a in actors if key in a.marks]
    lecturer = Person(LECTURER)
    page = lecturer.opens(semester.at(f"marks/{mark}/?chance={chance}"))
    preview = lecturer.sends(page.form("/import/"), file=file_of((who, "points"), rows))
    lecturer.sends(next(each for each in preview.forms() if "digest" in each.values))
