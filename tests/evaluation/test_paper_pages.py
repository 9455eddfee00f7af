"""Paper ratings on the chief's phone: the door is typed, one sheet a page, read again without the first reading."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils.html import strip_tags

from evaluation.actions.paper import enter_paper, register_paper
from evaluation.models import Answer, PaperAnswer, Survey
from minshi.accounts.models import User
from minshi.clock import now
from minshi.paper.models import Line
from minshi.paper.numbers import shown
from minshi.refusals import NotAllowed
from minshi.residents.models import Role, RoleGrant
from minshi.territory.models import Household, Territory
from tests.conftest import Clock
from tests.way import a_picture

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]


def doors(survey: Survey) -> str:
    return f"/projects/{survey.proposal.number}/ratings/paper/"


def page_of(survey: Survey, door: Household) -> str:
    return f"{doors(survey)}{survey.roll.units.get(household=door).ordinal}/"


@pytest.fixture
def sheet(survey: Survey, fifty: list[Household], chief: User, supervisor: User) -> PaperAnswer:
    unit = survey.roll.units.get(household=fifty[10])
    envelope = register_paper(unit, receipt_id=uuid4(), by=chief)
    return enter_paper(envelope, level=3, photo=a_picture(), by=supervisor)


def test_the_chief_takes_the_envelope_in_and_two_others_open_and_read_it(
    survey: Survey,
    fifty: list[Household],
    raters: list[User],
    chief: User,
    supervisor: User,
    case_officer: User,
    client_of: ClientOf,
) -> None:
    phone = client_of(chief)
    asked = phone.get(doors(survey), {"door": fifty[10].address})
    assert asked.headers["Location"] == page_of(survey, fifty[10])
    form = phone.get(asked.url).content.decode()
    assert raters[10].person.name in form and 'name="level"' not in form and 'name="photos"' not in form
    sent = {"signer": raters[10].person.pk, "level": "3", "stubs": a_picture()}
    assert phone.post(asked.url, sent).status_code == 302
    sheet = PaperAnswer.objects.get()
    assert sheet.line.sheet.stub and sheet.line.signer == raters[10].person and not sheet.line.is_read
    checks = f"/projects/{survey.proposal.number}/ratings/check/"
    assert phone.get(checks).status_code == 403 and checks not in phone.get("/mine/").content.decode()

    reader, url = client_of(supervisor), reverse("rating_check", args=[sheet.pk])
    listed = reader.get(checks).content.decode()
    assert url in listed and shown(sheet.slip_number) in listed
    for page in (listed, reader.get(url).content.decode()):
        words = re.findall(r"\w+", strip_tags(page))  # not the letters drawn by lot in the head of a page
        assert fifty[10].address not in words and raters[10].person.name not in page
    answer = reader.post(url, {"level": "3"})
    assert answer.status_code == 422 and "照片" in answer.content.decode()
    assert reader.post(url, {"photos": a_picture()}).status_code == 422
    assert reader.post(url, {"level": "3", "price": "2", "photos": a_picture()}).status_code == 302
    assert "现在没有等您的" in reader.get(checks).content.decode()

    second = client_of(case_officer)
    page = second.get(url).content.decode()
    assert reverse("rating_sheet", args=[sheet.pk]) in page and "checked" not in page
    assert page.count(" selected") == page.count('value="" selected') == 4  # the parts: 不评
    assert fifty[10].address not in page and raters[10].person.name not in page
    assert second.get(reverse("rating_sheet", args=[sheet.pk]))["Content-Type"] == "image/jpeg"
    assert second.post(url, {"level": ""}).status_code == 422
    assert second.post(url, {"level": "3", "price": "2"}).status_code == 302
    answered = Answer.objects.get()
    assert (answered.level, answered.price, answered.speaker) == (3, 2, raters[10].person)
    assert "已核对" in phone.get(doors(survey)).content.decode()


def test_who_took_the_envelope_in_does_not_read_it(
    survey: Survey, fifty: list[Household], chief: User, clerk: User, client_of: ClientOf
) -> None:
    page = page_of(survey, fifty[10])
    assert client_of(chief).post(page, {"receipt": str(uuid4())}).status_code == 302
    sheet = PaperAnswer.objects.get()
    for who in (chief, clerk):
        client = client_of(who)
        client.post(page, {"level": "2", "photos": a_picture()})
        client.post(reverse("rating_check", args=[sheet.pk]), {"level": "2", "photos": a_picture()})
        assert client.get(reverse("rating_sheet", args=[sheet.pk])).status_code == 403
    sheet.line.refresh_from_db()
    assert not sheet.line.is_read


def test_who_reads_envelopes_sees_no_door(
    survey: Survey, sheet: PaperAnswer, fifty: list[Household], supervisor: User, client_of: ClientOf
) -> None:
    reader, page = client_of(supervisor), page_of(survey, fifty[10])
    for url in (doors(survey), page, f"{page}void/", f"{page}second/"):
        assert reader.get(url).status_code == 403, url
    assert doors(survey) not in reader.get("/mine/").content.decode()


def test_who_took_it_in_does_not_read_it_in_another_office(
    survey: Survey, fifty: list[Household], chief: User, community: Territory
) -> None:
    envelope = register_paper(survey.roll.units.get(household=fifty[10]), receipt_id=uuid4(), by=chief)
    RoleGrant.objects.filter(user=chief).update(role=Role.SUPERVISOR, place=community)
    with pytest.raises(NotAllowed, match="您收的"):
        enter_paper(envelope, level=3, photo=a_picture(), by=chief)
    with pytest.raises(IntegrityError, match="who took it in"), transaction.atomic():
        Line.objects.filter(pk=envelope.line_id).update(
            first={"level": 3}, first_by=chief, first_at=now(), words="paper/words/x.jpg"
        )


def test_a_door_that_is_not_asked_is_not_found(
    survey: Survey, chief: User, client_of: ClientOf, stranger: User
) -> None:
    page = client_of(chief).get(doors(survey), {"door": "9栋999"})
    assert "没有找到这一户" in page.content.decode()


def test_a_stub_is_taken_back_with_a_reason(
    survey: Survey, sheet: PaperAnswer, fifty: list[Household], chief: User, client_of: ClientOf
) -> None:
    client, page = client_of(chief), f"{page_of(survey, fifty[10])}void/"
    assert page in client.get(page_of(survey, fifty[10])).content.decode()
    assert client.post(page, {"reason": ""}).status_code == 422
    assert client.post(page, {"reason": "登记错了门牌"}).status_code == 302
    assert not PaperAnswer.objects.valid().exists()


@pytest.mark.parametrize("who", ["resident", "neighbour", "stranger", "stranger_clerk", "approver"])
def test_others_see_neither_the_form_nor_anybodys_sheet(
    request: pytest.FixtureRequest,
    survey: Survey,
    sheet: PaperAnswer,
    fifty: list[Household],
    client_of: ClientOf,
    who: str,
) -> None:
    client = client_of(request.getfixturevalue(who))
    for url in (
        doors(survey),
        page_of(survey, fifty[10]),
        f"{page_of(survey, fifty[10])}void/",
        f"/projects/{survey.proposal.number}/ratings/check/",
        reverse("rating_check", args=[sheet.pk]),
        reverse("rating_sheet", args=[sheet.pk]),
        reverse("rating_correct", args=[sheet.pk]),
    ):
        assert client.get(url).status_code == 403, url


def test_who_takes_paper_in_proves_afresh_who_holds_the_phone(
    survey: Survey,
    sheet: PaperAnswer,
    fifty: list[Household],
    chief: User,
    supervisor: User,
    client_of: ClientOf,
    clock: Clock,
) -> None:
    taking, reading = client_of(chief), client_of(supervisor)
    clock.move(hours=13)
    page = page_of(survey, fifty[10])
    checks = f"/projects/{survey.proposal.number}/ratings/check/"
    pages = [(taking, url) for url in (doors(survey), page, f"{page}void/")]
    for client, url in [*pages, (reading, checks), (reading, reverse("rating_check", args=[sheet.pk]))]:
        assert client.get(url).headers["Location"].startswith("/signin/fresh/?"), url
        assert client.post(url).headers["Location"].startswith("/signin/fresh/?"), url


def test_the_household_sees_what_was_entered_and_puts_it_right(
    survey: Survey, sheet: PaperAnswer, raters: list[User], client_of: ClientOf
) -> None:
    client, url = client_of(raters[10]), reverse("rating_correct", args=[sheet.pk])
    rating = client.get(f"/projects/{survey.proposal.number}/rate/").content.decode()
    assert "您家交的是纸质表" in rating and url in rating
    assert f"/projects/{survey.proposal.number}/rate/" not in client.get("/mine/").content.decode()
    assert "基本满意" in client.get(url).content.decode()
    answer = client.post(url, {"level": "3", "reason": "不是这样"})
    assert answer.status_code == 422 and "不用更正" in answer.content.decode()
    assert client.post(url, {"level": "1", "reason": "我勾的是非常满意"}).status_code == 302
    assert Answer.objects.get().level == 1
    assert "已按您家说的更正" in client.get(url).content.decode()


def test_the_pages_of_paper_ask_little(
    survey: Survey,
    sheet: PaperAnswer,
    fifty: list[Household],
    chief: User,
    case_officer: User,
    client_of: ClientOf,
    django_assert_max_num_queries: Any,
) -> None:
    for door in fifty[11:15]:
        register_paper(survey.roll.units.get(household=door), receipt_id=uuid4(), by=chief)
    taking, reading = client_of(chief), client_of(case_officer)
    pages = (
        # One of each counts the messages that wait.
        # And asks who stands in where a post is empty; the door's page for its second sheet.
        (taking, doors(survey), 11),
        (taking, page_of(survey, fifty[10]), 12),
        (taking, page_of(survey, fifty[20]), 12),
        (reading, reverse("rating_check", args=[sheet.pk]), 9),
    )
    for client, url, most in pages:
        with django_assert_max_num_queries(most):
            client.get(url)
