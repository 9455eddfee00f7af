"""Production must be able to send: a channel that only prints is refused."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from minshi.notifications.channels import ConsoleChannel, channel


@register()
def channel_can_send(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    try:
        chosen = channel()
    except (ImportError, ImproperlyConfigured) as error:
        return [Error(f"SMS_CHANNEL cannot be used: {error}", id="notifications.E001")]
    if settings.PRODUCTION and isinstance(chosen, ConsoleChannel):
        return [Error("Production needs a real SMS channel (MINSHI_SMS_CHANNEL).", id="notifications.E002")]
    return []
