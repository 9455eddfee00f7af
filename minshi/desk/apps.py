"""The desk's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeskConfig(AppConfig):
    name = "minshi.desk"
    label = "desk"
    verbose_name = _("工作台")

    def ready(self) -> None:
        from minshi.desk import (  # noqa: F401  (registers the ground's admins)
            accounts,
            corrections,
            intakes,
            notices,
            people,
            places,
            records,
            rules,
        )
