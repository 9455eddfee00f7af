"""Addresses of the board, of a notice, its sheet, and objecting to it."""

from django.urls import path

from minshi.disclosure import views

urlpatterns = [
    path("notices/", views.notices, name="notices"),
    path("notices/photos/<int:pk>/", views.photo, name="notice_photo"),
    path("notices/<slug:number>/", views.notice, name="notice"),
    path("notices/<slug:number>/object/", views.object_to, name="object"),
    path("notices/<slug:number>/object/for/", views.object_for, name="object_for"),
    path("objections/read/", views.object_read, name="objection_read"),
    path("objections/<int:pk>/withdraw/", views.withdraw_objection, name="objection_withdraw"),
    path("objections/<int:pk>/photo/", views.object_photo, name="objection_photo"),
    path("notices/<slug:number>/posting/", views.posting, name="notice_posting"),
    path("notices/<slug:number>/print/", views.sheet, name="notice_print"),
    path("notices/<slug:number>.pdf", views.pdf, name="notice_pdf"),
]
