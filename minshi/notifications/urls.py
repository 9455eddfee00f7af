"""The inbox's addresses."""

from django.urls import path

from minshi.addresses import hidden
from minshi.notifications import views

urlpatterns = [
    path("messages/", views.inbox, name="messages"),
    path("messages/read/", views.read_all, name="messages_read"),
    path("messages/how/", views.how_told, name="how_told"),
    path("messages/doors/", views.to_tell, name="to_tell"),
    path("messages/doors/print/", views.to_tell_print, name="to_tell_print"),
    path("messages/doors/pdf/", views.to_tell_pdf, name="to_tell_pdf"),
    path(f"messages/<{hidden('message')}:pk>/", views.open_message, name="message_open"),
    path(f"messages/<{hidden('message')}:pk>/stop/", views.stop_following, name="message_stop"),
]
