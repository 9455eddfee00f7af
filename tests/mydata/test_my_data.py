"""My data: seen, taken along, put right, moved out, another number, closed; each with a day and an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from funding import actions as funding
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.audit.models import ClearValue
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.mydata import actions
from minshi.mydata.models import Correction
from minshi.notifications.models import Message, Outbox
from minshi.notifications.sealing import unseal
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Residence
from minshi.territory.models import Household
from proposals import actions as proposals
from tests.cast import home_of, make_resident
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
DATA = "/mine/data/"


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_one_sees_all_that_is_kept_of_oneself_and_nothing_of_others(
    resident: User, neighbour: User, client_of: ClientOf
) -> None:
    page = client_of(resident).get(DATA).content.decode()
    for word in (resident.phone or "", "甲居民", "样板巷1号院1栋101", "户代表"):
        assert word in page
    assert neighbour.person.name not in page and (neighbour.phone or "") not in page


def test_a_name_nobody_has_confirmed_is_put_right_at_once(households: list[Household], client_of: ClientOf) -> None:
    user = make_resident("写错名", households[6], confirmed=False)
    assert client_of(user).post(f"{DATA}name/", {"name": " 写对名 "}).status_code == 302
    assert Person.objects.get(user=user).name == "写对名" and not Correction.objects.exists()


def test_a_confirmed_name_is_put_right_by_another_in_five_working_days(
    resident: User, clerk: User, neighbour: User, client_of: ClientOf
) -> None:
    client = client_of(resident)
    assert client.post(f"{DATA}name/", {"name": "甲新名"}).status_code == 302
    asked = Correction.objects.get()
    assert Person.objects.get(user=resident).name == "甲居民" and "前答复" in client.get(DATA).content.decode()
    deadline = Deadline.objects.of(asked).open().get()
    assert (deadline.role, deadline.due) == ("clerk", asked.due_at)
    again = client.post(f"{DATA}name/", {"name": "又一个"})
    assert again.status_code == 422 and "还没有答复" in again.content.decode()
    for nobody in (resident, neighbour):
        with pytest.raises(NotAllowed):
            actions.answer_correction(asked, granted=True, by=fresh(nobody))
    desk = client_of(clerk)
    url = f"/admin/mydata/correction/{asked.pk}/"
    assert "甲新名" in desk.get(f"{url}change/").content.decode()
    assert desk.post(f"{url}do/grant/", {"sure": "1"}).status_code == 302
    assert Person.objects.get(user=resident).name == "甲新名"
    assert Message.objects.filter(user=resident, title__contains="已更正").exists()
    with pytest.raises(Refused, match="答复过"):
        actions.answer_correction(asked, granted=True, by=clerk)


def test_a_refusal_says_why(resident: User, clerk: User, client_of: ClientOf) -> None:
    actions.correct_name("甲新名", by=resident)
    url = f"/admin/mydata/correction/{Correction.objects.get().pk}/do/refuse/"
    assert client_of(clerk).post(url, {"answer": ""}).status_code == 422
    client_of(clerk).post(url, {"answer": "和身份证上的不一样"})
    assert "和身份证上的不一样" in client_of(resident).get(DATA).content.decode()
    assert Person.objects.get(user=resident).name == "甲居民"


def test_nobody_answered_so_the_street_has_it(
    resident: User, clerk: User, case_officer: User, client_of: ClientOf, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    asked = actions.correct_name("甲新名", by=resident)
    assert asked
    platform_clock.set_to(asked.due_at + timedelta(minutes=1))
    sweep()
    row = Deadline.objects.of(asked).open().get()
    assert (row.role, row.due) == ("case_officer", asked.due_at), "the day that was said stays"
    assert "已逾期 1 天，已经转到街道" in client_of(resident).get(DATA).content.decode()
    actions.answer_correction(asked, granted=True, by=case_officer)


def test_who_moved_out_says_so_and_it_holds_at_once(resident: User, client_of: ClientOf) -> None:
    home, client = home_of(resident), client_of(resident)
    assert client.post(f"{DATA}leave/", {}).status_code == 422
    assert client.post(f"{DATA}leave/", {"sure": "on"}).status_code == 302
    home.refresh_from_db()
    assert home.until and not home.is_representative
    assert client.post(f"{DATA}leave/", {"sure": "on"}).status_code == 422


def code_sent() -> str:
    text = unseal(Outbox.objects.filter(message=None).latest("pk").sealed)
    return next(word for word in text.replace("，", " ").split() if word.isdigit() and len(word) == 6)


def test_another_number_is_proven_before_it_is_taken(resident: User, client_of: ClientOf) -> None:
    client, url, old = client_of(resident), f"{DATA}number/", resident.phone
    assert client.post(url, {"phone": "13700000001"}).status_code == 302
    assert fresh(resident).phone == old
    assert client.post(url, {"code": "000000"}).status_code == 422
    assert client.post(url, {"code": code_sent()}).status_code == 302
    assert fresh(resident).phone == "13700000001"


def test_the_page_of_a_new_number_says_nothing_of_a_first_sign_in(resident: User, client_of: ClientOf) -> None:
    page = client_of(resident).get(f"{DATA}number/").content.decode()
    assert "新手机号" in page and "第一次登录" not in page and "监护人" not in page


def test_anothers_number_is_not_taken(resident: User, neighbour: User, client_of: ClientOf) -> None:
    client, url = client_of(resident), f"{DATA}number/"
    client.post(url, {"phone": neighbour.phone})
    answer = client.post(url, {"code": code_sent()})
    assert answer.status_code == 422 and "已经有账号" in answer.content.decode()
    assert fresh(neighbour).phone == neighbour.phone


def test_a_closed_account_is_out_at_once_and_its_name_erased_when_its_days_are_over(
    neighbour: User, client_of: ClientOf, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    client, phone, person = client_of(neighbour), neighbour.phone, neighbour.person
    assert client.post(f"{DATA}close/", {}).status_code == 422
    assert "已注销" in client.post(f"{DATA}close/", {"sure": "on"}).content.decode()
    closed = fresh(neighbour)
    assert (closed.is_active, closed.phone) == (False, None)
    assert not Residence.objects.current().filter(person=person).exists()
    assert client.get(DATA).status_code == 302
    User.objects.create_user("again", phone=phone)  # the number is free
    clock.set("2026-03-20 09:00")
    sweep()
    person.refresh_from_db()
    assert person.name == "乙邻居"
    clock.set("2026-04-02 00:00")
    sweep()
    person.refresh_from_db()
    assert person.name == "已注销"
    known = {value for row in ClearValue.objects.all() for value in (row.old, row.new)}
    assert not any(value and "乙邻居" in value for value in known)


def test_a_name_is_kept_while_money_is_owed_to_it(way: Way, client_of: ClientOf) -> None:
    proposal = way.raising()
    way.planned(proposal)
    giver = make_resident("申出钱", way.households[6], represents=True)
    funding.pledge(proposal, way.households[6], amount_fen=5000, by=giver)
    way.given(proposal, way.households[6], 5000, "收0001")
    actions.close(by=fresh(giver))
    assert actions.forget(fresh(giver), by=None) is False
    assert Person.objects.get(user=giver).name == "申出钱"


@pytest.mark.parametrize("who", ["chief", "clerk"])
def test_who_holds_a_role_gives_it_up_first(who: str, request: pytest.FixtureRequest, client_of: ClientOf) -> None:
    user = request.getfixturevalue(who)
    answer = client_of(user).post(f"{DATA}close/", {"sure": "on"})
    assert answer.status_code == 422 and "您还有任职，请先请上一级撤销" in answer.content.decode()
    assert fresh(user).is_active


def test_one_takes_along_what_is_ones_own(way: Way, resident: User, neighbour: User, client_of: ClientOf) -> None:
    proposal = way.voting()
    answer = client_of(resident).get(f"{DATA}export/")
    assert "attachment" in answer["Content-Disposition"] and "no-store" in answer["Cache-Control"]
    mine = json.loads(answer.content)
    assert mine["account"]["phone"] == resident.phone and mine["person"]["name"] == "甲居民"
    assert [each["number"] for each in mine["proposals"]] == [proposal.number]
    assert neighbour.phone not in answer.content.decode() and "choice" not in answer.content.decode()
    assert client_of(None).get(f"{DATA}export/").status_code == 302


@pytest.mark.parametrize("page", ["/privacy/", "/join/"])
def test_what_is_promised_is_there(page: str, resident: User, client_of: ClientOf) -> None:
    """Each right that the pages name leads to the page where it is exercised."""
    said = client_of(resident).get(page).content.decode()
    assert DATA in said
    mine = client_of(resident).get(DATA).content.decode()
    for address in ("export/", "name/", "number/", "leave/", "close/"):
        assert DATA + address in mine


def test_one_reads_and_prints_what_is_ones_own(way: Way, resident: User, neighbour: User, client_of: ClientOf) -> None:
    """The same as the file, with words for codes and yuan for fen."""
    proposal = way.raising()
    way.planned(proposal)
    funding.pledge(proposal, way.households[0], amount_fen=12_300, by=fresh(resident))
    page = client_of(resident).get(f"{DATA}copy/").content.decode()
    for word in (resident.phone, "甲居民", proposal.number, "123.00", "户代表", "筹集资金"):
        assert word and word in page
    assert (neighbour.phone or "") not in page and neighbour.person.name not in page
    for code in ("household__address", "amount_fen", "raising", "True"):
        assert code not in page
    assert client_of(None).get(f"{DATA}copy/").status_code == 302


def test_another_right_is_asked_for_in_words_and_answered_by_a_day(
    resident: User, clerk: User, chief: User, client_of: ClientOf, clock: Any
) -> None:
    """Form 37: by the community, never by a chief; in words, whether it was done or not."""
    clock.set("2026-03-02 09:00")
    client = client_of(resident)
    bare = client.post(f"{DATA}request/", {"kind": "删除", "text": "删"})
    assert bare.status_code == 422 and "删</textarea>" in bare.content.decode()
    wanted = "请删掉我以前留的门牌叫法"
    assert client.post(f"{DATA}request/", {"kind": "删除", "text": wanted}).status_code == 302
    asked = Correction.objects.get()
    assert f"删除：{wanted}" in client.get(DATA).content.decode()
    assert Deadline.objects.of(asked).open().get().role == "clerk"
    with pytest.raises(NotAllowed):
        actions.answer_correction(asked, granted=True, answer="已经删了", by=chief)
    assert wanted not in client_of(chief).get("/residents/corrections/").content.decode()
    url = f"/admin/mydata/correction/{asked.pk}/"
    desk = client_of(clerk)
    assert desk.post(f"{url}do/done/", {"answer": ""}).status_code == 422
    assert desk.post(f"{url}do/done/", {"answer": "旧的叫法已经删掉"}).status_code == 302
    page = client.get(DATA).content.decode()
    assert "办好了。旧的叫法已经删掉" in page
    assert Message.objects.filter(user=resident, event="mydata.answered").exists()
    assert Person.objects.get(user=resident).name == "甲居民"


def test_what_was_asked_in_words_goes_with_the_account(resident: User, clerk: User, clock: Any) -> None:
    clock.set("2026-03-02 09:00")
    actions.ask_right("删除", "请删掉我以前留的门牌叫法", by=resident)
    actions.answer_correction(Correction.objects.get(), granted=True, answer="删了甲居民的叫法", by=clerk)
    actions.close(by=fresh(resident))
    clock.set("2026-04-20 09:00")
    assert actions.forget(fresh(resident), by=None)
    asked = Correction.objects.get()
    assert (asked.about, asked.answer) == ("已注销", "已注销")
    assert not any("门牌叫法" in (row.new or "") for row in ClearValue.objects.all())


def test_where_both_posts_are_empty_whoever_stands_in_answers(
    resident: User, chief: User, district_officer: User, client_of: ClientOf
) -> None:
    """It waits for nobody else: neither community nor street has anyone."""
    actions.ask_right("删除", "请删掉我以前留的门牌叫法", by=resident)
    asked = Correction.objects.get()
    with pytest.raises(NotAllowed):
        actions.answer_correction(asked, granted=True, answer="已经删了", by=chief)
    desk = client_of(district_officer)
    url = f"/admin/mydata/correction/{asked.pk}/do/done/"
    assert desk.post(url, {"answer": "旧的叫法已经删掉"}).status_code == 302
    asked.refresh_from_db()
    assert asked.answered_by == district_officer


def test_the_copy_has_what_one_asked_and_what_one_has_not_finished(
    way: Way, resident: User, neighbour: User, client_of: ClientOf
) -> None:
    proposals.ask("加装电梯怎么申请？", by=resident)
    proposals.begin_draft({"title": ["想装一盏灯"]}, by=resident)
    proposals.support(proposals.wish(place=way.yard, text="想要长凳", by=neighbour), by=resident)
    actions.ask_right("删除", "请删掉我以前留的门牌叫法", by=resident)
    page = client_of(resident).get(f"{DATA}copy/").content.decode()
    mine = json.loads(client_of(resident).get(f"{DATA}export/").content)
    for word in ("加装电梯怎么申请", "想装一盏灯", "想要长凳", "请删掉我以前留的门牌叫法"):
        assert word in page and word in str(mine), word


def test_what_is_asked_in_words_is_read_by_whoever_answers_it_alone(
    resident: User, clerk: User, case_officer: User, supervisor: User, party: User, client_of: ClientOf
) -> None:
    """Supervisors are neighbours, too."""
    actions.ask_right("删除", "请删掉我离婚前的登记", by=resident)
    url = f"/admin/mydata/correction/{Correction.objects.get().pk}/change/"
    for reads in (clerk, case_officer):
        assert "离婚" in client_of(reads).get(url).content.decode()
    for other in (supervisor, party):
        assert "离婚" not in client_of(other).get(url, follow=True).content.decode()
