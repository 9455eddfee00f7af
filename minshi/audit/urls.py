"""Where the chain is public."""

from django.urls import path

from minshi.audit import views

urlpatterns = [
    path("trust/", views.chain, name="chain"),
    path("trust/roots/", views.witness, name="witness"),
    path("trust/roots.txt", views.roots_file, name="roots_file"),
]
