"""The notices' app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DisclosureConfig(AppConfig):
    name = "minshi.disclosure"
    label = "disclosure"
    verbose_name = _("公示")

    def ready(self) -> None:
        from minshi.disclosure import reactions  # noqa: F401  (registers the deadline's handler)
