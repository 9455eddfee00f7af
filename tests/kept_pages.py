"""Whether a page that is kept shows at once what changed, to visitors and to whoever is signed in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest import mock

from django.core.cache.backends.dummy import DummyCache
from django.test import Client


def drawn_anew(client: Client, path: str) -> bytes:
    with mock.patch("minshi.faces.kept.shelf", DummyCache("", {})):
        return client.get(path).content


def seen_at_once(client: Client, path: str, change: Callable[[], Any], *, by: Client | None = None) -> bool:
    """Whether who has the page as it was is given another; what is given is always as drawn anew, also to ``by``."""
    before = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": before}).status_code == 304
    readers = [client] if by is None else [client, by]
    for reader in readers:
        reader.get(path)
    change()
    after = client.get(path, headers={"If-None-Match": before})
    for reader in readers:
        assert reader.get(path).content == drawn_anew(reader, path)
    return after.status_code == 200
