"""Addresses of a project's money and work."""

from django.urls import path

from funding import views

urlpatterns = [
    path("projects/<slug:number>/pledge/", views.pledge, name="pledge"),
    path("projects/<slug:number>/pledge/withdraw/", views.withdraw_pledge, name="withdraw_pledge"),
    path("projects/<slug:number>/pledge/name/", views.publish_name, name="publish_name"),
    path("projects/<slug:number>/books/", views.books, name="books"),
    path("projects/<slug:number>/suppliers/", views.suppliers, name="suppliers"),
    path("projects/<slug:number>/log/", views.log, name="log"),
    path("projects/<slug:number>/log/add/", views.add_log, name="add_log"),
    path("projects/<slug:number>/start/", views.start_work, name="start_work"),
    path("projects/<slug:number>/finish/", views.finish_work, name="finish_work"),
    path("projects/<slug:number>/acceptance/", views.acceptance, name="acceptance"),
    path("site-photos/<int:pk>/", views.log_photo, name="log_photo"),
    path("site-photos/<int:pk>/withhold/", views.withhold_log_photo, name="withhold_log_photo"),
    path("pledges/<int:pk>/photo/", views.pledge_photo, name="pledge_photo"),
    path("money/<slug:kind>/<int:pk>/", views.paper, name="money_paper"),
    path("vouchers/<int:pk>/", views.voucher, name="voucher"),
]
