"""Photos of a wish: nobody's before whoever answers it has looked, and never again once the wisher takes them back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory
from proposals import actions
from proposals.models import Look, Wish, WishPhoto
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def wished(way: Way, resident: User) -> Wish:
    return actions.wish(place=way.yard, text="想要一张长椅", photos=[a_picture(), a_picture(90)], by=resident)


def seen(client: Client, photo: WishPhoto) -> set[int]:
    names = ("wish_photo", "wish_photo_small")
    return {client.get(reverse(name, args=[photo.pk])).status_code for name in names}


def test_before_it_was_looked_at_it_is_the_wishers_and_of_whoever_answers(
    wished: Wish, resident: User, neighbour: User, clerk: User, client_of: ClientOf
) -> None:
    photo = wished.photos.get(ordinal=1)
    for who, status in ((None, 404), (neighbour, 404), (resident, 200), (clerk, 200)):
        assert seen(client_of(who), photo) == {status}
        address = reverse("wish_photo", args=[photo.pk])
        assert (address in client_of(who).get(wished.get_absolute_url()).content.decode()) == (status == 200)


def test_whoever_answers_says_which_everybody_may_see(
    wished: Wish, resident: User, clerk: User, client_of: ClientOf
) -> None:
    shown, kept = wished.photos.order_by("ordinal")
    at = reverse("admin:proposals_wish_do", args=[wished.pk, "look-at-photos"])
    asked = client_of(clerk).get(at).content.decode()
    assert reverse("wish_photo_small", args=[kept.pk]) in asked
    assert client_of(clerk).post(at, {"shown": [shown.pk]}).status_code == 302
    assert seen(client_of(None), shown) == {200} and seen(client_of(None), kept) == {404}
    page = client_of(None).get(wished.get_absolute_url()).content.decode()
    assert reverse("wish_photo", args=[shown.pk]) in page and reverse("wish_photo", args=[kept.pk]) not in page
    assert resident.person.name not in page
    actions.look_at_wish_photos(wished, set(), by=clerk)  # on second thoughts
    assert seen(client_of(None), shown) == {404}


def test_what_the_wisher_takes_back_nobody_shows_again(
    wished: Wish, resident: User, neighbour: User, clerk: User, client_of: ClientOf
) -> None:
    photos = set(wished.photos.values_list("pk", flat=True))
    actions.look_at_wish_photos(wished, photos, by=clerk)
    at = reverse("take_back_wish_photos", args=[wished.pk])
    assert client_of(neighbour).post(at).status_code == 404
    assert client_of(resident).post(at).status_code == 302
    actions.look_at_wish_photos(wished, photos, by=clerk)
    assert not wished.photos.filter(is_shown=True).exists()
    for who in (resident, clerk, None):
        assert seen(client_of(who), wished.photos.get(ordinal=1)) == {404}


def test_nobody_else_decides(wished: Wish, resident: User, neighbour: User, chief: User) -> None:
    for who in (resident, neighbour, chief):
        with pytest.raises(NotAllowed):
            actions.look_at_wish_photos(wished, set(), by=who)
    with pytest.raises(NotAllowed):
        actions.take_back_wish_photos(wished, by=neighbour)


def test_the_database_shows_none_that_nobody_looked_at_and_keeps_the_picture(wished: Wish) -> None:
    photo = wished.photos.get(ordinal=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        WishPhoto.objects.filter(pk=photo.pk).update(is_shown=True)
    with (
        pytest.raises(Exception, match=r"append-only|permission denied"),
        transaction.atomic(),
        connection.cursor() as sql,
    ):
        sql.execute("UPDATE proposals_wishphoto SET image = 'other.jpg' WHERE id = %s", [photo.pk])


def test_more_than_three_are_refused(way: Way, resident: User) -> None:
    with pytest.raises(Refused, match="最多放 3 张照片"):
        actions.wish(place=way.yard, text="想要一张长椅", photos=[a_picture()] * 4, by=resident)


def test_a_refused_photo_loses_neither_words_nor_the_others(way: Way, resident: User, client_of: ClientOf) -> None:
    client = client_of(resident)
    wrong = SimpleUploadedFile("长椅.jpg", b"no picture", "image/jpeg")
    typed = {"place": way.yard.pk, "text": "想要一张长椅", "category": "other"}
    answer = client.post(reverse("make_wish"), {**typed, "photos": [a_picture(), wrong]})
    page = answer.content.decode()
    assert answer.status_code == 422 and "“长椅.jpg”不是能打开的照片" in page and "想要一张长椅" in page
    assert page.count('name="shown_file"') == 2 and not Wish.objects.exists()
    good = next(token for token in page.split('name="kept_file" value="')[2:] if "photo.jpg" in token).split('"')[0]
    assert client.post(reverse("make_wish"), {**typed, "kept_file": ["", good]}).status_code == 302
    assert Wish.objects.get().photos.count() == 1


def test_at_the_door_the_photo_comes_with_the_words(way: Way, chief: User, client_of: ClientOf) -> None:
    typed = {"door": way.households[6].address, "name": "申老伯", "text": "扶手松了", "category": "safety"}
    assert client_of(chief).post(reverse("wish_at_door"), {**typed, "photos": [a_picture()]}).status_code == 302
    photo = Wish.objects.get().photos.get()
    assert photo.by == chief and not photo.is_shown
    assert seen(client_of(chief), photo) == {200} and seen(client_of(None), photo) == {404}


def test_the_same_words_sent_again_with_photos_keep_them(way: Way, resident: User, client_of: ClientOf) -> None:
    client, typed = client_of(resident), {"place": way.yard.pk, "text": "想要一张长椅", "category": "other"}
    client.post(reverse("make_wish"), typed)
    for _tap in range(2):
        client.post(reverse("make_wish"), {**typed, "photos": [a_picture(), a_picture(90)]})
    assert Wish.objects.get().photos.count() == 2


def test_ones_own_wish_takes_its_photos_along_into_the_proposal_and_anothers_keeps_them(
    wished: Wish, resident: User, neighbour: User, clerk: User
) -> None:
    shown = wished.photos.get(ordinal=1)
    actions.look_at_wish_photos(wished, {shown.pk}, by=clerk)
    said = {"need": ["没有地方坐"]}
    assert actions.begin_draft(said, wish=wished, by=resident).photos.count() == 1
    assert not actions.begin_draft(said, wish=wished, by=neighbour).photos.exists()


def test_whoever_answers_a_wish_from_the_book_sees_the_page_it_was_written_on(
    way: Way, community: Territory, clerk: User, client_of: ClientOf
) -> None:
    written = [actions.Written(way.households[6], "申老伯", "想要一张长椅")]
    (wished,) = actions.enter_wishes(community, written, photo=a_picture(), receipt_id=uuid4(), by=clerk)
    page = reverse("look_photo", args=[Look.objects.get(sheet=wished.sheet).pk])
    asked = client_of(clerk).get(reverse("admin:proposals_wish_do", args=[wished.pk, "claim"]))
    assert page in asked.content.decode()
    assert client_of(clerk).get(page).status_code == 200
    assert page not in client_of(None).get(wished.get_absolute_url()).content.decode()


def test_with_the_account_go_the_photos_that_were_not_for_everybody(
    wished: Wish, resident: User, clerk: User, client_of: ClientOf, django_capture_on_commit_callbacks: Any
) -> None:
    shown, hidden = wished.photos.order_by("ordinal")
    actions.look_at_wish_photos(wished, {shown.pk}, by=clerk)
    with django_capture_on_commit_callbacks(execute=True):
        actions.forget_wisher(resident.person, by=None)
    assert not hidden.image.storage.exists(hidden.image.name) and not hidden.small.storage.exists(hidden.small.name)
    assert seen(client_of(clerk), hidden) == {404} and seen(client_of(None), shown) == {200}
