"""The app's name, and what it adds to the pages of the apps below it."""

from django.apps import AppConfig


class EvaluationConfig(AppConfig):
    name = "evaluation"
    label = "evaluation"
    verbose_name = "评议与归档"

    def ready(self) -> None:
        from evaluation import lifecycle, rules  # noqa: F401  (registers machines and permissions)
