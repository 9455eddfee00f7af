"""The clock's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClockConfig(AppConfig):
    name = "minshi.clock"
    label = "clock"
    verbose_name = _("时间")

    def ready(self) -> None:
        from minshi.clock import checks  # noqa: F401  (registers the check)
