"""The inbox's addresses."""

from django.urls import path

from minshi.notifications import views

urlpatterns = [
    path("messages/", views.inbox, name="messages"),
    path("messages/read/", views.read_all, name="messages_read"),
    path("messages/<int:pk>/", views.open_message, name="message_open"),
]
