"""The app's name."""

from django.apps import AppConfig


class ProposalsConfig(AppConfig):
    name = "proposals"
    label = "proposals"
    verbose_name = "提议"
