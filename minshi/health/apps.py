"""The health app; it also makes our Celery app the current one."""

from django.apps import AppConfig

from minshi import celery


class HealthConfig(AppConfig):
    name = "minshi.health"
    label = "health"
    verbose_name = "运行状况"
    celery = celery.app

    def ready(self) -> None:
        from minshi.health import checks, hearts  # noqa: F401  (registers the checks and the signal)
