"""A body that no form of ours sends is refused before a byte of it is read."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client, RequestFactory

from minshi.faces.middleware import refuse_too_much

pytestmark = pytest.mark.django_db


class Unread:
    """A body that must not be touched."""

    def read(self, *_size: Any) -> bytes:
        raise AssertionError("the body was read")


def sent(path: str, length: object) -> Any:
    request = RequestFactory().post(path)
    request.META["CONTENT_LENGTH"] = str(length)
    request.META["wsgi.input"] = Unread()
    return refuse_too_much(request)


@pytest.mark.parametrize("path", ["/signin/", "/accounts/login/", "/messages/"])
def test_where_no_form_has_a_file_a_few_words_are_all(path: str) -> None:
    assert sent(path, settings.BODY_BYTES_OF_WORDS) is None
    answer = sent(path, settings.BODY_BYTES_OF_WORDS + 1)
    assert answer.status_code == 413 and "太大" in answer.content.decode()
    assert answer["Connection"] == "close"


def test_elsewhere_all_the_photos_of_a_form_and_no_more() -> None:
    assert sent("/propose/", settings.BODY_BYTES) is None
    assert sent("/propose/", settings.BODY_BYTES + 1).status_code == 413
    assert settings.BODY_BYTES >= settings.UNSENT_OF_A_FORM * settings.UNSENT_BYTES


@pytest.mark.parametrize("length", ["-1", "1e9", "twelve"])
def test_a_length_that_is_none_is_no_error(length: str) -> None:
    assert sent("/signin/", length).status_code == 413


def test_the_whole_site_asks_it(client: Client) -> None:
    answer = client.post("/signin/", {"phone": "1"}, CONTENT_LENGTH=str(settings.BODY_BYTES_OF_WORDS + 1))
    assert answer.status_code == 413


def test_words_without_end_are_not_read_whole_beside_photos_either(client: Client) -> None:
    """Each of them is copied some ten times until a page is drawn of it."""
    sent = {"facts": "长" * (settings.BODY_BYTES_OF_WORDS // 3 + 1), "csrfmiddlewaretoken": "t"}
    answer = client.post("/projects/propose/", sent)
    assert answer.status_code == 413 and "写短一些" in answer.content.decode()
