"""The app's name."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "minshi.desk"
    label = "desk"
    verbose_name = "工作台"
