"""The app of a place's own rules."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BylawsConfig(AppConfig):
    name = "minshi.bylaws"
    label = "bylaws"
    verbose_name = _("地方规则")

    def ready(self) -> None:
        from minshi.bylaws import reactions  # noqa: F401  (registers what is done when a deadline is due)
