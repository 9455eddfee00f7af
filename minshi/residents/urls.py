"""Addresses of the register."""

from django.urls import path

from minshi.residents import views

urlpatterns = [
    path("join/", views.choose, name="join"),
    path("join/<slug:code>/", views.join, name="join_at"),
    path("represent/", views.represent, name="representing"),
    path("residents/confirm/", views.confirm, name="confirm_residents"),
]
