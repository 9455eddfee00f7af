"""The app's name, and what it registers."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"
    label = "evaluation"
    verbose_name = _("评议与归档")

    def ready(self) -> None:
        from evaluation import lifecycle, reactions, rules, showing, told  # noqa: F401  (registers them)
