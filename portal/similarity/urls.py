"""Addresses of comparisons of groups."""

from django.urls import path

from portal.similarity import views

app_name = "similarity"
urlpatterns = [
    path("projects/<int:pk>/comparisons/", views.project, name="project"),
    path("comparisons/<int:pk>/", views.comparison, name="comparison"),
    path("comparisons/<int:pk>/pairs/<int:number>/", views.pair, name="pair"),
]
