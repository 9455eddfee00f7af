"""A photo taken once need not be taken again: it survives another field's error, for its author alone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.unsent import actions
from minshi.unsent.models import UnsentFile
from proposals.models import Proposal
from tests.desk.test_scope import do_of
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
PROPOSE = "/projects/propose/"
TOKENS = re.compile(r'name="kept_file" value="([0-9a-f-]{36})"')


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def words(way: Way, **more: Any) -> dict[str, Any]:
    return {**WORDS, "place": way.yard.pk, **more}


def refused(client: Client, way: Way, **more: Any) -> str:
    answer = client.post(PROPOSE, words(way, title="", **more))
    assert answer.status_code == 422
    return answer.content.decode()


def test_photos_survive_another_fields_error_and_are_shown(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    page = refused(client, way, photos=[a_picture(), a_picture()])
    tokens = TOKENS.findall(page)
    assert len(tokens) == 2 and "不用重新选" in page and "请重新选" not in page
    assert WORDS["need"] in page
    picture = client.get(reverse("unsent_file", args=[tokens[0]]))
    assert picture.status_code == 200 and picture["Content-Type"] == "image/jpeg"
    assert "no-store" in picture["Cache-Control"]
    answer = client.post(PROPOSE, words(way, kept_file=tokens))
    assert answer.status_code == 302
    assert Proposal.objects.get().photos.count() == 2


def test_once_taken_nothing_is_left(way: Way, client_of: ClientOf, resident: User, media: Path) -> None:
    client = client_of(resident)
    tokens = TOKENS.findall(refused(client, way, photos=[a_picture()]))
    assert list((media / "unsent").iterdir())
    client.post(PROPOSE, words(way, kept_file=tokens))
    assert not UnsentFile.objects.exists()


def test_errors_one_after_another_lose_nothing(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    tokens = TOKENS.findall(refused(client, way, photos=[a_picture()]))
    for _time in range(3):
        tokens = TOKENS.findall(refused(client, way, kept_file=tokens))
        assert len(tokens) == 1
    tokens = TOKENS.findall(refused(client, way, kept_file=tokens, photos=[a_picture(90)]))
    assert len(tokens) == 2
    client.post(PROPOSE, words(way, kept_file=tokens))
    assert Proposal.objects.get().photos.count() == 2


def test_what_is_unticked_goes(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    kept, gone = TOKENS.findall(refused(client, way, photos=[a_picture(), a_picture()]))
    assert TOKENS.findall(refused(client, way, kept_file=[kept])) == [kept]
    assert not UnsentFile.objects.filter(token=gone).exists()
    client.post(PROPOSE, words(way, kept_file=[kept]))
    assert Proposal.objects.get().photos.count() == 1


def test_another_tab_of_the_same_form_costs_no_photo(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    one = TOKENS.findall(refused(client, way, photos=[a_picture()]))
    other = TOKENS.findall(refused(client, way, photos=[a_picture()]))
    assert client.post(PROPOSE, words(way, kept_file=other, shown_file=other)).status_code == 302
    assert client.post(PROPOSE, words(way, title="另一件", kept_file=one, shown_file=one)).status_code == 302
    assert [each.photos.count() for each in Proposal.objects.all()] == [1, 1]
    assert not UnsentFile.objects.exists()


def test_a_kept_photo_that_is_chosen_again_is_there_once(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    content = a_picture().read()

    def chosen() -> SimpleUploadedFile:
        return SimpleUploadedFile("a.jpg", content, "image/jpeg")

    kept = TOKENS.findall(refused(client, way, photos=[chosen()]))
    kept = TOKENS.findall(refused(client, way, kept_file=kept, shown_file=kept, photos=[chosen()]))
    assert len(kept) == UnsentFile.objects.count() == 1
    client.post(PROPOSE, words(way, kept_file=kept, shown_file=kept, photos=[chosen()]))
    assert Proposal.objects.get().photos.count() == 1


def test_what_was_unticked_everywhere_goes_too(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    page = refused(client, way, photos=[a_picture()])
    shown = re.findall(r'name="shown_file" value="([0-9a-f-]{36})"', page)
    assert shown == TOKENS.findall(page) != []
    refused(client, way, kept_file=[""], shown_file=shown, photos=[a_picture()])
    assert UnsentFile.objects.count() == 1 and str(UnsentFile.objects.get().token) not in shown


def test_what_is_gone_meanwhile_is_said_before_anything_is_done(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    page = refused(client, way, photos=[a_picture()])
    key = re.findall(r'name="form_key" value="([0-9a-f-]{36})"', page)[-1]
    actions.drop(UnsentFile.objects.all())
    sent = words(way, kept_file=TOKENS.findall(page), form_key=key, photos=[a_picture()])
    answer = client.post(PROPOSE, sent)
    said = answer.content.decode()
    assert answer.status_code == 409 and "请重新选照片" in said and WORDS["need"] in said
    assert not Proposal.objects.exists()
    assert len(TOKENS.findall(said)) == 1, "what came along just now is kept"
    assert client.post(PROPOSE, words(way, kept_file=TOKENS.findall(said), form_key=key)).status_code == 302
    assert Proposal.objects.get().photos.count() == 1


def test_nobody_else_sees_or_sends_them(
    way: Way, client_of: ClientOf, resident: User, neighbour: User, clerk: User
) -> None:
    token = TOKENS.findall(refused(client_of(resident), way, photos=[a_picture()]))[0]
    for who in (neighbour, clerk):
        assert client_of(who).get(reverse("unsent_file", args=[token])).status_code == 404
    assert client_of(None).get(reverse("unsent_file", args=[token])).status_code == 302
    client_of(neighbour).post(PROPOSE, words(way, kept_file=[token, "x", "'"]))
    assert Proposal.objects.get().photos.count() == 0
    assert UnsentFile.objects.get().user == resident


def test_what_is_no_picture_is_never_shown_as_one(way: Way, client_of: ClientOf, resident: User) -> None:
    page = b"<html><script>alert(1)</script></html>"
    sent = SimpleUploadedFile("a.html", page, "text/html")
    client = client_of(resident)
    token = TOKENS.findall(refused(client, way, photos=[sent]))[0]
    answer = client.get(reverse("unsent_file", args=[token]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_a_form_of_the_desk_keeps_them_too(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.cosigning(households=40)
    client, url = client_of(clerk), do_of(proposal, "cosign-on-paper")
    answer = client.post(url, {"photos": [a_picture()], "doors": "9栋999"})
    tokens = TOKENS.findall(answer.content.decode())
    assert answer.status_code == 422 and len(tokens) == 1
    answer = client.post(url, {"kept_file": tokens, "doors": way.households[5].address})
    assert answer.status_code == 302
    assert proposal.cosigns.filter(line__isnull=False).count() == 1


def test_they_are_forgotten_after_seven_days(way: Way, client_of: ClientOf, resident: User, clock: Any) -> None:
    refused(client_of(resident), way, photos=[a_picture()])
    assert actions.forget() == 0
    platform_clock.move(timedelta(days=8))
    assert actions.forget() == 1 and not UnsentFile.objects.exists()


def test_nobody_fills_the_disk(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    for number in range(6):
        client.post(f"{PROPOSE}?wish={number}", words(way, title="", photos=[a_picture() for _each in range(6)]))
    assert UnsentFile.objects.filter(user=resident).count() <= settings.UNSENT_OF_A_PERSON
    assert settings.MEDIA_ROOT


def test_a_code_that_is_no_longer_fresh_costs_no_photo(way: Way, client_of: ClientOf, chief: User) -> None:
    """Whoever is signed in and asked for a fresh code comes back to the form with the photo they had taken."""
    proposal = way.cosigning(households=40)
    url = reverse("cosign_on_paper", args=[proposal.number])
    client = client_of(chief)
    session = client.session
    del session["fresh_code"]
    session.save()
    answer = client.post(url, {"photos": [a_picture()], "doors": way.households[5].address})
    assert answer.status_code == 302 and answer["Location"].startswith("/signin/fresh/")
    assert UnsentFile.objects.filter(user=chief, path=url).count() == 1


# --- Of somebody whose session had ended ------------------------------------------------------------


def ends(client: Client) -> None:
    """The session is over; the browser keeps its other cookies."""
    client.cookies.pop(settings.SESSION_COOKIE_NAME)


def signs_in(client: Client, user: User) -> None:
    """In the same browser and session, as the page of the code does it: what is in the session stays."""
    kept = dict(client.session)
    client.force_login(user, backend="minshi.accounts.backends.AccountBackend")
    session = client.session
    session.update({name: value for name, value in kept.items() if not name.startswith("_auth")})
    session.save()


def sends_signed_out(client: Client, way: Way, **more: Any) -> None:
    ends(client)
    answer = client.post(PROPOSE, words(way, **more))
    assert answer.status_code == 302 and "/signin/" in answer["Location"]


def test_photos_of_somebody_signed_out_are_there_after_the_way_in(
    way: Way, client_of: ClientOf, resident: User
) -> None:
    client = client_of(resident)
    client.get("/mine/")
    sends_signed_out(client, way, photos=[a_picture(), a_picture()])
    row = UnsentFile.objects.first()
    assert row and row.user is None and row.author
    assert client.get(reverse("unsent_file", args=[row.token])).status_code == 302, "shown to nobody before"
    signs_in(client, resident)
    page = client.get(PROPOSE).content.decode()
    tokens = TOKENS.findall(page)
    assert len(tokens) == 2 and WORDS["need"] in page and "请重新选一次" not in page
    assert client.get(reverse("unsent_file", args=[tokens[0]])).status_code == 200
    assert client.post(PROPOSE, words(way, kept_file=tokens)).status_code == 302
    assert Proposal.objects.get().photos.count() == 2
    assert not UnsentFile.objects.exists()


def test_whoever_else_signs_in_there_sees_nothing_of_them(
    way: Way, client_of: ClientOf, resident: User, neighbour: User
) -> None:
    client = client_of(resident)
    client.get("/mine/")
    sends_signed_out(client, way, photos=[a_picture()])
    token = UnsentFile.objects.get().token
    signs_in(client, neighbour)
    page = client.get(PROPOSE).content.decode()
    assert not TOKENS.findall(page) and WORDS["need"] not in page
    assert client.get(reverse("unsent_file", args=[token])).status_code == 404
    client.post(PROPOSE, words(way, kept_file=[str(token)]))
    assert Proposal.objects.get().photos.count() == 0
    assert UnsentFile.objects.get().user is None


def test_another_browser_of_the_same_person_has_them_not(way: Way, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    client.get("/mine/")
    sends_signed_out(client, way, photos=[a_picture()])
    assert not TOKENS.findall(client_of(resident).get(PROPOSE).content.decode())


@pytest.mark.parametrize("mark", [None, "", "x", "a" * 32, "1:2:3"])
def test_a_browser_we_do_not_know_leaves_nothing_on_the_disk_and_says_so(
    mark: str | None, way: Way, client_of: ClientOf, resident: User
) -> None:
    client = client_of(None)
    if mark is not None:
        client.cookies["author"] = mark
    answer = client.post(PROPOSE, words(way, photos=[a_picture()]))
    assert answer.status_code == 302 and not UnsentFile.objects.exists()
    signs_in(client, resident)
    page = client.get(PROPOSE).content.decode()
    assert not TOKENS.findall(page) and ("请重新选一次" in page) == (WORDS["need"] in page)


def test_signed_out_only_pictures_and_few_of_them_are_kept(
    way: Way, client_of: ClientOf, resident: User, settings: Any
) -> None:
    client = client_of(resident)
    client.get("/mine/")
    page = SimpleUploadedFile("a.jpg", b"<html>", "image/jpeg")
    sends_signed_out(client, way, photos=[page])
    assert not UnsentFile.objects.exists()
    settings.UNSENT_OF_A_PERSON, settings.UNSENT_SIGNED_OUT = 3, 5
    for _time in range(3):
        sends_signed_out(client, way, photos=[a_picture(), a_picture()])
    assert UnsentFile.objects.count() == 3
    settings.UNSENT_OF_A_PERSON, settings.UNSENT_BYTES = 99, 10
    sends_signed_out(client, way, photos=[a_picture()])
    assert UnsentFile.objects.count() == 3, "too large"
    settings.UNSENT_BYTES, settings.UNSENT_SIGNED_OUT = 10**7, 3
    sends_signed_out(client, way, photos=[a_picture()])
    assert UnsentFile.objects.count() == 3, "as many as of all together"


def test_what_nobody_came_back_for_is_forgotten(way: Way, client_of: ClientOf, resident: User, clock: Any) -> None:
    client = client_of(resident)
    client.get("/mine/")
    sends_signed_out(client, way, photos=[a_picture()])
    platform_clock.move(timedelta(days=8))
    assert actions.forget() == 1 and not UnsentFile.objects.exists()
