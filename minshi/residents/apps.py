"""The residents' app."""

from django.apps import AppConfig


class ResidentsConfig(AppConfig):
    name = "minshi.residents"
    label = "residents"
    verbose_name = "居民"
