"""Addresses of a place's own rules."""

from django.urls import path

from minshi.bylaws import views

urlpatterns = [
    path("rules/", views.bylaws, name="bylaws"),
    path("rules/confirm/", views.confirm_bylaws, name="confirm_bylaws"),
    path("rules/<int:pk>/", views.bylaw, name="bylaw"),
    path("rules/<int:pk>/scan/", views.bylaw_scan, name="bylaw_scan"),
    path("rules/<int:pk>/print/", views.bylaw_print, name="bylaw_print"),
    path("rules/<int:pk>.pdf", views.bylaw_pdf, name="bylaw_pdf"),
]
