"""Addresses of demos."""

from django.urls import path

from portal.demos.views import calendar, sheet, staff, student, talks

app_name = "demos"
urlpatterns = [
    path("editions/<int:pk>/demos/", student.own, name="own"),
    path("projects/<int:pk>/slots/<slug:item>/", student.slots, name="slots"),
    path("projects/<int:pk>/video/<slug:item>/", student.send_video, name="send-video"),
    path("slots/<int:pk>/book/", student.book, name="book"),
    path("slots/<int:pk>/wait/", student.wait, name="wait"),
    path("waiting/<int:pk>/leave/", student.leave, name="leave"),
    path("bookings/<int:pk>/cancel/", student.cancel, name="cancel"),
    path("editions/<int:pk>/demos/day/", staff.day, name="day"),
    path("editions/<int:pk>/demos/publish/", staff.publish, name="publish"),
    path("slots/<int:pk>/withdraw/", staff.withdraw, name="withdraw"),
    path("slots/<int:pk>/book-for/", staff.book_for, name="book-for"),
    path("bookings/<int:pk>/absent/", staff.absent, name="absent"),
    path("bookings/<int:pk>/sheet/", sheet.of_booking, name="sheet"),
    path("bookings/<int:pk>/sheet/save/", sheet.save_booking, name="save-sheet"),
    path("videos/<int:pk>/sheet/", sheet.of_video, name="video-sheet"),
    path("videos/<int:pk>/sheet/save/", sheet.save_video, name="save-video-sheet"),
    path("editions/<int:pk>/talks/", talks.talks, name="talks"),
    path("editions/<int:pk>/talks/change/", talks.change, name="change-talks"),
    path("talks/<int:pk>/question/", talks.question, name="question"),
    path("calendar/", calendar.address, name="calendar"),
    path("calendar/<str:key>/demos.ics", calendar.show, name="feed"),
]
