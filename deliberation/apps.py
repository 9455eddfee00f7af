"""The app's name, and what it registers."""

from django.apps import AppConfig


class DeliberationConfig(AppConfig):
    name = "deliberation"
    label = "deliberation"
    verbose_name = "商议与表决"

    def ready(self) -> None:
        from deliberation import lifecycle, reactions, rules, showing  # noqa: F401  (registers them)
