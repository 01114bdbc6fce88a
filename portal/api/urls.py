"""Addresses of the API, all below `/api/v1/`."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from portal.api import (
    assess,
    by_hand,
    courses,
    deliveries,
    demos,
    figures,
    office,
    results,
    sheets,
    talks,
    views,
)

app_name = "api"
STUDENT = "editions/<int:pk>/results/<int:person>/"
urlpatterns = [
    path("schema/", login_not_required(SpectacularAPIView.as_view()), name="schema"),
    path("me/", views.Me.as_view(), name="me"),
    path("editions/", views.Editions.as_view(), name="editions"),
    path("editions/<int:pk>/mini-projects/", views.MiniProjects.as_view(), name="mini-projects"),
    path("mini-projects/<int:pk>/", views.OneMiniProject.as_view(), name="mini-project"),
    path("mini-projects/<int:pk>/lookups/", views.Ask.as_view(), name="ask"),
    path("lookups/<int:pk>/", views.OneLookup.as_view(), name="lookup"),
    path("lookups/<int:pk>/confirm/", views.Confirm.as_view(), name="confirm"),
    path("submissions/", views.Submissions.as_view(), name="submissions"),
    path("submissions/<int:pk>/", views.OneSubmission.as_view(), name="submission"),
    path("submissions/<int:pk>/rerun/", views.Rerun.as_view(), name="rerun"),
    path("attempts/", views.Attempts.as_view(), name="attempts"),
    path("attempts/<int:pk>/", views.OneAttempt.as_view(), name="attempt"),
    path("attempts/<int:pk>/cancel/", views.Cancel.as_view(), name="cancel"),
    path("editions/<int:pk>/rules/", courses.Rules.as_view(), name="rules"),
    path("editions/<int:pk>/dates/", courses.Dates.as_view(), name="dates"),
    path("editions/<int:pk>/roster/", courses.Roster.as_view(), name="roster"),
    path("editions/<int:pk>/teams/", courses.Teams.as_view(), name="teams"),
    path("editions/<int:pk>/results/", results.Results.as_view(), name="results"),
    path(STUDENT, results.OneResult.as_view(), name="result"),
    path(f"{STUDENT}presence/", by_hand.NotePresence.as_view(), name="presence"),
    path(f"{STUDENT}lift/", by_hand.Lift.as_view(), name="lift"),
    path(f"{STUDENT}bonus/", by_hand.Move.as_view(), name="bonus"),
    path(f"{STUDENT}resit/", by_hand.Arrange.as_view(), name="arrange"),
    path("editions/<int:pk>/my-result/", results.OwnResult.as_view(), name="my-result"),
    path("editions/<int:pk>/publishing/", office.Publishing.as_view(), name="publishing"),
    path("editions/<int:pk>/resits/", office.Resits.as_view(), name="resits"),
    path("editions/<int:pk>/my-resit/", office.OwnResit.as_view(), name="my-resit"),
    path("editions/<int:pk>/requests/", office.Requests.as_view(), name="requests"),
    path("requests/<int:pk>/answer/", office.AnswerRequest.as_view(), name="answer"),
    path("editions/<int:pk>/sessions/", office.MoveSession.as_view(), name="move-session"),
    path("editions/<int:pk>/settings/", office.Settle.as_view(), name="settle"),
    path("mini-projects/<int:pk>/extensions/", office.Extend.as_view(), name="extend"),
    path("editions/<int:pk>/marks/<slug:mark>/", assess.Marks.as_view(), name="marks"),
    path("mini-projects/<int:pk>/teams/<int:team>/levels/", assess.Levels.as_view(), name="levels"),
    path("mini-projects/<int:pk>/figures/", figures.Figures.as_view(), name="figures"),
    path("mini-projects/<int:pk>/deliveries/", deliveries.Deliveries.as_view(), name="deliveries"),
    path("editions/<int:pk>/slots/", demos.Slots.as_view(), name="slots"),
    path("mini-projects/<int:pk>/slots/<slug:item>/", demos.OwnSlots.as_view(), name="own-slots"),
    path("mini-projects/<int:pk>/videos/<slug:item>/", demos.SendVideo.as_view(), name="video"),
    path("editions/<int:pk>/bookings/", demos.Bookings.as_view(), name="bookings"),
    path("slots/<int:pk>/book/", demos.Book.as_view(), name="book"),
    path("slots/<int:pk>/book-for/", demos.BookFor.as_view(), name="book-for"),
    path("slots/<int:pk>/wait/", demos.Wait.as_view(), name="wait"),
    path("waiting/<int:pk>/leave/", demos.Leave.as_view(), name="leave"),
    path("slots/<int:pk>/withdraw/", demos.Withdraw.as_view(), name="withdraw"),
    path("bookings/<int:pk>/cancel/", demos.CancelBooking.as_view(), name="cancel-booking"),
    path("bookings/<int:pk>/outcome/", demos.Outcome.as_view(), name="outcome"),
    path("bookings/<int:pk>/sheet/", sheets.Sheet.as_view(), name="sheet"),
    path("editions/<int:pk>/talks/", talks.Talks.as_view(), name="talks"),
    path("talks/<int:pk>/questions/", talks.NoteQuestion.as_view(), name="question"),
    # Whatever it holds: a line break is no end of an address
    re_path(
        r"^(?P<address>[\s\S]+)\Z", login_not_required(views.Nowhere.as_view()), name="nowhere"
    ),
]
