"""Addresses of GitHub's part."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
