"""Addresses of the register."""

from django.urls import path

from minshi.residents import views

urlpatterns = [
    path("join/", views.choose, name="join"),
    path("join/<slug:code>/", views.join, name="join_at"),
    path("represent/", views.represent, name="representing"),
    path("residents/confirm/", views.confirm, name="confirm_residents"),
    path("residents/find/", views.find, name="find_residents"),
    path("residents/find/<int:pk>/", views.found, name="found_resident"),
    path("residents/strikes/", views.strikes, name="strikes"),
]
