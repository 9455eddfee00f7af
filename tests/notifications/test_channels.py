"""The ways out: what production accepts, and what the gateway is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any, ClassVar

import pytest
from django.core.exceptions import ImproperlyConfigured

from minshi.notifications import channels
from minshi.notifications.channels import ConsoleChannel, GatewayChannel, NotSent
from minshi.notifications.checks import channel_can_send


def ids() -> list[str | None]:
    return [message.id for message in channel_can_send(None)]


def test_production_refuses_to_print(settings: Any) -> None:
    settings.SMS_CHANNEL = "minshi.notifications.channels.ConsoleChannel"
    settings.PRODUCTION = False
    assert ids() == []
    settings.PRODUCTION = True
    assert ids() == ["notifications.E002"]
    with pytest.raises(NotSent):
        ConsoleChannel().send("13800000001", "验证码")


@pytest.mark.parametrize("path", ["nowhere.Channel", "minshi.notifications.channels.Nothing"])
def test_a_channel_that_is_not_there_is_an_error(settings: Any, path: str) -> None:
    settings.SMS_CHANNEL = path
    assert ids() == ["notifications.E001"]


def test_the_gateway_must_be_https(settings: Any) -> None:
    settings.SMS_CHANNEL = "minshi.notifications.channels.GatewayChannel"
    settings.SMS_GATEWAY_URL = "http://gateway.example/"
    assert ids() == ["notifications.E001"]
    with pytest.raises(ImproperlyConfigured):
        GatewayChannel()


class Gateway(BaseHTTPRequestHandler):
    answer: ClassVar[int] = 200
    seen: ClassVar[list[tuple[str | None, dict[str, str]]]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.headers["Authorization"], json.loads(body)))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@pytest.fixture
def gateway(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Gateway]]:
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{server.server_port}/send"
    settings.SMS_GATEWAY_TOKEN = "secret"
    monkeypatch.setattr(channels.GatewayChannel, "__init__", lambda self: None)
    Gateway.seen.clear()
    Gateway.answer = 200
    yield Gateway
    server.shutdown()
    server.server_close()


def test_the_gateway_gets_phone_and_text(gateway: type[Gateway]) -> None:
    GatewayChannel().send("13800000001", "【民生小实事】请投票")
    assert gateway.seen == [("Bearer secret", {"phone": "13800000001", "text": "【民生小实事】请投票"})]


def test_a_refusing_or_absent_gateway_is_a_code(gateway: type[Gateway], settings: Any) -> None:
    gateway.answer = 503
    with pytest.raises(NotSent, match="http-503"):
        GatewayChannel().send("13800000001", "请投票")
    settings.SMS_GATEWAY_URL = "http://127.0.0.1:9/"
    with pytest.raises(NotSent, match="gateway-away"):
        GatewayChannel().send("13800000001", "请投票")
