"""The lifecycle's app."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class LifecycleConfig(AppConfig):
    name = "minshi.lifecycle"
    label = "lifecycle"
    verbose_name = _("办理")

    def ready(self) -> None:
        from minshi.lifecycle import edges

        post_migrate.connect(edges.write_edges, sender=self, dispatch_uid="lifecycle.edges")
