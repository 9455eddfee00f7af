"""The user's app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "minshi.accounts"
    label = "accounts"
    verbose_name = "账号"
