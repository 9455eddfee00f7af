"""The guards' app: what the database refuses, as the files say, after every migration."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _

from minshi.guards import loading, privileges, together


class GuardsConfig(AppConfig):
    name = "minshi.guards"
    label = "guards"
    verbose_name = _("数据库守卫")

    def ready(self) -> None:
        pre_migrate.connect(privileges.grant_to_application, dispatch_uid="guards.grant")
        # Once too, for the whole plan.
        pre_migrate.connect(together.create_together, sender=self, dispatch_uid="guards.together")
        # Once, when every app has migrated. The announcement goes from app to app as they are installed, and this is
        # the first of ours: whatever an app writes or attaches after a migration meets the guards of this release.
        post_migrate.connect(loading.load_after_migrating, sender=self, dispatch_uid="guards.load")
