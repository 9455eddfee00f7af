"""The notice of personal data has versions: what changes in it is asked anew, in its own words."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from minshi.accounts.models import User
from minshi.refusals import Refused
from minshi.residents import actions, notice
from minshi.residents.models import Person
from proposals.selectors import waits_for

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PAGE = "/privacy/"


def digest_of(words: str) -> str:
    """Of what people read, however it is set."""
    return hashlib.sha256("".join(re.findall("[\u4e00-\u9fff]+", words)).encode()).hexdigest()[:16]


def test_other_words_are_another_version() -> None:
    words = Path(settings.BASE_DIR, "templates/residents/consent.html").read_text()
    said = "the notice reads otherwise: give it the next VERSION, its day, what changed and this digest"
    assert notice.WORDS[notice.VERSION] == digest_of(words), said
    assert set(notice.CHANGES) == set(range(2, notice.VERSION + 1))


def agreed_to_an_earlier_one(user: User) -> User:
    Person.objects.filter(user=user).update(consented_to=notice.VERSION - 1)
    return User.objects.get(pk=user.pk)


def test_who_agreed_to_an_earlier_version_is_asked_anew_and_once(resident: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    assert "我知道并同意" not in client.get(PAGE).content.decode()
    assert not any(task.title == "个人信息告知" for task in waits_for(resident))
    agreed_to_an_earlier_one(resident)
    assert any(task.title == "个人信息告知" for task in waits_for(resident))
    assert "有变化，请再看一遍" in client.get("/mine/").content.decode()
    page = client.get(PAGE).content.decode()
    assert "我知道并同意" in page and "带走或注销" in page
    assert client.post(PAGE, {"version": str(notice.VERSION)}).status_code == 302
    assert Person.objects.get(user=resident).consented_to == notice.VERSION
    assert not any(task.title == "个人信息告知" for task in waits_for(User.objects.get(pk=resident.pk)))
    assert f"第 {notice.VERSION} 版" in client.get("/mine/data/").content.decode()


def test_only_what_was_read_is_agreed_to(resident: User, client_of: ClientOf) -> None:
    user = agreed_to_an_earlier_one(resident)
    answer = client_of(user).post(PAGE, {"version": str(notice.VERSION - 1)})
    assert answer.status_code == 422 and "请再看一遍" in answer.content.decode()
    with pytest.raises(Refused, match="再看一遍"):
        actions.consent(notice.VERSION + 1, by=user)
    assert client_of(None).post(PAGE, {"version": "1"}).status_code == 302
    assert Person.objects.get(user=resident).consented_to == notice.VERSION - 1


def test_who_is_in_no_register_agrees_when_they_join(client_of: ClientOf) -> None:
    nobody = User.objects.create_user("nobody", phone="13900000000")
    assert "登记时会请您看" in client_of(nobody).post(PAGE, {"version": "1"}).content.decode()
