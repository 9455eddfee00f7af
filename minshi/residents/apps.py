"""The residents' app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ResidentsConfig(AppConfig):
    name = "minshi.residents"
    label = "residents"
    verbose_name = _("居民")

    def ready(self) -> None:
        from minshi.residents import reactions  # noqa: F401  (registers what is done when a deadline is due)
