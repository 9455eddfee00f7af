"""What a place ruled for itself: two people, one of a kind at a time, never changed; by it an owners' vote decides."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from deliberation.actions.motions import OWNERS, ask
from deliberation.models import Motion
from deliberation.rules import standing_of
from minshi.accounts.models import User
from minshi.bylaws import actions
from minshi.bylaws.models import Bylaw
from minshi.clock import today
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.following import follow
from minshi.notifications.models import Message
from minshi.policy.actions import set_value
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Ownership
from minshi.rolls.actions import freeze_owners
from minshi.territory.models import Household, Territory
from tests.cast import grant, home_of
from tests.conftest import Clock
from tests.way import a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def entered(place: Territory, by: User, **other: Any) -> Bylaw:
    day = today()
    facts = {"kind": "procedure", "title": "议事规则", "text": "一户一票，过半同意。", "adopted": "居民会议通过"}
    return actions.enter(place, **{**facts, "adopted_on": day, "since": day, **other}, by=by)


@pytest.fixture
def rule(community: Territory, clerk: User, second_clerk: User) -> Bylaw:
    found = entered(community, clerk, binds_owners=True)
    return actions.confirm(found, by=second_clerk)


def test_it_holds_once_another_confirmed_it(
    community: Territory, clerk: User, second_clerk: User, chief: User, client_of: ClientOf
) -> None:
    found = entered(community, clerk)
    page = reverse("bylaw", args=[found.pk])
    assert client_of(None).get(page).status_code == 404
    assert not Bylaw.objects.in_force(today()).exists()
    assert "议事规则" in Message.objects.of(second_clerk).get().title
    with pytest.raises(NotAllowed, match="另一个人"):
        actions.confirm(found, by=clerk)
    with pytest.raises(NotAllowed):
        actions.confirm(found, by=chief)
    actions.confirm(found, by=second_clerk)
    assert "一户一票" in client_of(None).get(page).content.decode()
    assert "施行" in Message.objects.of(chief).latest("pk").title
    with pytest.raises(NotAllowed, match="已经"):
        actions.confirm(found, by=second_clerk)


def test_where_there_is_one_clerk_the_next_in_line_has_it_and_silence_climbs(
    community: Territory, clerk: User, case_officer: User, district_officer: User, clock: Clock
) -> None:
    found = entered(community, clerk)
    waits = Deadline.objects.tasks().of(found).get()
    assert waits.role == "case_officer"
    clock.move(seconds=(waits.due - clock.now()).total_seconds() + 1)
    deadlines.sweep()
    assert Deadline.objects.tasks().of(found).get().role == "district_officer"
    actions.confirm(found, by=district_officer)
    found.refresh_from_db()
    assert found.is_granted


def test_a_chief_of_another_building_has_it_among_their_matters(
    yard: Territory, building: Territory, clerk: User, neighbour: User, chief: User, client_of: ClientOf
) -> None:
    """Where the community has one clerk the second person may be a chief, who has no desk."""
    grant(neighbour, "chief", building)
    found = entered(yard, clerk)
    waits = Deadline.objects.tasks().of(found).get()
    assert (waits.role, waits.place_path) == ("chief", building.path)
    mine = client_of(neighbour).get(reverse("mine")).content.decode()
    assert reverse("confirm_bylaws") in mine and "议事规则" in mine
    actions.confirm(found, by=neighbour)


def test_refused_it_says_why_and_may_be_entered_anew(community: Territory, clerk: User, second_clerk: User) -> None:
    found = entered(community, clerk)
    with pytest.raises(Refused, match="另一位"):
        entered(community, clerk, title="另一份")
    with pytest.raises(Refused):
        actions.refuse(found, reason="　", by=second_clerk)
    actions.refuse(found, reason="第三条抄错了", by=second_clerk)
    assert "第三条抄错了" in Message.objects.of(clerk).latest("pk").body
    assert not Bylaw.objects.confirmed().exists()
    # As it was told: only the day is another, moments later.
    again = entered(community, clerk, since=today() + timedelta(days=1))
    assert again.pk != found.pk and Deadline.objects.tasks().of(again).exists()
    with pytest.raises(Refused, match="另一位"):
        entered(community, clerk, since=today() + timedelta(days=2))
    assert entered(community, clerk, since=today() + timedelta(days=1)) == again  # pressed twice


def test_a_new_one_ends_the_old_from_its_day_on(
    rule: Bylaw, community: Territory, clerk: User, second_clerk: User, client_of: ClientOf, clock: Clock
) -> None:
    with pytest.raises(Refused, match="明天"):
        actions.confirm(newer := entered(community, clerk, title="今天的"), by=second_clerk)
    actions.refuse(newer, reason="明天起", by=second_clerk)
    begins = today() + timedelta(days=3)
    newer = actions.confirm(entered(community, clerk, title="新规则", since=begins), by=second_clerk)
    rule.refresh_from_db()
    assert (rule.until, newer.replaces) == (begins, rule)
    listed = reverse("bylaws"), {"place": community.code}
    assert "还没有施行" in client_of(None).get(*listed).content.decode()
    clock.move(days=4)
    page = client_of(None).get(*listed).content.decode()
    assert newer.get_absolute_url() in page and rule.get_absolute_url() not in page
    past = client_of(None).get(listed[0], {**listed[1], "past": "1"}).content.decode()
    assert rule.get_absolute_url() in past and "已失效" in past
    assert "新规则" in client_of(None).get(rule.get_absolute_url()).content.decode()


def test_what_was_confirmed_late_begins_then(
    rule: Bylaw, community: Territory, clerk: User, second_clerk: User, clock: Clock
) -> None:
    newer = entered(community, clerk, title="新规则", since=today() + timedelta(days=1))
    clock.move(days=5)
    newer = actions.confirm(newer, by=second_clerk)
    rule.refresh_from_db()
    assert newer.since == rule.until == today()


@pytest.mark.parametrize(
    "change", [{"text": "两户一票"}, {"since": date(2020, 1, 1)}, {"until": date(2999, 1, 1)}, {"is_granted": None}]
)
def test_the_database_keeps_what_was_confirmed(rule: Bylaw, change: dict[str, Any]) -> None:
    with pytest.raises(Exception, match=r"denied|append-only|stays"), transaction.atomic():
        Bylaw.objects.filter(pk=rule.pk).update(**change)
    with pytest.raises(Exception, match=r"denied|append-only"), transaction.atomic():
        Bylaw.objects.filter(pk=rule.pk).delete()


def test_nobody_makes_one_alone_in_the_database(community: Territory, clerk: User, second_clerk: User) -> None:
    day = today()
    alone: dict[str, Any] = {
        "place": community, "kind": "charter", "title": "章程", "text": "全文", "adopted": "会议", "adopted_on": day,
        "since": day, "entered_by": clerk, "entered_as": "社区", "answered_by": second_clerk, "is_granted": True,
        "answered_at": "2026-01-01T00:00:00+08:00",
    }  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        Bylaw.objects.create(**alone)
    found = entered(community, clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Bylaw.objects.filter(pk=found.pk).update(
            answered_by=clerk, answered_as="社区", answered_at="2026-01-01T00:00:00+08:00", is_granted=True
        )


def test_a_committee_has_members_and_a_term_and_no_names(community: Territory, clerk: User) -> None:
    with pytest.raises(Refused) as refusal:
        entered(community, clerk, kind="committee", title="自管会")
    assert set(refusal.value.fields) == {"members", "until"}
    said = {"members": "示例甲 主任\n示例乙", "text": "示例甲主持", "until": today() + timedelta(days=365)}
    found = entered(community, clerk, kind="committee", title="自管会", **said)
    assert found.members == [["示*甲", "主任"], ["示*乙", "成员"]]
    assert "示例甲" not in found.text


def test_before_a_committees_term_ends_the_clerk_is_told(
    community: Territory, clerk: User, second_clerk: User, clock: Clock
) -> None:
    facts = {"kind": "committee", "title": "自管会", "members": "示例甲 主任", "until": today() + timedelta(days=90)}
    actions.confirm(entered(community, clerk, **facts), by=second_clerk)
    clock.move(days=61)
    deadlines.sweep()
    assert "快到期了" in Message.objects.of(clerk).latest("pk").title
    assert not Deadline.objects.filter(kind="bylaw.ending").open().exists()


def test_of_a_term_that_is_over_nobody_is_told_that_it_begins_or_ends_soon(
    community: Territory, clerk: User, second_clerk: User, chief: User
) -> None:
    began = today() - timedelta(days=900)
    term = {"kind": "committee", "members": "张三 主任", "since": began, "until": began + timedelta(days=365)}
    found = actions.confirm(entered(community, clerk, adopted_on=began, **term), by=second_clerk)
    deadlines.sweep()
    assert found.is_granted and not Message.objects.of(chief).exists()
    assert not any("快到期" in each.title for each in Message.objects.of(clerk))


def test_what_nobody_sees_is_not_kept_and_numbers_are_hidden(community: Territory, clerk: User) -> None:
    found = entered(community, clerk, title="公约\u202e\u200b", text="一户\u202e一票\n问 13812345678")
    assert found.title == "公约" and "\u202e" not in found.text
    assert found.text.startswith("一户一票\n") and "13812345678" not in found.text


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "　"}, "text"),
        ({"adopted_on": date(2999, 1, 1)}, "adopted_on"),
        ({"since": date(2020, 1, 1)}, "since"),
        ({"until": date(2020, 1, 1)}, "until"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    community: Territory, clerk: User, wrong: dict[str, Any], field: str
) -> None:
    with pytest.raises(Refused) as refusal:
        entered(community, clerk, **wrong)
    assert field in refusal.value.fields


def test_a_street_and_a_resident_have_none(
    street: Territory, community: Territory, clerk: User, resident: User
) -> None:
    with pytest.raises(Refused, match="社区"):
        entered(street, clerk)
    with pytest.raises(NotAllowed):
        entered(community, resident)


def test_who_follows_the_place_hears_of_it_once(
    community: Territory, clerk: User, second_clerk: User, resident: User, chief: User
) -> None:
    for user in (resident, chief):
        follow(community, by=user)
    actions.confirm(entered(community, clerk), by=second_clerk)
    for user in (resident, chief):
        assert Message.objects.of(user).filter(title__contains="议事规则").count() == 1


# --- Owners' votes ---------------------------------------------------------------------------------


def asked(yard: Territory, clerk: User) -> Motion:
    doors = Household.objects.filter(place__path__startswith=yard.path, ownerships__isnull=False)
    roll = freeze_owners(doors, by=clerk)
    return ask(yard, roll=roll, rule=OWNERS, question="加装电梯，您同意吗？", by=clerk)


@pytest.fixture
def owned(yard: Territory, resident: User, district: Territory, district_officer: User) -> Territory:
    home = home_of(resident)
    Household.objects.filter(pk=home.household_id).update(area_m2=60)
    Ownership.objects.create(household=home.household, person=home.person)
    source = "样板区〔2026〕1号"
    set_value("formal_vote.owners.binding", district, True, since=today(), source=source, by=district_officer)
    return yard


def test_an_owners_vote_decides_by_a_rule_in_force_and_cites_it(owned: Territory, rule: Bylaw, clerk: User) -> None:
    motion = asked(owned, clerk)
    assert (motion.is_poll, motion.bylaw) == (False, rule)
    assert standing_of(motion) == "业主表决的结果作为正式决定，依据《议事规则》。"


def test_without_a_rule_it_stays_an_opinion_poll(owned: Territory, clerk: User) -> None:
    poll = asked(owned, clerk)
    assert poll.is_poll and "仅为意见征询" in standing_of(poll)


def test_a_rule_that_ended_makes_none_binding(
    owned: Territory, rule: Bylaw, community: Territory, clerk: User, second_clerk: User, clock: Clock
) -> None:
    actions.confirm(entered(community, clerk, title="新规则", since=today() + timedelta(days=1)), by=second_clerk)
    clock.move(days=2)
    assert asked(owned, clerk).is_poll


def test_the_database_refuses_a_binding_vote_without_a_rule(owned: Territory, rule: Bylaw, clerk: User) -> None:
    poll = asked(owned, clerk)
    copied = {field.attname: getattr(poll, field.attname) for field in Motion._meta.concrete_fields}
    for change in ({"bylaw_id": None}, {"is_poll": True}):
        roll = freeze_owners(Household.objects.filter(ownerships__isnull=False), by=clerk)
        row = {**copied, "id": None, "roll_id": roll.pk, "ordinal": 9, "stage": "", **change}
        with pytest.raises(IntegrityError, match="no rule in force"), transaction.atomic():
            Motion.objects.create(**row)


# --- Pages -----------------------------------------------------------------------------------------

TYPED = {
    "kind": "procedure", "title": "议事规则", "text": "一户一票", "adopted": "居民会议", "adopted_on": "2026-01-01",
    "since": "2026-01-02",
}  # fmt: skip


def test_the_clerk_enters_it_at_the_desk_and_nothing_typed_is_lost(
    community: Territory, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    url = reverse("admin:territory_territory_do", args=[community.pk, "enter-bylaw"])
    answer = client_of(clerk).post(url, {**TYPED, "since": "2025-01-01"})
    assert answer.status_code == 422 and "一户一票" in answer.content.decode()
    assert client_of(clerk).post(url, {**TYPED, "scan": a_picture()}).status_code == 302
    found = Bylaw.objects.get()
    scan = reverse("bylaw_scan", args=[found.pk])
    assert client_of(second_clerk).get(scan).status_code == 200
    page = client_of(second_clerk).get(reverse("confirm_bylaws")).content.decode()
    assert "一户一票" in page and scan in page
    sent = {"bylaw": found.pk, "verdict": "no", "reason": ""}
    assert client_of(second_clerk).post(reverse("confirm_bylaws"), sent).status_code == 422
    assert client_of(second_clerk).post(reverse("confirm_bylaws"), {**sent, "verdict": "yes"}).status_code == 302
    assert client_of(None).get(scan).status_code == 302
    assert client_of(None).get(reverse("bylaw_print", args=[found.pk])).status_code == 200


def test_what_waits_is_no_work_of_whoever_entered_it(
    community: Territory, clerk: User, second_clerk: User, client_of: ClientOf
) -> None:
    entered(community, clerk)
    page = client_of(clerk).get(reverse("confirm_bylaws")).content.decode()
    assert "现在没有规则等您确认" in page
