"""The places' app."""

from django.apps import AppConfig


class TerritoryConfig(AppConfig):
    name = "minshi.territory"
    label = "territory"
    verbose_name = "地方"
