"""The funding app's start: what registers itself with lower apps."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"
    verbose_name = _("资金与实施")

    def ready(self) -> None:
        from funding import lifecycle, reactions, rules, showing, told  # noqa: F401  (registers them)
