"""Addresses of one's own data."""

from django.urls import path

from minshi.mydata import views

urlpatterns = [
    path("privacy/", views.consent, name="consent"),
    path("residents/corrections/", views.corrections, name="corrections"),
    path("mine/data/", views.my_data, name="my_data"),
    path("mine/data/name/", views.my_name, name="my_name"),
    path("mine/data/request/", views.my_request, name="my_request"),
    path("mine/data/names/", views.my_names, name="my_names"),
    path("mine/data/number/", views.my_number, name="my_number"),
    path("mine/data/leave/", views.my_leave, name="my_leave"),
    path("mine/data/close/", views.my_close, name="my_close"),
]
