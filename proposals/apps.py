"""The proposals' app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ProposalsConfig(AppConfig):
    name = "proposals"
    label = "proposals"
    verbose_name = _("提议与办理")

    def ready(self) -> None:
        from proposals import lifecycle, reactions, rules, showing, told  # noqa: F401  (registers them)
