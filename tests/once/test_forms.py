"""The same form sent twice is done once, whoever pressed twice, went back, or had no answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from funding.models import Group
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.health import actions
from minshi.once.models import SentForm
from minshi.residents.models import Person
from minshi.unsent.models import UnsentFile
from proposals.models import Proposal, Wish
from tests.desk.test_scope import do_of
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
ClientOf = Callable[[User | None], Client]
KEYS = re.compile(r'name="form_key" value="([0-9a-f-]{36})"')
TOKENS = re.compile(r'name="kept_file" value="([0-9a-f-]{36})"')
PROPOSE = "/projects/propose/"
WISH = "/wishes/new/"


def words(way: Way, **more: Any) -> dict[str, Any]:
    return {**WORDS, "place": way.yard.pk, **more}


def key_on(page: Any) -> str:
    return KEYS.findall(page.content.decode())[0]


def test_every_form_bears_a_key_of_its_own(way: Way, client_of: ClientOf, resident: User, clerk: User) -> None:
    drawn = [client_of(resident).get(PROPOSE) for _time in range(2)]
    drawn.append(client_of(clerk).get(do_of(way.cosigning(households=40), "cosign-on-paper")))
    keys = [key for page in drawn for key in KEYS.findall(page.content.decode())]
    assert len(keys) == len(set(keys)) >= 3
    for page in drawn:
        said = page.content.decode()
        assert len(KEYS.findall(said)) == said.count("csrfmiddlewaretoken")


def test_the_same_form_again_leads_to_the_same_answer(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    sent = words(way, form_key=key_on(client.get(PROPOSE)))
    first = client.post(PROPOSE, sent)
    platform_clock.move(timedelta(hours=1))  # long after what would be a double tap
    again = client.post(PROPOSE, sent)
    assert first.status_code == again.status_code == 302 and first["Location"] == again["Location"]
    assert Proposal.objects.count() == 1
    assert "没有重复办" in client.get(again["Location"]).content.decode()


def test_other_contents_are_told_so_and_shown_again(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    key = key_on(client.get(PROPOSE))
    client.post(PROPOSE, words(way, form_key=key))
    changed = client.post(PROPOSE, words(way, form_key=key, title="院里装两盏路灯"))
    said = changed.content.decode()
    assert changed.status_code == 409 and "您后来又改了内容" in said and "院里装两盏路灯" in said
    assert Proposal.objects.count() == 1
    fresh = key_on(changed)
    assert fresh != key
    assert client.post(PROPOSE, words(way, form_key=fresh, title="院里装两盏路灯")).status_code == 302
    assert Proposal.objects.count() == 2


def test_what_was_refused_is_sent_again_with_the_same_key(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    key = key_on(client.get(PROPOSE))
    assert client.post(PROPOSE, words(way, form_key=key, title="")).status_code == 422
    assert not SentForm.objects.exists()
    assert client.post(PROPOSE, words(way, form_key=key)).status_code == 302


def test_what_was_refused_and_led_on_is_not_said_to_be_done(way: Way, client_of: ClientOf, resident: User) -> None:
    client, key = client_of(resident), str(uuid4())
    mine = client.post(WISH, {"place": way.yard.pk, "category": "safety", "text": "一张长凳"})["Location"]
    client.get(mine)
    for _time in range(2):
        answer = client.post(f"{mine}support/", {"form_key": key})
        said = client.get(answer["Location"]).content.decode()
        assert "这是您自己的心愿" in said and "没有重复办" not in said


@pytest.mark.walked("procuring")
def test_a_guard_that_waits_for_the_end_answers_the_form(
    way: Way, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reason would come at the end of the form's transaction, where it is a server error."""
    proposal = way.procuring()
    monkeypatch.setattr("funding.actions.suppliers._refuse_group", lambda *args: None)
    two = [Person.objects.get(user=way.who(name)) for name in ("chief", "neighbour")]
    sent = {"lead": two[0].pk, "members": [two[1].pk], "how": "推选", "form_key": str(uuid4())}
    answer = client_of(way.who("clerk")).post(do_of(proposal.purse, "group"), sent)
    assert answer.status_code == 422 and "项目小组须有 3 人以上，且为单数" in answer.content.decode()
    assert not Group.objects.exists() and not SentForm.objects.exists()


def test_a_key_of_somebody_else_is_just_another_key(
    way: Way, client_of: ClientOf, resident: User, neighbour: User
) -> None:
    key = str(uuid4())
    sent = {"place": way.yard.pk, "category": "safety", "text": "一张长凳", "same": "none", "form_key": key}
    mine, theirs = (client_of(who).post(WISH, sent) for who in (resident, neighbour))
    assert mine.status_code == theirs.status_code == 302 and mine["Location"] != theirs["Location"]
    assert {wish.by for wish in Wish.objects.all()} == {resident, neighbour}


@pytest.mark.parametrize("key", ["", "x", "'", "0" * 400, "\u0000"])
def test_forms_without_a_key_of_ours_go_on_working(way: Way, client_of: ClientOf, resident: User, key: str) -> None:
    assert client_of(resident).post(PROPOSE, words(way, form_key=key)).status_code == 302
    assert client_of(resident).post(PROPOSE, words(way, title="另一盏")).status_code == 302
    assert Proposal.objects.count() == 2 and not SentForm.objects.exists()


def test_pictures_are_part_of_what_was_sent(
    way: Way, client_of: ClientOf, resident: User, tmp_path: Any, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path
    client, key = client_of(resident), str(uuid4())
    photo, other = a_picture(), a_picture()
    refused = client.post(PROPOSE, words(way, title="", photos=[photo], form_key=str(uuid4())))
    tokens = TOKENS.findall(refused.content.decode())
    first = client.post(PROPOSE, words(way, kept_file=tokens, form_key=key))
    again = client.post(PROPOSE, words(way, kept_file=tokens, form_key=key))
    assert first.status_code == again.status_code == 302 and first["Location"] == again["Location"]
    with_more = client.post(PROPOSE, words(way, kept_file=tokens, photos=[other], form_key=key))
    assert with_more.status_code == 409 and Proposal.objects.get().photos.count() == 1
    assert UnsentFile.objects.count() == 1 and TOKENS.findall(with_more.content.decode())


def test_a_page_kept_for_everybody_holds_no_key(way: Way, client_of: ClientOf, resident: User) -> None:
    proposal = way.cosigning(households=40)
    cache.clear()
    for url in ("/", reverse("project", args=[proposal.number]), reverse("projects"), reverse("wishes")):
        for who in (None, resident):
            client = client_of(who)
            pages = [client.get(url).content.decode() for _time in range(2)]
            assert who is not None or "form_key" not in pages[0] + pages[1]
            keys = [KEYS.findall(page) for page in pages]
            assert not set(keys[0]) & set(keys[1])


def test_nothing_that_is_stored_tells_what_was_said(way: Way, client_of: ClientOf, resident: User) -> None:
    key = str(uuid4())
    answer = client_of(resident).post(PROPOSE, words(way, form_key=key))
    row = SentForm.objects.get()
    assert key not in row.key and answer["Location"] not in row.answer and WORDS["title"] not in row.answer
    assert row.user == resident


def test_it_is_kept_for_the_days_of_the_policy(way: Way, client_of: ClientOf, resident: User) -> None:
    client_of(resident).post(PROPOSE, words(way, form_key=str(uuid4())))
    platform_clock.move(timedelta(days=6))
    assert actions.forget()["once_sentform"] == 0
    platform_clock.move(timedelta(days=2))
    assert actions.forget()["once_sentform"] == 1 and not SentForm.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_are_one_and_both_are_led_to_it(way: Way, client_of: ClientOf, resident: User) -> None:
    key = str(uuid4())
    sent = {"place": way.yard.pk, "category": "safety", "text": "一张长凳", "form_key": key}
    clients = [client_of(resident) for _time in range(4)]
    answers = at_once([partial(client.post, WISH, sent) for client in clients])
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer["Location"] for answer in answers}) == 1
    assert Wish.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_what_breaks_on_the_way_leaves_no_key(
    way: Way, client_of: ClientOf, resident: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, key = client_of(resident), str(uuid4())
    client.raise_request_exception = False
    sent = {"place": way.yard.pk, "category": "safety", "text": "一张长凳", "form_key": key}
    with monkeypatch.context() as broken:
        broken.setattr("proposals.views.wishing.redirect", lambda *args: 1 / 0)
        assert client.post(WISH, sent).status_code == 500
    assert not Wish.objects.exists() and not SentForm.objects.exists()
    assert client.post(WISH, sent).status_code == 302 and Wish.objects.count() == 1


def at_once(works: list[Callable[[], HttpResponse]]) -> list[HttpResponse]:
    start = Barrier(len(works))

    def run(work: Callable[[], HttpResponse]) -> HttpResponse:
        start.wait(20)
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as threads:
        return list(threads.map(run, works))
