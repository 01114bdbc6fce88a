"""Articles, who presents which, in which order, and who asked whom."""

import random
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from portal.assessment import domain as assessment
from portal.common.errors import Refused
from portal.common.text import storable
from portal.courses.access import demand_staff
from portal.courses.models import Edition
from portal.courses.queries import students_of
from portal.demos.domain.videos import checked_link
from portal.demos.models import Article, Talk
from portal.people.models import User

TITLE = 300  # characters
AT_ONCE = 200


def add_articles(*, edition: Edition, lines: str, by: User) -> list[Article]:
    """Add articles, one a line: a title, and after a bar its link. All of them or none."""
    demand_staff(by, edition)
    rows = [line.strip() for line in storable(lines).splitlines() if line.strip()]
    if not 1 <= len(rows) <= AT_ONCE:
        raise Refused(f"Give from 1 to {AT_ONCE} articles, one a line.")
    articles = []
    for number, row in enumerate(rows, start=1):
        title, _, link = (part.strip() for part in row.partition("|"))
        if not title or len(title) > TITLE:
            raise Refused(f"Line {number}: a title has from 1 to {TITLE} characters.")
        try:
            link = checked_link(link) if link else ""
        except Refused as error:
            raise Refused(f"Line {number}: {error}") from None
        articles.append(Article(edition=edition, title=title, link=link, by=by, at=timezone.now()))
    try:
        with transaction.atomic():
            return Article.objects.bulk_create(articles)
    except IntegrityError:
        raise Refused("One of these titles stands on the list already, or twice here.") from None


def remove_article(*, article: Article, by: User) -> None:
    """Take an article off the list that nobody presents."""
    demand_staff(by, article.edition)
    if Talk.objects.filter(article=article).exists():
        raise Refused("Somebody presents this article. Give them another one first.")
    article.delete()


def assign(*, article: Article, student: User | None, by: User) -> Talk | None:
    """Give an article to a student, in place of the one that they had; None takes it back."""
    edition = article.edition
    demand_staff(by, edition)
    with transaction.atomic():
        held = Talk.objects.filter(article=article).first()
        if student is None:
            if held:
                held.delete()
            return None
        if not students_of(edition).filter(person=student).exists():
            raise Refused(f"{student.name} is no student of this edition.")
        if held and held.student_id != student.pk:
            raise Refused(f"{held.student.name} presents this article. Take it back first.")
        now = {"article": article, "by": by, "at": timezone.now()}
        talk = Talk.objects.filter(edition=edition, student=student).first()
        if talk:
            Talk.objects.filter(pk=talk.pk).update(**now)
            talk.refresh_from_db()
            return talk
        session = next((each.id for each in edition.file.sessions if each.kind == "talks"), "")
        last = Talk.objects.filter(edition=edition).aggregate(last=Max("order"))["last"] or 0
        return Talk.objects.create(
            edition=edition, student=student, session=session, order=last + 1, **now
        )


def assign_rest(*, edition: Edition, by: User) -> int:
    """Give each student without an article one of those left, by lot; how many got one."""
    demand_staff(by, edition)
    with transaction.atomic():
        free = list(Article.objects.filter(edition=edition, talk__isnull=True))
        rows = students_of(edition).exclude(person__talks__edition=edition)
        people = [row.person for row in rows.select_related("person").order_by("pk")]
        if len(free) < len(people):
            raise Refused(
                f"{len(people)} students have no article and {len(free)} articles are left."
                " Add more first."
            )
        random.SystemRandom().shuffle(free)
        for person, article in zip(people, free, strict=False):
            assign(article=article, student=person, by=by)
    return len(people)


def reorder(*, edition: Edition, talks: Sequence[int], by: User) -> None:
    """Set the order of all talks, by their keys."""
    demand_staff(by, edition)
    known = set(Talk.objects.filter(edition=edition).values_list("pk", flat=True))
    if len(talks) != len(known) or set(talks) != known:
        raise Refused("The list of talks changed meanwhile. Look at it again.")
    with transaction.atomic():
        for place, pk in enumerate(talks, start=1):
            Talk.objects.filter(pk=pk).update(order=place)


def note_question(*, talk: Talk, student: User, by: User, holds: bool = True) -> None:
    """Note that a student asked a question at somebody else's talk, or take that back."""
    if student.pk == talk.student_id:
        raise Refused("A question to one's own talk does not count.")
    assessment.note_question(
        edition=talk.edition, student=student, talk=talk.name, by=by, holds=holds
    )
