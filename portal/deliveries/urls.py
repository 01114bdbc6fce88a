"""Addresses of what is handed in beside code."""

from django.urls import path

from portal.deliveries import views

app_name = "deliveries"
urlpatterns = [
    path("editions/<int:pk>/deliveries/", views.own, name="own"),
    path("projects/<int:pk>/deliveries/", views.project, name="project"),
    path("projects/<int:pk>/deliveries/<int:team>/", views.work, name="work"),
    path("editions/<int:pk>/handed-in/", views.everybody, name="everybody"),
]
