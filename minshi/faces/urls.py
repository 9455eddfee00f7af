"""Addresses of the faces themselves."""

from django.urls import path

from minshi.faces import views

urlpatterns = [
    path("elder/", views.elder_mode, name="elder"),
    path("faces/", views.style_page, name="faces"),
]
