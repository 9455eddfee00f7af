"""Addresses of votes, meetings and decisions."""

from django.urls import path

from deliberation import views
from minshi.addresses import hidden

urlpatterns = [
    path("projects/<slug:number>/vote/", views.vote, name="vote"),
    path("projects/<slug:number>/votes/", views.motion, name="motion"),
    path("projects/<slug:number>/votes/<int:ordinal>/receipts/", views.motion_receipts, name="motion_receipts"),
    path("projects/<slug:number>/votes/<int:ordinal>/ballots.csv", views.motion_export, name="motion_export"),
    path("projects/<slug:number>/votes/<int:ordinal>/mine/", views.my_ballot, name="my_ballot"),
    path("projects/<slug:number>/votes/<int:ordinal>/letter/", views.ask_letter, name="ask_letter"),
    path("projects/<slug:number>/paper/", views.paper, name="paper"),
    path("projects/<slug:number>/paper/<int:ordinal>/", views.paper_unit, name="paper_unit"),
    path("projects/<slug:number>/paper/<int:ordinal>/void/", views.paper_void, name="paper_void"),
    path("projects/<slug:number>/paper/<int:ordinal>/unreachable/", views.paper_unreachable, name="paper_unreachable"),
    path("projects/<slug:number>/paper/<int:ordinal>/second/", views.paper_second, name="paper_second"),
    path("projects/<slug:number>/group/sheet/", views.group_sheet, name="group_sheet"),
    path("projects/<slug:number>/meetings/<int:ordinal>/", views.meeting, name="meeting"),
    path("projects/<slug:number>/decision/", views.decision, name="decision"),
    path("paper/confirm/", views.paper_confirm, name="paper_confirm"),
    path("paper/confirm/correction/", views.paper_confirm_correction, name="paper_confirm_correction"),
    path("paper/confirm/<slug:key>/photo/", views.paper_reading_photo, name="paper_reading_photo"),
    path(f"paper/<{hidden('ballot_line')}:pk>/photo/", views.paper_photo, name="paper_photo"),
    path("letters/", views.letters, name="letters"),
    path("letters/<int:pk>/", views.letter, name="letter"),
    path("receipts/", views.find_receipt, name="find_receipt"),
    path("receipts/<str:code>/", views.receipt, name="receipt"),
    path("receipts/<str:code>/correct/", views.receipt_correct, name="receipt_correct"),
]
