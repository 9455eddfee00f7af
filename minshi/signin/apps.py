"""The sign-in's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SigninConfig(AppConfig):
    name = "minshi.signin"
    label = "signin"
    verbose_name = _("登录")

    def ready(self) -> None:
        from minshi.signin import reactions, signals  # noqa: F401  (registers the receivers)
