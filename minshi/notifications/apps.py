"""The messages' app: an inbox on the site, and an outbox for what goes to a phone."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class NotificationsConfig(AppConfig):
    name = "minshi.notifications"
    label = "notifications"
    verbose_name = _("消息")

    def ready(self) -> None:
        from minshi.notifications import checks, reactions  # noqa: F401  (registers them)
