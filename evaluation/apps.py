"""The app's name, and what it adds to the pages of the apps below it."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EvaluationConfig(AppConfig):
    name = "evaluation"
    label = "evaluation"
    verbose_name = _("评议与归档")

    def ready(self) -> None:
        from evaluation import lifecycle, reactions, rules, selectors  # noqa: F401  (registers them)
        from proposals import panels

        panels.register(panels.Panel(70, "evaluation/ratings_panel.html", selectors.ratings_panel))
        panels.register(panels.Panel(80, "evaluation/archive_panel.html", selectors.archive_panel))
        for stage in ("accepted", "rating", "rework", "rated", "settling", "archived"):
            panels.register_present(stage, selectors.present_of)
        for load in (selectors.to_rate, selectors.to_confirm, selectors.to_check):
            panels.register_tasks(load)
