"""The programme of talks, as everybody reads it."""

from collections import defaultdict
from typing import Any

from portal.assessment.models import Question
from portal.courses.models import Edition
from portal.courses.queries import students_of
from portal.demos.models import Article, Talk


def programme(edition: Edition) -> dict[str, Any]:
    """Talks in order with who asked, articles, students and what each still lacks; 4 queries."""
    talks = list(Talk.objects.filter(edition=edition).select_related("article", "student"))
    rows = students_of(edition).select_related("person").order_by("person__display_name")
    people = {row.person_id: row.person for row in rows}
    asked = _asked(edition)
    questions: dict[int, int] = defaultdict(int)
    for talk in talks:
        for person in asked[talk.name]:
            questions[person] += 1
    presenting = {talk.student_id for talk in talks}
    sessions = {each.id: each for each in edition.file.sessions}
    return {
        "programme": [
            {
                "talk": talk,
                "session": sessions.get(talk.session),
                "askers": [people[pk] for pk in asked[talk.name] if pk in people],
                "questions": questions[talk.student_id],
            }
            for talk in talks
        ],
        "articles": list(Article.objects.filter(edition=edition).select_related("talk__student")),
        "students": [
            {
                "person": person,
                "presents": pk in presenting,
                "questions": questions[pk],
            }
            for pk, person in people.items()
        ],
    }


def _asked(edition: Edition) -> dict[str, list[int]]:
    """Per talk, those who asked a question there. Of what was noted twice the newest holds."""
    rows = Question.objects.filter(edition=edition).order_by("pk")
    newest = {(row.talk, row.student_id): row.holds for row in rows}
    found: dict[str, list[int]] = defaultdict(list)
    for (talk, student), holds in newest.items():
        if holds:
            found[talk].append(student)
    return found
