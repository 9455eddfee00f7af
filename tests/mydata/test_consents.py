"""One's whole name stands beside an act only while one agrees; taken back it is masked under the same number."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from evaluation.catalogue import PIECES
from funding import actions as funding
from funding.models import GroupMember, Pledge
from minshi.accounts.models import User
from minshi.audit.models import ClearValue, Event
from minshi.clock import now
from minshi.mydata import actions
from minshi.mydata.models import Consent
from minshi.notifications.models import Message, ToTell
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person
from minshi.signin import joining
from minshi.territory.models import Territory
from proposals import actions as proposals
from proposals.models import Proposal, Question, Resource
from tests.cast import make_resident
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
NAMES = "/mine/data/names/"


def press(client: Client, act: str, subject: int, publishes: bool, **more: str) -> int:
    sent = {"act": act, "subject": subject, "publishes": "1" if publishes else "0", **more}
    return client.post(NAMES, sent).status_code


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def named(user: User, proposal: Proposal) -> Consent:
    actions.publish_name("proposals.proposal", proposal.pk, True, by=fresh(user))
    return Consent.objects.standing().get(subject=proposal.pk)


def test_whoever_proposed_shows_and_hides_their_name_and_the_kept_page_follows(
    way: Way, resident: User, client_of: ClientOf, client: Client
) -> None:
    proposal = way.cosigning()
    page = proposal.get_absolute_url()
    assert "甲居民" not in client.get(page).content.decode()
    mine = client_of(resident)
    assert f"{NAMES}#proposals.proposal-{proposal.pk}" in mine.get(page).content.decode()
    assert "大家看到的是" in mine.get(NAMES).content.decode()
    assert press(mine, "proposals.proposal", proposal.pk, True) == 302
    assert "甲居民" in client.get(page).content.decode()
    agreed = Consent.objects.get()
    assert (agreed.title, agreed.shown, agreed.given_by) == (proposal.title, "甲居民", resident)
    assert "现在公开姓名" in mine.get(NAMES).content.decode()
    assert press(mine, "proposals.proposal", proposal.pk, False) == 302
    shown = client.get(page)
    assert "甲居民" not in shown.content.decode() and proposal.number in shown.content.decode()
    agreed.refresh_from_db()
    assert agreed.withdrawn_by == resident and agreed.shown == "甲居民"
    before = mine.get(NAMES).content.decode()
    assert "收回过的" in before and ">甲居民<" not in before
    assert Event.objects.filter(table_name="mydata_consent", after__shown__startswith="sha256:").exists()
    assert press(mine, "proposals.proposal", proposal.pk, True) == 302
    assert Consent.objects.standing().count() == 1 and Consent.objects.count() == 2


def test_nobody_names_another_and_a_strange_act_is_refused_with_a_sentence(
    way: Way, neighbour: User, client_of: ClientOf, client: Client
) -> None:
    proposal = way.cosigning()
    assert press(client, "proposals.proposal", proposal.pk, True) == 302
    assert press(client_of(neighbour), "proposals.proposal", proposal.pk, True) == 403
    for act, subject in (("proposals.proposal", "x"), ("a.b", "1"), ("", "99999999999999999999")):
        answer = client_of(neighbour).post(NAMES, {"act": act, "subject": subject, "publishes": "1"})
        assert answer.status_code in (403, 422), act
    assert not Consent.objects.exists()


def test_a_question_and_an_offer_bear_the_name_on_their_own_page(
    way: Way, neighbour: User, community: Territory, client_of: ClientOf, client: Client
) -> None:
    asked = proposals.ask("灯几点亮？", proposal=way.cosigning(), by=neighbour)
    words = {"kind": "skill", "title": "修水管", "times": "周末"}
    offered = proposals.offer(place=community, **words, by=neighbour)
    mine = client_of(neighbour)
    for row in (asked, offered):
        page = row.get_absolute_url()
        assert "同意公开我的姓名" in mine.get(page).content.decode()
        assert "同意公开我的姓名" not in client_of(way.who("resident")).get(page).content.decode()
        assert press(mine, row._meta.label_lower, row.pk, True, next=page) == 302
    for row in (asked, offered):
        row.refresh_from_db()
    name = neighbour.person.name
    assert (asked.asker_public, offered.offered_by) == (name, name)
    assert name in client.get(asked.get_absolute_url()).content.decode()
    for row in (asked, offered):
        assert press(mine, row._meta.label_lower, row.pk, False) == 302
        assert name not in client.get(row.get_absolute_url()).content.decode()
    assert Resource.objects.get().offered_by == "一位居民"
    assert Question.objects.get().asker_public != name


def test_what_one_gives_and_the_project_group_follow_the_same_consents(way: Way, client_of: ClientOf) -> None:
    resident = way.who("resident")
    proposal = way.raising()
    promised = funding.pledge(proposal, way.households[0], amount_fen=500, publishes_name=True, by=resident)
    assert Consent.objects.standing().get().act == "funding.pledge"
    assert press(client_of(resident), "funding.pledge", proposal.pk, False) == 302
    promised.refresh_from_db()
    assert (promised.name_public, promised.publishes_name) == ("1栋 甲*民", False)
    assert press(client_of(resident), "funding.pledge", proposal.pk, True) == 302
    promised.refresh_from_db()
    assert (promised.name_public, promised.publishes_name) == ("1栋 甲居民", True)
    funding.publish_name(promised, False, by=resident)
    assert not Consent.objects.standing().exists()


def test_a_member_of_the_project_group_is_named_while_they_agree(way: Way, client_of: ClientOf) -> None:
    way.delivering()
    member = GroupMember.objects.filter(person__user__isnull=False).earliest("pk")
    user = member.person.user
    assert user
    page = reverse("suppliers", args=[member.group.proposal.number])
    assert "同意公开我的姓名" in client_of(user).get(page).content.decode()
    assert "同意公开我的姓名" not in client_of(way.who("stranger")).get(page).content.decode()
    assert press(client_of(user), "funding.groupmember", member.pk, True, next=page) == 302
    member.refresh_from_db()
    assert member.name_public == member.person.name
    assert press(client_of(user), "funding.groupmember", member.pk, False) == 302
    member.refresh_from_db()
    assert member.name_public != member.person.name


def test_the_database_names_nobody_without_a_consent_and_ends_none_while_the_name_stands(
    way: Way, resident: User
) -> None:
    proposal = way.cosigning()
    with pytest.raises(IntegrityError, match="named"), transaction.atomic():
        Proposal.objects.filter(pk=proposal.pk).update(proposer_public="甲居民")
    agreed = named(resident, proposal)
    with pytest.raises(IntegrityError, match="masked first"), transaction.atomic():
        Consent.objects.filter(pk=agreed.pk).update(withdrawn_at=now(), withdrawn_by=resident)
    actions.publish_name("proposals.proposal", proposal.pk, False, by=fresh(resident))
    with pytest.raises(IntegrityError, match="taken back"), transaction.atomic():
        Consent.objects.filter(pk=agreed.pk).update(withdrawn_at=None)


def test_the_archive_is_sealed_without_the_name_though_it_stands(way: Way, resident: User) -> None:
    proposal = way.cosigning()
    named(resident, proposal)
    proposal.refresh_from_db()
    assert proposal.proposer_public == "甲居民"
    (versions,) = [piece for piece in PIECES if piece.kind == "version"]
    sealed = json.dumps([each.content for each in versions.collect(proposal)], ensure_ascii=False)
    assert "甲居民" not in sealed and "甲*民" in sealed


def test_closing_the_account_masks_everything_and_the_record_forgets(way: Way, households: list[object]) -> None:
    user = make_resident("丁小满", way.households[7])
    proposal = way.cosigning(by=user)
    agreed = named(user, proposal)
    actions.close(by=fresh(user))
    proposal.refresh_from_db()
    agreed.refresh_from_db()
    assert proposal.proposer_public == "丁*满" and agreed.withdrawn_at
    assert actions.forget(fresh(user), by=None)
    assert not ClearValue.objects.filter(new__contains="丁小满").exists()
    agreed.refresh_from_db()
    assert agreed.shown == ""


def test_on_paper_the_clerk_takes_it_back_with_the_sheet_and_its_person_hears(
    way: Way, resident: User, clerk: User, stranger_clerk: User, client_of: ClientOf, client: Client
) -> None:
    proposal = way.cosigning()
    agreed = named(resident, proposal)
    at = f"/admin/mydata/consent/{agreed.pk}/do/take-back/"
    assert client_of(stranger_clerk).get(at).status_code == 404
    for nobody in (resident, stranger_clerk):
        with pytest.raises(NotAllowed):
            actions.take_back_on_paper(agreed, photo=a_picture(), by=fresh(nobody))
    assert client_of(clerk).post(at, {}).status_code == 422
    assert client_of(clerk).post(at, {"photos": a_picture()}).status_code == 302
    agreed.refresh_from_db()
    assert agreed.withdrawn_by == clerk and agreed.sheet and agreed.sheet.stub
    assert "甲居民" not in client.get(proposal.get_absolute_url()).content.decode()
    assert Message.objects.filter(user=resident, title__contains="纸质申请").exists()
    with pytest.raises(Refused, match="已经收回"):
        actions.take_back_on_paper(agreed, photo=a_picture(), by=clerk)


def test_two_sheets_at_once_take_it_back_once(way: Way, resident: User, clerk: User) -> None:
    agreed = named(resident, way.cosigning())
    at_once = Consent.objects.get(pk=agreed.pk)
    actions.take_back_on_paper(agreed, photo=a_picture(), by=clerk)
    with pytest.raises(Refused, match="已经收回"):
        actions.take_back_on_paper(at_once, photo=a_picture(), by=clerk)
    assert Message.objects.filter(user=resident, title__contains="纸质申请").count() == 1


def test_what_one_gave_under_an_earlier_account_is_taken_back_by_its_human(
    way: Way, clerk: User, district_officer: User, client_of: ClientOf
) -> None:
    proposal, giver = way.raising(), way.who("resident")
    promised = funding.pledge(proposal, way.households[0], amount_fen=500, publishes_name=True, by=giver)
    actions.move_out(by=fresh(giver))
    stays = make_resident("甲居民", way.households[9])
    asked = joining.ask(fresh(stays), fresh(giver), reason="同一个人", basis="当面核对", by=fresh(clerk))
    joining.confirm(asked, by=fresh(district_officer))
    assert press(client_of(fresh(stays)), "funding.pledge", proposal.pk, False) == 302
    promised.refresh_from_db()
    assert (promised.name_public, promised.publishes_name) == ("1栋 甲*民", False)
    assert not Consent.objects.standing().exists()


def test_whoever_has_no_phone_is_told_by_the_chiefs_list(way: Way, clerk: User) -> None:
    proposal = way.raising()
    door = way.households[8]
    person = Person.objects.create(name="戊大爷")
    home = person.residences.create(household=door, confirmed_at=now())
    actions.agree(person, "funding.pledge", proposal.pk, title=proposal.title, url="/", place=proposal.place, by=clerk)
    giver = {"giver": home, "household": door, "ordinal": 9, "amount_fen": 100, "publishes_name": True}
    Pledge.objects.create(proposal=proposal, speaker=person, name_public="1栋 戊大爷", by=clerk, **giver)
    actions.take_back_on_paper(Consent.objects.get(person=person), photo=a_picture(), by=clerk)
    assert Pledge.objects.get(giver=home).name_public == "1栋 戊*爷"
    assert ToTell.objects.filter(household=door, event="mydata.taken_back").exists()
    assert reverse("my_names") == NAMES


def test_whoever_says_that_people_on_the_photos_agreed_takes_all_of_them_back_with_one_press(
    way: Way, client_of: ClientOf, client: Client
) -> None:
    proposal, chief = way.delivering(), way.who("chief")
    entry = funding.log(proposal, text="立杆", photos=[a_picture(), a_picture(90)], shows_people=True, by=chief)
    agreed = Consent.objects.standing().get()
    assert (agreed.what, agreed.subject, agreed.person.user) == ("photo", proposal.pk, chief)
    mine = client_of(chief)
    assert "收回这些照片" in mine.get(NAMES).content.decode()
    assert press(client_of(way.who("neighbour")), "funding.logphoto", proposal.pk, False) == 302  # their own: none
    assert Consent.objects.standing().count() == 1
    assert press(mine, "funding.logphoto", proposal.pk, False) == 302
    assert not entry.photos.filter(withheld_at=None).exists() and not Consent.objects.standing().exists()
    assert "不再同意公开" in client.get(reverse("log", args=[proposal.number])).content.decode()
    assert press(mine, "funding.logphoto", proposal.pk, True) == 422


def test_whoever_put_one_into_the_log_finds_where_to_take_it_back(way: Way, client_of: ClientOf) -> None:
    proposal, chief = way.delivering(), way.who("chief")
    (photo,) = funding.log(proposal, text="立杆", photos=[a_picture()], by=chief).photos.all()
    page, at = reverse("log", args=[proposal.number]), reverse("withhold_log_photo", args=[photo.pk])
    assert at in client_of(chief).get(page).content.decode()
    assert at not in client_of(way.who("neighbour")).get(page).content.decode()


def test_a_proposal_keeps_that_people_on_its_photos_agreed_and_the_copy_of_ones_data_says_so(
    way: Way, resident: User, client_of: ClientOf
) -> None:
    words = {
        "place": way.yard, "title": "修一段院墙", "kind": "works", "category": "safety", "need": "墙歪了",
        "plan": "修直", "spot": "南墙", "keeper": "楼栋长", "cost_fen": 100_00, "shares": {},
    }  # fmt: skip
    put = proposals.submit_once(**words, photos=[a_picture()], shows_people=True, by=resident)
    assert "认得出人的照片" in client_of(resident).get(reverse("my_copy")).content.decode()
    assert press(client_of(resident), "proposals.photo", put.pk, False) == 302
    photo = put.photos.get()
    assert photo.withheld_at and photo.withheld_why == "照片里的人不再同意公开"
