"""Addresses of the register."""

from django.urls import path

from minshi.residents import views

urlpatterns = [
    path("join/", views.join, name="join"),
    path("join/<slug:code>/", views.join, name="join_at"),
    path("residents/confirm/", views.confirm, name="confirm_residents"),
]
