"""Newcomers: who says where they live is answered by a day, by somebody who is there."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ArrivalsConfig(AppConfig):
    name = "minshi.arrivals"
    label = "arrivals"
    verbose_name = _("新登记的住户")

    def ready(self) -> None:
        from minshi.arrivals import reactions  # noqa: F401  (registers them)
