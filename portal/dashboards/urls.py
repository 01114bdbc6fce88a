"""Addresses of the dashboards."""

from django.urls import path

from portal.dashboards import views

app_name = "dashboards"
urlpatterns = [
    path("", views.home, name="home"),
    path("editions/<int:pk>/", views.edition, name="edition"),
    path("editions/<int:pk>/class/", views.students, name="class"),
    path("editions/<int:pk>/reviews/", views.reviews, name="reviews"),
    path("editions/<int:pk>/log/", views.log, name="log"),
    path("editions/<int:pk>/insight/", views.insight, name="insight"),
    path("projects/<int:pk>/progress/", views.progress, name="progress"),
    path("editions/<int:pk>/trouble/", views.trouble, name="trouble"),
]
