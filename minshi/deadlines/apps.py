"""The deadlines' app."""

from django.apps import AppConfig


class DeadlinesConfig(AppConfig):
    name = "minshi.deadlines"
    label = "deadlines"
    verbose_name = "期限"
