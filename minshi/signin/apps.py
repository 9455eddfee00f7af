"""The sign-in's app."""

from django.apps import AppConfig


class SigninConfig(AppConfig):
    name = "minshi.signin"
    label = "signin"
    verbose_name = "登录"

    def ready(self) -> None:
        from minshi.signin import signals  # noqa: F401  (registers the receivers)
