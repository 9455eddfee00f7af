"""Addresses of this app."""

from django.urls import path

from evaluation import views
from minshi.addresses import hidden

READ, OWN = hidden("rating_read"), hidden("rating_own")
"""A reader's name for an envelope, and its household's: nobody finds the one from the other."""

urlpatterns = [
    path("projects/<slug:number>/rate/", views.rate, name="rate"),
    path("projects/<slug:number>/ratings/", views.ratings, name="ratings"),
    path("projects/<slug:number>/ratings/paper/", views.rating_paper, name="rating_paper"),
    path("projects/<slug:number>/ratings/paper/<int:ordinal>/", views.rating_paper_unit, name="rating_paper_unit"),
    path("projects/<slug:number>/ratings/paper/<int:ordinal>/void/", views.rating_paper_void, name="rating_paper_void"),
    path(
        "projects/<slug:number>/ratings/paper/<int:ordinal>/second/",
        views.rating_paper_second,
        name="rating_paper_second",
    ),
    path("projects/<slug:number>/ratings/check/", views.rating_checks, name="rating_checks"),
    path(f"ratings/<{READ}:pk>/check/", views.rating_check, name="rating_check"),
    path(f"ratings/<{READ}:pk>/sheet/", views.rating_sheet, name="rating_sheet"),
    path(f"ratings/<{OWN}:pk>/correct/", views.rating_correct, name="rating_correct"),
    path("mine/data/copy/", views.my_copy, name="my_copy"),
    path("mine/data/export/", views.my_export, name="my_export"),
    path("report/<slug:code>/", views.report, name="report"),
    path("callbacks/<uuid:token>/", views.callback, name="callback"),
    path("projects/<slug:number>/archive/", views.archive, name="archive"),
    path("projects/<slug:number>/archive/zip/", views.archive_zip, name="archive_zip"),
    path("projects/<slug:number>/archive/<int:ordinal>/", views.archive_file, name="archive_file"),
]
