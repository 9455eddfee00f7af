"""What somebody typed survives a form that closed, a stale page, a ready sentence; and it can be taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.desk.deskwork import DeskForm
from minshi.lifecycle.machine import all_machines
from minshi.refusals import Refused
from proposals import actions
from proposals.forms import ReasonForm, added_to
from proposals.models import Card, Photo, Proposal, Stage
from tests.desk.test_finding import all_desk_forms
from tests.desk.test_scope import do_of
from tests.proposals.hostile import WORDS
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
TYPED = "晚上回来看不见台阶，老人摔了两次，请装一盏灯"


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


# --- A form that closed meanwhile -----------------------------------------------------------------


@pytest.mark.walked("announced", "neighbour")
def test_a_late_objections_text_is_shown_again(way: Way, client_of: ClientOf, neighbour: User) -> None:
    notice = way.announced().gate_notice
    platform_clock.set_to(notice.ends_at)
    answer = client_of(neighbour).post(
        f"{notice.get_absolute_url()}object/", {"facts": TYPED, "request": "换到东边去，离窗户远一点"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422 and "公示期已经结束" in page
    assert TYPED in page and "换到东边去" in page


def test_a_revision_that_came_too_late_is_shown_again(
    way: Way, client_of: ClientOf, resident: User, chief: User
) -> None:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="写清楚")
    actions.withdraw(proposal, by=resident, reason="不办了")
    answer = client_of(resident).post(f"/projects/{proposal.number}/revise/", {**WORDS, "need": TYPED, "why": "补了"})
    page = answer.content.decode()
    assert answer.status_code == 403 and TYPED in page and "没有提交成功" in page
    assert "works" not in page.split("您刚才写的")[1]


@pytest.mark.walked("deciding", "clerk")
def test_a_step_of_the_desk_that_was_over_shows_what_was_typed(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.deciding()
    answer = client_of(clerk).post(do_of(proposal, "open-vote"), {"question": TYPED, "detail": ""})
    assert answer.status_code == 403 and TYPED in answer.content.decode()


def test_a_page_that_was_open_too_long_shows_what_was_typed(way: Way, resident: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(resident, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post("/wishes/new/", {"text": TYPED, "password": "Geheimes Wort mit Worten"})
    page = answer.content.decode()
    assert answer.status_code == 403 and "放得太久" in page and TYPED in page
    assert "Geheimes" not in page


def test_nothing_is_shown_where_nothing_was_sent(way: Way, client_of: ClientOf, neighbour: User) -> None:
    proposal = way.submitted()
    page = client_of(neighbour).get(f"/projects/{proposal.number}/withdraw/", {"reason": TYPED}).content.decode()
    assert "您刚才写的" not in page


# --- Ready sentences ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "ready", "becomes"),
    [
        ("", "请写清楚装在哪里", "请写清楚装在哪里"),
        ("位置不对", "请写清楚装在哪里", "位置不对；请写清楚装在哪里"),
        ("位置不对。", "请写清楚装在哪里", "位置不对。请写清楚装在哪里"),
        ("位置不对；请写清楚装在哪里", "请写清楚装在哪里", "位置不对；请写清楚装在哪里"),
        ("  ", "院里确实需要", "院里确实需要"),
    ],
)
def test_a_ready_sentence_stands_behind_what_was_typed(typed: str, ready: str, becomes: str) -> None:
    assert added_to(typed, ready) == becomes


def test_a_ready_sentence_never_takes_the_place_of_what_the_chief_typed(
    way: Way, client_of: ClientOf, chief: User
) -> None:
    proposal = way.submitted()
    page = (
        client_of(chief)
        .post(
            f"/review/{proposal.number}/",
            {"verdict": "return_for_revision", "fill": "请写清楚装在哪里", "reason": "我去看过，门口有两处"},
        )
        .content.decode()
    )
    assert "我去看过，门口有两处；请写清楚装在哪里</textarea>" in page


# --- Withdrawing ----------------------------------------------------------------------------------


def test_withdrawing_is_linked_for_whoever_proposed_it_only(
    way: Way, client_of: ClientOf, resident: User, neighbour: User
) -> None:
    proposal = way.submitted()
    url = reverse("withdraw", args=[proposal.number])
    client = client_of(resident)
    for page in ("/mine/", proposal.get_absolute_url(), f"/projects/{proposal.number}/submitted/"):
        assert url in client.get(page).content.decode(), page
    for other in (neighbour, None):
        assert url not in client_of(other).get(proposal.get_absolute_url()).content.decode()
    actions.withdraw(proposal, by=resident, reason="不办了")
    for page in ("/mine/", proposal.get_absolute_url()):
        assert url not in client.get(page).content.decode(), page


@pytest.mark.walked("voting")
def test_the_link_goes_when_money_or_a_vote_has_begun(way: Way, client_of: ClientOf) -> None:
    proposal = way.voting()
    page = client_of(way.who("resident")).get(proposal.get_absolute_url()).content.decode()
    assert reverse("withdraw", args=[proposal.number]) not in page


def test_a_reason_is_required_where_it_is_asked_for(way: Way, client_of: ClientOf, resident: User) -> None:
    assert ReasonForm().fields["reason"].required
    proposal = way.submitted()
    page = client_of(resident).get(f"/projects/{proposal.number}/withdraw/").content.decode()
    assert "可不填" not in page
    answer = client_of(resident).post(f"/projects/{proposal.number}/withdraw/", {"reason": " "})
    assert answer.status_code == 422 and "请写明理由" in answer.content.decode()


def test_the_desks_forms_ask_for_a_reason_exactly_where_the_step_does() -> None:
    needs = {step.verb: step.needs_reason for machine in all_machines() for step in machine.steps}
    wrong = [
        form
        for form in all_desk_forms(DeskForm)
        if (verb := getattr(form, "verb", "")) in needs and (reason := form.base_fields.get("reason")) is not None
        if needs[verb] and not reason.required
    ]
    assert wrong == []


def test_it_is_said_that_it_can_be_changed_only_where_it_can(way: Way, client_of: ClientOf, resident: User) -> None:
    proposal = way.submitted()
    page = client_of(resident).get(f"/projects/{proposal.number}/submitted/").content.decode()
    assert "前可以改" not in page and "不能直接改" in page


# --- Revising -------------------------------------------------------------------------------------


@pytest.fixture
def returned(way: Way, chief: User) -> Proposal:
    proposal = way.submitted()
    way_photo = a_picture()
    actions.add_photo(proposal, way_photo, by=way.who("resident"))
    actions.add_photo(proposal, a_picture(), by=way.who("resident"))
    actions.return_for_revision(proposal, by=chief, reason="请写清楚装在哪里")
    return proposal


def mended(**more: Any) -> dict[str, Any]:
    names = ("title", "category", "need", "plan", "cost", "keeper")
    return {**{name: WORDS[name] for name in names}, "spot": "南门左侧", "why": "补了位置", **more}


def test_a_revision_changes_title_category_and_photos(returned: Proposal, client_of: ClientOf, resident: User) -> None:
    first, second = returned.photos.order_by("pk")
    client, url = client_of(resident), f"/projects/{returned.number}/revise/"
    page = client.get(url).content.decode()
    assert f'value="{returned.title}"' in page and "不要的照片" in page and 'name="category"' in page
    sent = mended(title="南门装两盏灯", category="convenience", photos=[a_picture()], dropped=[first.pk])
    assert client.post(url, sent).status_code == 302
    returned.refresh_from_db()
    assert (returned.title, returned.category, returned.stage) == ("南门装两盏灯", "convenience", Stage.SUBMITTED)
    card = Card.objects.get(pk=returned.pk)
    assert (card.title, card.category) == ("南门装两盏灯", "convenience")
    assert not Photo.objects.filter(pk=first.pk).exists()
    assert returned.photos.filter(pk=second.pk).exists() and returned.photos.count() == 2
    assert "南门装两盏灯" in client.get(returned.get_absolute_url()).content.decode()


def test_the_reviewers_deadline_has_the_new_title(returned: Proposal, client_of: ClientOf, resident: User) -> None:
    client_of(resident).post(f"/projects/{returned.number}/revise/", mended(title="南门装两盏灯"))
    titles = list(Deadline.objects.tasks().of(returned).values_list("title", flat=True))
    assert titles and all("南门装两盏灯" in title for title in titles)


def test_a_photo_of_another_matter_cannot_be_dropped(
    way: Way, returned: Proposal, client_of: ClientOf, resident: User
) -> None:
    other = way.submitted(title="另一件")
    theirs = actions.add_photo(other, a_picture(), by=resident)
    answer = client_of(resident).post(f"/projects/{returned.number}/revise/", mended(dropped=[theirs.pk]))
    assert answer.status_code == 422
    with pytest.raises(Refused, match="不是这件事的"):  # nor past the form, which does not offer it
        actions.resubmit(returned, by=resident, why="补了位置", dropped=[theirs])
    assert Photo.objects.filter(pk=theirs.pk).exists()


def test_a_title_of_nothing_is_refused_and_nothing_else_is_lost(
    returned: Proposal, client_of: ClientOf, resident: User
) -> None:
    answer = client_of(resident).post(f"/projects/{returned.number}/revise/", mended(title="  ", need=TYPED))
    assert answer.status_code == 422 and TYPED in answer.content.decode()
    returned.refresh_from_db()
    assert returned.stage == Stage.RETURNED and returned.photos.count() == 2
    assert re.search("id_title", answer.content.decode())
