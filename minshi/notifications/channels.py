"""Ways to a phone. ``SMS_CHANNEL`` names one by its dotted path; all it must do is ``send``."""

from __future__ import annotations

import json
import sys
import urllib.request
from typing import ClassVar, Protocol
from urllib.error import HTTPError, URLError

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _


class NotSent(Exception):
    """The message did not leave; ``code`` is a short word without personal data."""

    def __init__(self, code: str) -> None:
        self.code = code[:40]
        super().__init__(self.code)


class Channel(Protocol):
    def send(self, phone: str, text: str) -> None:
        """Hand one text over, or raise ``NotSent``. May be asked twice for the same text."""


class ConsoleChannel:
    """Prints instead of sending; for development and the demo."""

    def send(self, phone: str, text: str) -> None:
        if settings.PRODUCTION:
            raise NotSent("console-in-production")
        sys.stdout.write(_("[短信] %(phone)s: %(text)s") % {"phone": phone, "text": text} + "\n")
        sys.stdout.flush()


class MemoryChannel:
    """Keeps what was sent, for tests."""

    sent: ClassVar[list[tuple[str, str]]] = []

    def send(self, phone: str, text: str) -> None:
        self.sent.append((phone, text))


class GatewayChannel:
    """Posts ``{"phone", "text"}`` as JSON to the operator's own gateway, which knows the provider's templates."""

    SECONDS = 10

    def __init__(self) -> None:
        if not settings.SMS_GATEWAY_URL.startswith("https://"):
            raise ImproperlyConfigured("SMS_GATEWAY_URL must be an https:// address")

    def send(self, phone: str, text: str) -> None:
        request = urllib.request.Request(  # noqa: S310  (https only, see above)
            settings.SMS_GATEWAY_URL,
            data=json.dumps({"phone": phone, "text": text}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {settings.SMS_GATEWAY_TOKEN}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=self.SECONDS):  # noqa: S310
                return
        except HTTPError as error:
            raise NotSent(f"http-{error.code}") from None
        except (URLError, OSError):
            raise NotSent("gateway-away") from None


def channel() -> Channel:
    chosen: Channel = import_string(settings.SMS_CHANNEL)()
    return chosen
