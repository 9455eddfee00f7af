"""The address for the monitor."""

from django.urls import path

from minshi.health import views

urlpatterns = [path("healthz", views.healthz, name="healthz")]
