"""The app's name."""

from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"
    verbose_name = "资金与实施"
