"""Addresses of kept files."""

from django.urls import path

from minshi.unsent import views

urlpatterns = [path("unsent/<slug:token>/", views.unsent_file, name="unsent_file")]
