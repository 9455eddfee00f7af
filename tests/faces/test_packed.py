"""A page that is kept for visitors leaves as small as the browser takes it, packed once."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from unittest import mock

import brotli
import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.faces import kept
from tests.way import Way

UNPACK = {"br": brotli.decompress, "gzip": gzip.decompress, "": bytes}


@pytest.mark.parametrize(
    ("taken", "packing"),
    [
        ("gzip, deflate, br", "br"),
        ("GZIP;q=1.0, br;q=0", "gzip"),
        ("gzip", "gzip"),
        ("deflate", ""),
        ("brown, gzipped", ""),
    ],
)
def test_a_browser_is_given_what_it_takes(way: Way, client: Client, taken: str, packing: str) -> None:
    url = way.submitted().get_absolute_url()
    plain = client.get(url).content
    answer = client.get(url, headers={"Accept-Encoding": taken})
    assert answer.get("Content-Encoding", "") == packing
    assert answer["Content-Length"] == str(len(answer.content))  # a browser waits for what was announced
    assert UNPACK[packing](answer.content) == plain
    assert not packing or len(answer.content) < len(plain) / 2
    assert "Accept-Encoding" in answer["Vary"]


def test_it_is_packed_once(way: Way, client: Client) -> None:
    url = way.submitted().get_absolute_url()
    pack = mock.Mock(side_effect=brotli.compress)
    with mock.patch.dict(kept.PACKINGS, br=pack):
        for _visitor in range(3):
            client.get(url, headers={"Accept-Encoding": "br"})
    assert pack.call_count == 1


def test_each_packing_has_its_own_validator(way: Way, client: Client) -> None:
    url = way.submitted().get_absolute_url()
    plain, packed = client.get(url)["ETag"], client.get(url, headers={"Accept-Encoding": "br"})["ETag"]
    assert plain != packed
    again = client.get(url, headers={"Accept-Encoding": "br", "If-None-Match": packed})
    assert again.status_code == 304 and "Accept-Encoding" in again["Vary"]
    assert client.get(url, headers={"Accept-Encoding": "br", "If-None-Match": plain}).status_code == 200


def test_what_is_ones_own_is_not_packed(way: Way, client_of: Callable[[User | None], Client], resident: User) -> None:
    url = way.submitted().get_absolute_url()
    for path in (url, "/", "/mine/"):
        answer = client_of(resident).get(path, headers={"Accept-Encoding": "gzip, br"})
        assert "Content-Encoding" not in answer
