"""Where the chain is public."""

from django.urls import path

from minshi.audit import views

urlpatterns = [path("trust/", views.chain, name="chain")]
