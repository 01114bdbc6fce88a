"""Addresses of an edition's rules, dates and people."""

from django.urls import path

from portal.courses.views import contacts, course, people

app_name = "courses"
urlpatterns = [
    path("editions/<int:pk>/course/", course.course, name="course"),
    path("editions/<int:pk>/teams/", people.teams, name="teams"),
    path("editions/<int:pk>/contacts/", contacts.contacts, name="contacts"),
    path("editions/<int:pk>/roster/", people.roster, name="roster"),
    path("editions/<int:pk>/invitations/", people.invitations, name="invitations"),
]
