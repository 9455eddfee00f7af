"""The funding app's start: what registers itself with lower apps."""

from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"
    label = "funding"
    verbose_name = "资金与实施"

    def ready(self) -> None:
        from funding import lifecycle, reactions, rules, showing  # noqa: F401  (registers them)
