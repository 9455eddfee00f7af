"""When something is wrong: calm, in Chinese, with what to do next."""

from unittest import mock

import pytest
from django.test import Client

pytestmark = pytest.mark.urls("tests.faces.probe_urls")


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/nowhere/", 404, "没有找到这一页"),
        ("/denied/", 403, "还没有登录"),
        ("/not-allowed/", 403, "您不是这一户的代表。"),
        ("/refused/", 409, "公示还没有结束。"),
        ("/bad/", 400, "这个请求看不懂"),
        ("/broken/", 500, "系统出了问题"),
    ],
)
def test_each_error_says_what_and_what_next(visitor: Client, address: str, status: int, words: str) -> None:
    answer = visitor.get(address)
    page = answer.content.decode()
    assert answer.status_code == status
    assert words in page
    assert "回到首页" in page
    assert "12345" in page
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_refusal_gives_every_reason(visitor: Client) -> None:
    assert "请到社区登记。" in visitor.get("/not-allowed/").content.decode()
    assert "超过批准的数额。" in visitor.get("/refused/").content.decode()


def test_a_form_without_its_token_is_answered_in_chinese() -> None:
    answer = Client(enforce_csrf_checks=True).post("/told/")
    assert answer.status_code == 403
    assert "这一页放得太久了" in answer.content.decode()


def test_the_last_page_stands_when_everything_else_is_broken(visitor: Client) -> None:
    with mock.patch("minshi.faces.templatetags.faces._drawn", side_effect=ValueError):
        answer = visitor.get("/")
    assert answer.status_code == 500
    assert "系统出了问题" in answer.content.decode()
