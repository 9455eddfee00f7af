"""The policy's app: after every migration the defaults and the published calendar are there."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _

from minshi.policy import defaults


class PolicyConfig(AppConfig):
    name = "minshi.policy"
    label = "policy"
    verbose_name = _("规则与日历")

    def ready(self) -> None:
        post_migrate.connect(defaults.sync, sender=self, dispatch_uid="policy.defaults")
