"""The ledger's app."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    name = "minshi.ledger"
    label = "ledger"
    verbose_name = "账本"
