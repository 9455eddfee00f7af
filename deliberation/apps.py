"""The app's name."""

from django.apps import AppConfig


class DeliberationConfig(AppConfig):
    name = "deliberation"
    label = "deliberation"
    verbose_name = "商议"
