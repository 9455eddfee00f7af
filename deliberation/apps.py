"""The app's name, and what it registers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DeliberationConfig(AppConfig):
    name = "deliberation"
    label = "deliberation"
    verbose_name = _("商议与表决")

    def ready(self) -> None:
        from deliberation import lifecycle, reactions, rules, showing, told  # noqa: F401  (registers them)
