"""The messages' app: an inbox on the site, and an outbox for what goes to a phone."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "minshi.notifications"
    label = "notifications"
    verbose_name = "消息"

    def ready(self) -> None:
        from minshi.notifications import checks, reactions  # noqa: F401  (registers them)
