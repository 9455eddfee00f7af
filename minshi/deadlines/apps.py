"""The deadlines' app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeadlinesConfig(AppConfig):
    name = "minshi.deadlines"
    label = "deadlines"
    verbose_name = _("期限")

    def ready(self) -> None:
        from minshi.deadlines import checks  # noqa: F401  (registers the check)
