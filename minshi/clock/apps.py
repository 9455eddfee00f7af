"""The clock's app."""

from django.apps import AppConfig


class ClockConfig(AppConfig):
    name = "minshi.clock"
    label = "clock"
    verbose_name = "时间"

    def ready(self) -> None:
        from minshi.clock import checks  # noqa: F401  (registers the check)
