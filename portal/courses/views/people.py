"""Teams, and the roster from which people come."""

import csv
import io
from typing import Any

import structlog
from django.contrib import messages
from django.core import signing
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from portal.common.cells import harmless
from portal.common.errors import Refused
from portal.common.typed import whole
from portal.courses import roster as rosters
from portal.courses import sheets
from portal.courses import teams as teamwork
from portal.courses.access import led, taught
from portal.courses.models import Edition, Membership, SizeAgreed, Team, TeamChange
from portal.courses.queries import standing, student_called, students_of, without_a_way_in
from portal.courses.rules import is_lecturer
from portal.people.first import link_of
from portal.people.models import User
from portal.people.requests import Request

PAGE = 50
LONER_LIMIT = 200  # names of students without a team that a page shows
SALT = "portal.courses.roster"
log = structlog.get_logger()


def teams(request: Request, pk: int) -> HttpResponse:
    """Who works with whom; a POST changes one team."""
    edition = taught(request, pk)
    if request.method == "POST":
        try:
            messages.success(request, change(edition, request))
        except Refused as error:
            messages.error(request, str(error))
        return redirect(f"{request.path}?page={request.POST.get('page', '1')[:6]}")
    limits = teamwork.bounds(edition.file)
    members = Membership.objects.select_related("person").order_by("person__display_name")
    changes = TeamChange.objects.select_related("person", "by")
    agreed = SizeAgreed.objects.select_related("by")
    found = (
        edition.teams.filter(solo=False)
        .prefetch_related(
            Prefetch("memberships", members),
            Prefetch("changes", changes),
            Prefetch("sizes_agreed", agreed),
        )
        .order_by("name")
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    alone = students_of(edition).exclude(person__memberships__in=_shared(edition))
    context = {
        "edition": edition,
        "limits": limits,
        "page": page,
        "rows": [_row(team, limits) for team in page.object_list],
        "alone": alone.select_related("person").order_by("person__display_name")[:LONER_LIMIT],
        "alone_count": alone.count(),
        "leads": is_lecturer(standing(request.user), edition=edition.pk),
        "query": "",
    }
    return render(request, "courses/teams.html", context)


def change(edition: Edition, request: Request) -> str:
    """Found a team, let somebody in or out, or agree to a size. What was done, in words."""
    sent, by = request.POST, request.user
    do, reason = sent.get("do", ""), sent.get("reason", "")
    if do == "found":
        names = [name for name in sent.get("people", "").replace(",", " ").split() if name]
        people = [_student(edition, name) for name in names]
        team = teamwork.found(
            edition=edition, name=sent.get("name", ""), people=people, by=by, reason=reason
        )
        return f"{team} is there, with {len(people)} members."
    number = whole(sent.get("team", "")) or 0
    chosen = edition.teams.filter(solo=False, pk=number).first()
    if chosen is None:
        raise Refused("Nothing was changed: the form was not complete.")
    if do == "agree":
        size = chosen.memberships.count()
        teamwork.agree(team=chosen, size=size, by=by, reason=reason)
        return f"{chosen} may have {size} members."
    person = _student(edition, sent.get("person", ""))
    if do == "join":
        teamwork.join(team=chosen, person=person, by=by, reason=reason)
        return f"{person.name} is in {chosen} now."
    if do == "leave":
        teamwork.leave(team=chosen, person=person, by=by, reason=reason)
        return f"{person.name} left {chosen}."
    raise Refused("Nothing was changed: the form was not complete.")


def roster(request: Request, pk: int) -> HttpResponse:
    """Read in a file: first what it would do, then, on a second click, that."""
    edition = led(request, pk)
    waiting = without_a_way_in(edition).count()
    context: dict[str, Any] = {"edition": edition, "columns": rosters.NAMES, "waiting": waiting}
    if request.method != "POST":
        return render(request, "courses/roster.html", context)
    try:
        lines, notes = (
            _signed(edition, request.POST["plan"]) if "plan" in request.POST else _uploaded(request)
        )
        plan = rosters.plan(edition, lines, by=request.user)
        if "plan" in request.POST:
            counts = rosters.apply(plan, by=request.user)
            messages.success(
                request,
                f"Read in: {counts['new']} new, {counts['change']} changed, {counts['same']} as"
                " they were.",
            )
            return redirect("courses:teams", edition.pk)
    except Refused as error:
        answer = render(request, "courses/roster.html", context | {"problem": str(error)})
        answer.status_code = 422
        return answer
    body = {"edition": edition.pk, "lines": [[each.number, dict(each.given)] for each in lines]}
    context |= {
        "plan": plan,
        "counts": plan.counts,
        "notes": [*notes, *plan.notes],
        "signed": "" if plan.bad else signing.dumps(body, salt=SALT, compress=True),
    }
    return render(request, "courses/roster.html", context, status=422 if plan.bad else 200)


@require_POST
def invitations(request: Request, pk: int) -> HttpResponse:
    """A file of links, one for each student who cannot sign in yet."""
    edition = led(request, pk)
    people = [each.person for each in without_a_way_in(edition).select_related("person")]
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["username", "name", "email", "link"])
    for each in people:
        link = request.build_absolute_uri(link_of(each))
        lines.writerow([*map(harmless, (each.username, each.name, each.email)), link])
    log.info("invited", edition=edition.pk, by=request.user.pk, people=len(people))
    answer = HttpResponse(out.getvalue().encode("utf-8-sig"), content_type="text/csv")
    answer["Content-Disposition"] = 'attachment; filename="first-sign-in.csv"'
    answer["Cache-Control"] = "no-store"
    return answer


def _uploaded(request: Request) -> tuple[list[rosters.Line], list[str]]:
    file = request.FILES.get("file")
    if file is None:
        raise Refused("Choose a file first.")
    sheet = sheets.read(file.read(sheets.MAX_BYTES + 1))
    lines, unread = rosters.lines_of(sheet)
    return lines, [*sheet.notes, *(f"Nobody reads the column “{name}”." for name in unread)]


def _signed(edition: Edition, text: str) -> tuple[list[rosters.Line], list[str]]:
    """The lines that the preview showed, and no others."""
    try:
        body = signing.loads(text, salt=SALT, max_age=24 * 3600)
    except signing.BadSignature:
        body = {}
    if body.get("edition") != edition.pk:
        raise Refused("That preview is too old, or not of this edition. Choose the file again.")
    return [rosters.Line(number, given) for number, given in body["lines"]], []


def _row(team: Team, limits: teamwork.Bounds) -> dict[str, Any]:
    size = len(team.memberships.all())
    agreed = next((each for each in team.sizes_agreed.all() if each.size == size), None)
    return {"team": team, "size": size, "fits": limits.holds(size), "agreed": agreed}


def _student(edition: Edition, name: str) -> User:
    found = student_called(edition, name)
    if found is None:
        raise Refused(f"No student of this edition signs in as “{name.strip()[:100]}”.")
    return found


def _shared(edition: Edition) -> Any:  # noqa: ANN401 - a query for another one
    return Membership.objects.filter(edition=edition, solo=False)
