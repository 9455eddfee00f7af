"""The notices' app."""

from django.apps import AppConfig


class DisclosureConfig(AppConfig):
    name = "minshi.disclosure"
    label = "disclosure"
    verbose_name = "公示"

    def ready(self) -> None:
        from minshi.disclosure import reactions  # noqa: F401  (registers the deadline's handler)
