"""The audit's app: who, what, when, before and after, on every table of ours."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from minshi.audit import deployments, tracking


class AuditConfig(AppConfig):
    name = "minshi.audit"
    label = "audit"
    verbose_name = _("审计")

    def ready(self) -> None:
        # Once, when every app has migrated.
        post_migrate.connect(tracking.attach, sender=self, dispatch_uid="audit.attach")
        pre_migrate.connect(deployments.open_window, dispatch_uid="audit.deployment.open")
        post_migrate.connect(deployments.close_window, dispatch_uid="audit.deployment.close")
