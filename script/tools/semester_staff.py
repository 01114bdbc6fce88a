"""What lecturers of the demonstration did: settings, dates, decisions, marks, results."""

from datetime import datetime, timedelta
from decimal import Decimal

from portal.assessment import domain
from portal.assessment.queries import proposed_level
from portal.assessment.results import results_of
from portal.courses import domain as courses
from portal.courses import teams
from portal.courses.models import Criterion, MiniProject, Team
from portal.submissions.models import Attempt
from script.tools.semester_cast import Course, clock, enrolment

REVIEW = timedelta(days=4)  # after a deadline the lecturers begin to decide
DAY = timedelta(days=1)


def settle(course: Course) -> None:
    """Before the first week: what the file leaves open, sizes of teams, dates that moved."""
    by = course.lecturer
    with clock(course.begins):
        for name, value in course.scene.answers.items():
            courses.answer(
                edition=course.edition,
                setting=name,
                value=value,
                by=by,
                reason="as agreed by the staff, for this sample",
            )
        bounds = teams.bounds(course.file)
        for team in {each.pk: each for each in course.shared.values()}.values():
            size = team.memberships.count()
            if not bounds.holds(size) and course.chance(0.7):
                teams.agree(team=team, size=size, by=by, reason="the class could not be divided")
        courses.note_contact(
            edition=course.edition,
            username=course.students[-1].username,
            by=by,
            says="Asked how to begin; looks at the first module again.",
        )
    if course.file.sessions and not course.scene.over:
        _move(course)


def _move(course: Course) -> None:
    """The next session but one is held a day later."""
    ahead = [each for each in course.file.sessions if each.day and each.day > course.now.date()]
    if len(ahead) > 1 and ahead[1].day:
        with clock(course.now - 2 * DAY):
            courses.move_session(
                edition=course.edition,
                session=ahead[1].id,
                on=ahead[1].day + DAY,
                by=course.lecturer,
                reason="the room is needed for an exam",
            )


def decide(course: Course) -> None:
    """Levels on work whose time is over, but for the last of it, which waits for a review."""
    for project in course.projects:
        criteria = list(project.criteria.prefetch_related("levels"))
        for each in criteria:
            each.mini_project = project
        for team, _ in course.owners(project):
            at = course.due(project, team) + REVIEW + course.dice.random() * 2 * DAY
            waits = course.chance(0.15) and not course.scene.over
            if at < course.now and not waits:
                _decide(course, project, criteria, team, at)
    _marks(course)
    _presence(course)


def _decide(
    course: Course, project: MiniProject, criteria: list[Criterion], team: Team, at: datetime
) -> None:
    work = Attempt.objects.filter(submission__mini_project=project, submission__team=team)
    attempt = work.select_related("submission").order_by("-submission", "-number").first()
    lab = attempt.submission.lab if attempt else ""
    for criterion in criteria:
        if criterion.lab not in {"", lab}:
            continue
        levels = list(criterion.levels.all())
        proposed = proposed_level(criterion, attempt)
        names = [each.name for each in levels]
        top = len(levels) - 1
        wanted = round(course.dice.gauss(course.skill_of(team) * top + 0.35, 0.4))
        place = min(top, max(0, wanted))
        comment = ""
        if proposed in names:
            if course.chance(0.9):
                place = names.index(proposed)
            else:
                comment = "Shown at the demo, where it looked otherwise than in the checks."
        with clock(at):
            domain.decide(
                team=team,
                criterion=criterion,
                level=levels[place],
                by=course.lecturer,
                attempt=attempt,
                comment=comment,
            )


def _marks(course: Course) -> None:
    """Marks of orals in the weeks before today; the others are still to come."""
    for mark in course.file.marks:
        if mark.form != "oral" or mark.part is None or course.scene.over:
            continue
        for person in course.students[::2]:
            share = course.dice.uniform(0.45, 1)
            points = Decimal(round(float(mark.highest) * share * 2)) / 2
            with clock(course.now - course.dice.uniform(1, 6) * DAY):
                domain.give_mark(
                    edition=course.edition,
                    mark=mark.id,
                    owner=person,
                    points=min(points, Decimal(mark.highest)),
                    by=course.lecturer,
                )
        return  # the first of them; the second oral comes later


def _presence(course: Course) -> None:
    """Who was there, where a course keeps a list; and what teams ticked of a checklist."""
    rules = {each.rule for each in course.file.rules}
    held = [
        (each.id, at)
        for each in course.file.sessions
        if each.day and (at := course.at(each.day, 17)) < course.now
    ]
    if "attendance" in rules:
        for session, at in held[-3:]:
            for person in course.students:
                with clock(at):
                    domain.note_presence(
                        edition=course.edition,
                        event=session,
                        student=person,
                        present=course.chance(0.88),
                        by=course.lecturer,
                    )
    for team in {each.pk: each for each in course.shared.values()}.values():
        member = team.members.all()[0] if course.file.checklist else None
        for item in course.file.checklist:
            if member and item.week == 1 and course.chance(course.skill_of(team)):
                with clock(course.now - course.dice.uniform(0.2, 3) * DAY):
                    domain.tick(team=team, item=item.id, ticked=True, by=member)


def wind_up(course: Course) -> None:
    """More time for somebody, an exception; and where the semester is over, the results."""
    by, edition = course.lecturer, course.edition
    ahead = [p for p in course.projects if (d := p.deadline) and d > course.now]
    if ahead:
        team, _ = course.owners(ahead[0])[-1]
        with clock(course.now - DAY):
            courses.extend(
                mini_project=ahead[0],
                team=team,
                until=course.due(ahead[0], team) + 5 * DAY,
                by=by,
                reason="one week of illness, with a note",
            )
    if course.file.other_scales:
        row = enrolment(course, course.students[1])
        row.scale, row.scale_asked_on = next(iter(course.file.other_scales)), course.file.starts
        row.save(update_fields=["scale", "scale_asked_on"])
    if course.scene.over:
        with clock(course.now - 2 * DAY):
            domain.freeze(edition=edition, by=by)
            domain.publish(edition=edition, by=by)
        _after(course)


def _after(course: Course) -> None:
    """Students ask to look again, and arrange their resit."""
    first, second = course.students[:2]
    with clock(course.now - DAY):
        domain.ask_again(
            edition=course.edition, student=first, words="Please look at my last report again."
        )
        asked = domain.ask_again(
            edition=course.edition, student=second, words="Was my second demo counted?"
        )
    with clock(course.now - DAY / 2):
        domain.answer(
            request=asked,
            words="It was: the sheet of that day shows it.",
            changed=False,
            by=course.lecturer,
        )
        lines = results_of(course.edition).values()
        to_redo = [each for each in lines if each.result and each.result.resit.parts]
        for line in to_redo[: len(to_redo) // 2]:
            person = next(p for p in course.students if p.pk == line.student.person)
            domain.appoint(edition=course.edition, student=person, by=person)
