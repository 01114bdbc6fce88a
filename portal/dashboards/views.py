"""The start page, and the staff's pages of an edition."""

from urllib.parse import quote

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from portal.assessment.queries import review_queue
from portal.assessment.unchecked import unchecked
from portal.courses.access import taught
from portal.courses.dates import Calendar
from portal.courses.queries import editions_of, mini_projects_of, standing
from portal.courses.rules import Role
from portal.dashboards import insight as insights
from portal.dashboards.classview import STATES, class_view
from portal.dashboards.home import home_of
from portal.dashboards.log import entries, keys
from portal.dashboards.overview import overview
from portal.dashboards.progress import progress as progress_of
from portal.dashboards.trouble import crashed, hands, queue, tried_again
from portal.people.requests import Request
from portal.submissions.classtable import class_table

PAGE = 100


@require_safe
def home(request: Request) -> HttpResponse:
    """A student's work; for staff, the editions that they teach."""
    who = standing(request.user)
    studied = [edition for edition, role in who.roles.items() if role is Role.STUDENT]
    staffed = who.staffed
    taught = [
        (edition, len(review_queue(edition)))
        for edition in (editions_of(request.user).filter(pk__in=staffed) if staffed else [])
    ]
    courses = home_of(request.user, editions=studied, now=timezone.now())
    return render(request, "dashboards/home.html", {"courses": courses, "taught": taught})


@require_safe
def edition(request: Request, pk: int) -> HttpResponse:
    """An edition's mini-projects with how far the class is."""
    found = taught(request, pk)
    return render(request, "dashboards/edition.html", {"edition": found, **overview(found)})


@require_safe
def students(request: Request, pk: int) -> HttpResponse:
    """The class table, filtered by name and state, a page at a time."""
    found = taught(request, pk)
    name, state = request.GET.get("name", "").strip()[:100], request.GET.get("state", "")
    view = class_view(found, name=name, state=state)
    page = Paginator(view.students, PAGE).get_page(request.GET.get("page"))
    chosen = {"name": name, "state": state}
    context = {
        "edition": found,
        "view": view,
        "page": page,
        "name": name,
        "state": state,
        "states": STATES,
        "query": "".join(f"{key}={quote(value)}&" for key, value in chosen.items() if value),
    }
    return render(request, "dashboards/class.html", context)


@require_safe
def reviews(request: Request, pk: int) -> HttpResponse:
    """Judged work without a decision, longest waiting first."""
    found = taught(request, pk)
    page = Paginator(review_queue(found), PAGE).get_page(request.GET.get("page"))
    rest = unchecked(found)
    context = {
        "edition": found,
        "page": page,
        "dates": Calendar.of(found),
        "rest": rest[:PAGE],
        "more": max(0, len(rest) - PAGE),
    }
    return render(request, "dashboards/reviews.html", context)


@require_safe
def log(request: Request, pk: int) -> HttpResponse:
    """Who did what to whose work, results and dates, newest first."""
    found = taught(request, pk)
    person = request.GET.get("person", "").strip()[:100]
    page = Paginator(keys(found, person=person), PAGE).get_page(request.GET.get("page"))
    context = {
        "edition": found,
        "page": page,
        "entries": entries(page.object_list),
        "person": person,
        "query": f"person={quote(person)}&" if person else "",
    }
    return render(request, "dashboards/log.html", context)


@require_safe
def trouble(request: Request, pk: int) -> HttpResponse:
    """Workers that pause, work that waits, and what failed on our side, newest first."""
    found, now = taught(request, pk), timezone.now()
    page = Paginator(crashed(found), PAGE).get_page(request.GET.get("page"))
    workers = hands(now=now)
    context = {
        "edition": found,
        "hands": workers,
        "anybody": any(hand.tone == "good" for hand in workers),
        "in_trouble": any(hand.tone != "good" for hand in workers),
        "queue": queue(found),
        "again": list(tried_again(found)[:PAGE]),
        "page": page,
    }
    return render(request, "dashboards/trouble.html", context)


@require_safe
def insight(request: Request, pk: int) -> HttpResponse:
    """Levels, checks that fail, time to the verdict, who is at risk, demos to come."""
    found, now = taught(request, pk), timezone.now()
    projects = list(found.mini_projects.order_by("order"))
    wanted = request.GET.get("project", "")
    project = next(
        (each for each in projects if str(each.pk) == wanted), next(iter(projects), None)
    )
    context: dict[str, object] = {"edition": found, "projects": projects, "project": project}
    if project:
        table = class_table(found)
        page = Paginator(table.rows, PAGE).get_page(request.GET.get("page"))
        cells = [cell.attempt for row in page.object_list for cell in row.cells if cell]
        shares = insights.passing_shares(found, cells)
        context |= {
            "page": page,
            "query": f"project={project.pk}&",
            "bound": PAGE,
            "risks": insights.at_risk(found, project, table, now=now),
            "same": insights.same_files(project),
            "heat": insights.heat_map(table, page.object_list, shares),
            "grids": [
                *insights.level_grids(project),
                insights.failing_checks(project),
                insights.verdict_times(project),
                insights.demo_load(found, now=now),
            ],
        }
    return render(request, "dashboards/insight.html", context)


@require_safe
def progress(request: Request, pk: int) -> HttpResponse:
    """A student's levels in one mini-project, attempt by attempt."""
    project = get_object_or_404(mini_projects_of(request.user), pk=pk)
    grids = progress_of(project, sorted(standing(request.user).teams))
    return render(request, "dashboards/progress.html", {"project": project, "grids": grids})
