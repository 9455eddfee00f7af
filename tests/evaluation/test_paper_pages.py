"""Paper ratings on the chief's phone: the door is typed, one sheet a page, read again without the first reading."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from evaluation.actions.paper import register_paper
from evaluation.models import Answer, PaperAnswer, Survey
from minshi.accounts.models import User
from minshi.territory.models import Household
from tests.conftest import Clock
from tests.way import a_picture

pytestmark = pytest.mark.django_db

ClientOf = Callable[[User | None], Client]


def doors(survey: Survey) -> str:
    return f"/projects/{survey.proposal.number}/ratings/paper/"


def page_of(survey: Survey, door: Household) -> str:
    return f"{doors(survey)}{survey.roll.units.get(household=door).ordinal}/"


@pytest.fixture
def sheet(survey: Survey, fifty: list[Household], chief: User) -> PaperAnswer:
    unit = survey.roll.units.get(household=fifty[10])
    return register_paper(unit, receipt_id=uuid4(), level=3, photo=a_picture(), by=chief)


def test_the_chief_types_the_door_and_the_clerk_reads_the_sheet_again(
    survey: Survey, fifty: list[Household], raters: list[User], chief: User, clerk: User, client_of: ClientOf
) -> None:
    phone = client_of(chief)
    asked = phone.get(doors(survey), {"door": fifty[10].address})
    assert asked.headers["Location"] == page_of(survey, fifty[10])
    assert raters[10].person.name in phone.get(asked.url).content.decode()
    sent = {"signer": raters[10].person.pk, "level": "3", "price": "2", "stubs": a_picture(), "photos": a_picture()}
    assert phone.post(asked.url, sent).status_code == 302
    sheet = PaperAnswer.objects.get()
    assert sheet.line.sheet.stub and sheet.line.signer == raters[10].person
    checks = f"/projects/{survey.proposal.number}/ratings/check/"
    assert "没有等您核对" in phone.get(checks).content.decode()
    assert checks not in phone.get("/mine/").content.decode()

    reader = client_of(clerk)
    assert checks in reader.get("/mine/").content.decode()
    page = reader.get(checks, follow=True).content.decode()
    assert f"/ratings/{sheet.pk}/sheet/" in page and "checked" not in page
    assert page.count(" selected") == page.count('value="" selected') == 4  # the parts: 不评
    assert fifty[10].address not in page and raters[10].person.name not in page
    assert reader.get(f"/ratings/{sheet.pk}/sheet/")["Content-Type"] == "image/jpeg"
    assert reader.post(f"/ratings/{sheet.pk}/check/", {"level": ""}).status_code == 422
    assert reader.post(f"/ratings/{sheet.pk}/check/", {"level": "3", "price": "2"}).status_code == 302
    answer = Answer.objects.get()
    assert (answer.level, answer.price, answer.speaker) == (3, 2, raters[10].person)
    assert "已核对" in phone.get(doors(survey)).content.decode()


def test_only_the_stub_first_then_the_reading(
    survey: Survey, fifty: list[Household], chief: User, clerk: User, client_of: ClientOf
) -> None:
    page = page_of(survey, fifty[10])
    assert client_of(chief).post(page, {"receipt": str(uuid4())}).status_code == 302
    assert not PaperAnswer.objects.get().line.is_read
    answer = client_of(clerk).post(page, {"level": "2"})
    assert answer.status_code == 422 and "请拍下" in answer.content.decode()
    assert client_of(clerk).post(page, {"level": "2", "photos": a_picture()}).status_code == 302
    assert PaperAnswer.objects.get().line.first_by == clerk


def test_a_level_without_a_photo_or_a_photo_without_a_level_is_refused(
    survey: Survey, fifty: list[Household], chief: User, client_of: ClientOf
) -> None:
    client, page = client_of(chief), page_of(survey, fifty[10])
    answer = client.post(page, {"level": "3"})
    assert answer.status_code == 422 and "照片" in answer.content.decode()
    answer = client.post(page, {"photos": a_picture()})
    assert answer.status_code == 422 and "请选择一个评价" in answer.content.decode()
    assert not PaperAnswer.objects.exists()


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


@pytest.mark.parametrize("who", ["resident", "neighbour", "stranger", "stranger_clerk", "case_officer"])
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
        f"/ratings/{sheet.pk}/check/",
        f"/ratings/{sheet.pk}/sheet/",
        f"/ratings/{sheet.pk}/correct/",
    ):
        assert client.get(url).status_code == 403, url


def test_who_takes_paper_in_proves_afresh_who_holds_the_phone(
    survey: Survey, sheet: PaperAnswer, fifty: list[Household], chief: User, client_of: ClientOf, clock: Clock
) -> None:
    client = client_of(chief)
    clock.move(hours=13)
    page = page_of(survey, fifty[10])
    for url in (doors(survey), page, f"{page}void/", f"/ratings/{sheet.pk}/check/"):
        assert client.get(url).headers["Location"].startswith("/signin/fresh/?"), url
        assert client.post(url).headers["Location"].startswith("/signin/fresh/?"), url


def test_the_household_sees_what_was_entered_and_puts_it_right(
    survey: Survey, sheet: PaperAnswer, raters: list[User], client_of: ClientOf
) -> None:
    client, url = client_of(raters[10]), f"/ratings/{sheet.pk}/correct/"
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
    clerk: User,
    client_of: ClientOf,
    django_assert_max_num_queries: Any,
) -> None:
    for door in fifty[11:15]:
        register_paper(survey.roll.units.get(household=door), receipt_id=uuid4(), by=chief)
    client = client_of(clerk)
    pages = (
        (doors(survey), 9),
        (page_of(survey, fifty[10]), 9),
        (page_of(survey, fifty[20]), 9),
        (f"/ratings/{sheet.pk}/check/", 6),
    )
    for url, most in pages:
        with django_assert_max_num_queries(most):
            client.get(url)
