"""Addresses of assessment."""

from django.urls import path

from portal.assessment import views

app_name = "assessment"
urlpatterns = [
    path("attempts/<int:pk>/review/", views.review, name="review"),
    path("attempts/<int:pk>/review/<int:criterion>/", views.decide, name="decide"),
]
