"""The health app; it also makes our Celery app the current one."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from minshi import celery


class HealthConfig(AppConfig):
    name = "minshi.health"
    label = "health"
    verbose_name = _("运行状况")
    celery = celery.app

    def ready(self) -> None:
        from minshi.health import checks, hearts, pulse  # noqa: F401  (registers the checks and the signals)
