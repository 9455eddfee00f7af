"""Addresses of wishes and proposals."""

from django.urls import path

from minshi.addresses import hidden
from proposals import views

urlpatterns = [
    path("", views.home, name="home"),
    path("places/<slug:code>/", views.home, name="place"),
    path("places/<slug:code>/figures/", views.figures, name="figures"),
    path("how/", views.how, name="how"),
    path("projects/", views.projects, name="projects"),
    path("projects/propose/", views.propose, name="propose"),
    path("projects/paper/", views.propose_for, name="propose_for"),
    path("projects/<slug:number>/", views.project, name="project"),
    path("projects/<slug:number>/submitted/", views.submitted, name="submitted"),
    path("projects/<slug:number>/revise/", views.revise, name="revise"),
    path("projects/<slug:number>/withdraw/", views.withdraw, name="withdraw"),
    path("projects/<slug:number>/split/", views.split, name="split"),
    path("projects/<slug:number>/cosign/", views.cosign, name="cosign"),
    path("projects/<slug:number>/cosign/paper/", views.cosign_on_paper, name="cosign_on_paper"),
    path("cosign/read/", views.cosign_read, name="cosign_read"),
    path(f"cosign/lists/<{hidden('signed_list')}:pk>/photo/", views.cosign_photo, name="cosign_photo"),
    path("paper/looks/<int:pk>/", views.look, name="look"),
    path("paper/looks/<int:pk>/photo/", views.look_photo, name="look_photo"),
    path("paper/looks/<int:pk>/correct/", views.look_correct, name="look_correct"),
    path("photos/<int:pk>/", views.photo, name="photo"),
    path("photos/<int:pk>/small/", views.photo, {"small": True}, name="photo_small"),
    path("wishes/", views.wishes, name="wishes"),
    path("wishes/new/", views.make_wish, name="make_wish"),
    path("wishes/paper/", views.wish_book, name="wish_book"),
    path("wishes/<int:pk>/", views.wish, name="wish"),
    path("wishes/<int:pk>/judge/", views.judge_wish, name="judge_wish"),
    path("wishes/<int:pk>/part/", views.part_wish, name="part_wish"),
    path("wishes/<int:pk>/support/", views.support_wish, name="support_wish"),
    path("resources/", views.resources, name="resources"),
    path("resources/offer/", views.offer, name="offer"),
    path("resources/requests/", views.my_requests, name="my_requests"),
    path("resources/requests/<int:pk>/", views.resource_request, name="resource_request"),
    path("resources/requests/<int:pk>/cancel/", views.cancel_request, name="cancel_request"),
    path("resources/<int:pk>/", views.resource, name="resource"),
    path("resources/<int:pk>/ask/", views.ask_resource, name="ask_resource"),
    path("resources/<int:pk>/withdraw/", views.withdraw_resource, name="withdraw_resource"),
    path("mine/", views.mine, name="mine"),
    path("review/", views.review_queue, name="review_queue"),
    path("review/<slug:number>/", views.review, name="review"),
    path("review/<slug:number>/benefits/", views.review_benefits, name="review_benefits"),
]
