"""提议 in short steps: what was typed is kept with each step, for its author, until it is put forward once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from minshi.accounts.models import User
from minshi.clock import now
from minshi.mydata.signals import forgetting
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from proposals import actions
from proposals.forms import STEPS, ProposeForm
from proposals.models import MOST_DRAFTS, Draft, DraftPhoto, Proposal, WishStage
from tests.cast import make_resident
from tests.conftest import Clock
from tests.proposals.hostile import NUL, SCRIPT, WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
START = "/projects/drafts/"


@pytest.fixture
def words(way: Way) -> dict[str, Any]:
    rows = {"lines_item": ["路灯"], "lines_quantity": ["2"], "lines_price": ["6000"]}
    return {**WORDS, **rows, "place": way.yard.pk, "cost": "", "help_wanted": "会接电的师傅"}


@pytest.fixture
def phone(client_of: ClientOf, resident: User) -> Client:
    return client_of(resident)


def walk(client: Client, words: dict[str, Any], *, leave_out: str = "", **more: Any) -> Draft:
    """Every step filled and kept, less one of them."""
    client.post(START, {name: words.get(name, "") for name in STEPS["what"].names})
    draft = Draft.objects.latest("pk")
    for slug, step in list(STEPS.items())[1:]:
        if slug != leave_out:
            sent = {name: words[name] for name in step.names if name in words}
            client.post(f"{START}{draft.pk}/{slug}/", {**sent, **(more if slug == "photos" else {})})
    return draft


def test_every_field_of_the_form_stands_in_one_step(resident: User, way: Way) -> None:
    stands = [name for step in STEPS.values() for name in step.fields]
    assert sorted(stands) == sorted(ProposeForm(by=resident).fields)


def test_step_by_step_it_becomes_a_proposal_with_its_photos_and_the_draft_is_gone(
    phone: Client, words: dict[str, Any]
) -> None:
    draft = walk(phone, words, photos=[a_picture(), a_picture()])
    file = draft.photos.first().image.name  # type: ignore[union-attr]
    assert "还差这些" not in phone.get(f"{START}{draft.pk}/").content.decode()
    answer = phone.post(f"{START}{draft.pk}/", follow=True)
    proposal = Proposal.objects.get()
    assert proposal.number in answer.content.decode()
    assert proposal.version.cost_fen == 1_200_000 and proposal.version.help_wanted == "会接电的师傅"
    assert proposal.photos.count() == 2
    assert not Draft.objects.exists() and not DraftPhoto.objects.exists()
    assert default_storage.exists(file)  # gone once the transaction is, which here it never is


def test_it_is_found_again_on_another_phone_as_it_was_typed(
    phone: Client, client_of: ClientOf, resident: User, words: dict[str, Any]
) -> None:
    draft = walk(phone, {**words, "cost": "很多", "lines_item": [], "lines_quantity": [], "lines_price": []})
    other = client_of(resident)
    assert words["title"] in other.get(START).content.decode()
    assert words["title"] in other.get("/mine/").content.decode()
    page = other.get(f"{START}{draft.pk}/money/").content.decode()
    assert 'value="很多"' in page and 'class="error"' in page


def test_what_is_wrong_is_said_and_kept_all_the_same(phone: Client, words: dict[str, Any]) -> None:
    phone.post(START, {"title": "装灯", "need": "黑", "plan": "装"})
    draft = Draft.objects.get()
    answer = phone.post(f"{START}{draft.pk}/where/", {"place": words["place"], "spot": ""})
    assert answer.status_code == 422 and 'href="#id_spot"' in answer.content.decode()
    draft.refresh_from_db()
    assert draft.typed["place"] == [str(words["place"])]
    later = phone.post(f"{START}{draft.pk}/where/", {"place": words["place"], "spot": "", "later": "1"})
    assert later.status_code == 302


def test_a_step_says_nothing_of_what_the_others_are_missing(phone: Client) -> None:
    phone.post(START, {"title": "装灯", "need": "黑", "plan": "装"})
    page = phone.get(f"{START}{Draft.objects.get().pk}/where/").content.decode()
    assert 'class="error"' not in page and 'class="errors"' not in page


@pytest.mark.parametrize("step", list(STEPS)[1:5])
def test_what_is_missing_is_named_with_the_way_there(phone: Client, words: dict[str, Any], step: str) -> None:
    draft = walk(phone, words, leave_out=step)
    answer = phone.post(f"{START}{draft.pk}/")
    page = answer.content.decode()
    if step == "who":  # nothing in it must be filled
        assert answer.status_code == 302
        return
    assert answer.status_code == 422 and "还差这些" in page
    assert f'<li><a href="{START}{draft.pk}/{step}/">' in page
    assert Draft.objects.exists() and not Proposal.objects.exists()


def test_a_broken_photo_is_said_and_the_words_beside_it_stay(phone: Client, words: dict[str, Any]) -> None:
    draft = walk(phone, words)
    broken = SimpleUploadedFile("坏的.jpg", b"\xff\xd8\xff not a picture", "image/jpeg")
    answer = phone.post(f"{START}{draft.pk}/photos/", {"photos": [broken], "help_wanted": "借个梯子"})
    assert answer.status_code == 422 and "坏的.jpg" in answer.content.decode()
    draft.refresh_from_db()
    assert draft.typed["help_wanted"] == ["借个梯子"]


def test_a_photo_is_taken_out_again(phone: Client, words: dict[str, Any]) -> None:
    draft = walk(phone, words, photos=[a_picture(), a_picture()])
    first = draft.photos.order_by("pk")[0]
    phone.post(f"{START}{draft.pk}/photos/", {"dropped": [first.pk, "x", "9" * 30]})
    assert draft.photos.count() == 1
    assert phone.get(f"/projects/drafts/photos/{draft.photos.get().pk}/").status_code == 200


def test_nobody_else_sees_changes_or_drops_it(
    phone: Client, client_of: ClientOf, way: Way, words: dict[str, Any]
) -> None:
    draft = walk(phone, words, photos=[a_picture()])
    draft.refresh_from_db()
    photo = draft.photos.get()
    for name in ("neighbour", "chief", "clerk"):
        other = client_of(way.who(name))
        for path in (f"{draft.pk}/", f"{draft.pk}/where/", f"photos/{photo.pk}/"):
            assert other.get(START + path).status_code == 404
        for path in (f"{draft.pk}/", f"{draft.pk}/where/", f"{draft.pk}/drop/"):
            assert other.post(START + path, words).status_code == 404
    assert Draft.objects.get().at == draft.at


def test_pressed_twice_on_two_phones_it_is_one_proposal(
    phone: Client, resident: User, words: dict[str, Any], way: Way
) -> None:
    draft = walk(phone, words)
    draft.refresh_from_db()
    said = {
        "place": way.yard, "title": "院里装一盏路灯", "need": "黑", "plan": "装", "spot": "院门口", "kind": "works",
        "category": "safety", "cost_fen": 100, "shares": {}, "keeper": "小组",
    }  # fmt: skip
    first = actions.submit_draft(draft, by=resident, **said)
    assert actions.submit_draft(draft, by=resident, **said) == first


def test_a_wish_becomes_a_proposal_step_by_step(phone: Client, resident: User, way: Way, words: dict[str, Any]) -> None:
    wish = actions.wish(place=way.yard, text="想要一盏灯", spot="亭子边", by=resident)
    assert "想要一盏灯" in phone.get(f"{START}?wish={wish.pk}").content.decode()
    phone.post(f"{START}?wish={wish.pk}", {name: words[name] for name in STEPS["what"].names})
    draft = Draft.objects.get()
    assert draft.typed["spot"] == ["亭子边"]
    for slug in ("where", "who", "kind", "money"):
        phone.post(f"{START}{draft.pk}/{slug}/", {name: words[name] for name in STEPS[slug].names if name in words})
    phone.post(f"{START}{draft.pk}/")
    wish.refresh_from_db()
    assert wish.stage == WishStage.PROMOTED


def test_what_is_like_it_around_here_is_shown_before(phone: Client, way: Way, words: dict[str, Any]) -> None:
    like = way.submitted(title="院里加装一盏路灯", by=way.who("neighbour"))
    other = way.submitted(title="清理楼道杂物", by=way.who("neighbour"))
    draft = walk(phone, words)
    page = phone.get(f"{START}{draft.pk}/").content.decode()
    assert "附近有像的" in page and like.number in page and other.number not in page
    assert phone.post(f"{START}{draft.pk}/").status_code == 302


def test_drafts_are_forgotten_after_their_days_and_kept_while_written_on(
    phone: Client, words: dict[str, Any], clock: Clock
) -> None:
    draft = walk(phone, words, photos=[a_picture()])
    clock.move(days=6)
    phone.post(f"{START}{draft.pk}/where/", {"place": words["place"], "spot": "院门口", "later": "1"})
    clock.move(days=6)
    assert actions.forget_drafts() == 0
    clock.move(days=2)
    assert actions.forget_drafts() == 1
    assert not DraftPhoto.objects.exists() and now() > draft.at


def test_whoever_closes_their_account_leaves_none(phone: Client, resident: User, words: dict[str, Any]) -> None:
    walk(phone, words)
    forgetting.send(Person, person=resident.person)
    assert not Draft.objects.exists()


def test_there_are_only_so_many(phone: Client, words: dict[str, Any]) -> None:
    for n in range(MOST_DRAFTS + 1):
        answer = phone.post(START, {"title": f"第{n}件", "need": "黑", "plan": "装"})
    assert answer.status_code == 422 and "没写完的" in answer.content.decode()
    assert Draft.objects.count() == MOST_DRAFTS


def test_nothing_at_all_is_no_draft(phone: Client, client_of: ClientOf, way: Way) -> None:
    assert phone.post(START, {"title": " ", "need": "", "plan": ""}).status_code == 422
    newcomer = client_of(make_resident("新来的", None))
    assert "要先登记您住在哪一户" in newcomer.get(START).content.decode()
    assert newcomer.post(START, {"title": "灯", "need": "黑", "plan": "装"}).status_code == 422
    assert not Draft.objects.exists()


@pytest.mark.parametrize("text", [NUL, SCRIPT, "灯" * 50_000, "\u202e灯", "𠮷" * 60])
def test_hostile_words_are_kept_harmless_or_refused(phone: Client, text: str) -> None:
    answer = phone.post(START, {"title": text, "need": text, "plan": "装"})
    assert answer.status_code in (302, 422)
    for draft in Draft.objects.all():
        page = phone.get(f"{START}{draft.pk}/what/").content.decode()
        assert "<script>alert" not in page and "\u202e" not in page


def as_said(words: dict[str, Any], way: Way) -> dict[str, Any]:
    """What the form makes of the words of the other tests."""
    named = ("title", "need", "plan", "spot", "kind", "category", "keeper")
    return {**{name: words[name] for name in named}, "place": way.yard, "cost_fen": 1_200_000, "shares": {}}


def test_what_another_phone_wrote_a_moment_ago_is_not_lost(
    phone: Client, resident: User, words: dict[str, Any], way: Way
) -> None:
    read = walk(phone, words)
    read.refresh_from_db()
    actions.write_draft(read, {"plan": ["装两盏"]}, by=resident)
    with pytest.raises(Refused, match="刚在另一处改过"):
        actions.submit_draft(read, **as_said(words, way), by=resident)
    assert Draft.objects.get().typed["plan"] == ["装两盏"] and not Proposal.objects.exists()


def test_a_draft_that_another_phone_dropped_is_not_put_forward(
    phone: Client, resident: User, words: dict[str, Any], way: Way
) -> None:
    read = walk(phone, words)
    actions.drop_draft(read, by=resident)
    with pytest.raises(NotAllowed, match="交上去或者删掉"):
        actions.submit_draft(read, **as_said(words, way), by=resident)
    assert not Proposal.objects.exists()


def test_a_step_sent_without_anything_is_no_fault(phone: Client) -> None:
    phone.post(START, {"title": "装灯", "need": "黑", "plan": "装"})
    draft = Draft.objects.get()
    for step in STEPS:
        assert phone.post(f"{START}{draft.pk}/{step}/", {}).status_code in (302, 422)


def test_a_draft_whose_wish_was_answered_meanwhile_is_put_forward_by_itself(
    phone: Client, resident: User, clerk: User, way: Way, words: dict[str, Any]
) -> None:
    wish = actions.wish(place=way.yard, text="想要一盏灯", by=resident)
    draft = walk(phone, words)
    Draft.objects.update(wish=wish)
    actions.answer_wish(wish, "hand_over", by=clerk, reason="转供电所", unit="供电所")
    answer = phone.post(f"{START}{draft.pk}/", follow=True)
    wish.refresh_from_db()
    assert "原来的心愿已经有了别的结果" in answer.content.decode()
    assert wish.stage == WishStage.HANDED and Proposal.objects.count() == 1 and not Draft.objects.exists()
