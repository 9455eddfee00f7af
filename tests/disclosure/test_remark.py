"""An objection from outside the place is called a remark by the level above, in public: it holds the gate no more, and
is answered all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.disclosure.actions import (
    ANSWER,
    SECOND_REMARK,
    answer,
    call_remark,
    correct,
    object_to,
    read_again,
    second_remark,
    withdraw_objection,
)
from minshi.disclosure.models import Notice, Objection, Remark
from minshi.disclosure.selectors import settled_by
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions as register
from minshi.residents.models import Residence, Role
from minshi.signin import joining
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import Stage
from tests.cast import grant, home_of, make_resident, make_staff
from tests.conftest import Clock
from tests.disclosure.conftest import FACTS
from tests.way import Way, a_picture

Post = Callable[..., Notice]
Browser = Callable[[User | None], Client]
WHY = "提出的人不住在院里，说的是院外的路。"
OVER = "2026-11-10 00:00"


@pytest.fixture(autouse=True)
def filled(case_officer: User, approver: User, district_officer: User, party: User, supervisor: User) -> None:
    """Nobody stands in for anybody."""


@pytest.fixture
def outside(notice: Notice, stranger: User) -> Objection:
    return object_to(notice, facts=FACTS, by=stranger)


@pytest.fixture
def second_officer(district: Territory) -> User:
    return make_staff("district2", "第二区干", Role.DISTRICT_OFFICER, district)


@pytest.fixture
def districts(post_notice: Post, district: Territory, stranger: User) -> Objection:
    """To a notice of the district itself."""
    poster = make_staff("district3", "发布区干", Role.DISTRICT_OFFICER, district)
    return object_to(post_notice(by=poster), facts=FACTS, by=stranger)


def fresh(notice: Notice) -> Notice:
    return Notice.objects.get(pk=notice.pk)


def moved(user: User, door: Household, by: User) -> None:
    """Out of where they live, and confirmed behind this door from now on."""
    register.move_out(home_of(user), by=by)
    Residence.objects.create(person=user.person, household=door, confirmed_at=now())


def text_of(client: Client, notice: Notice) -> str:
    return client.get(notice.get_absolute_url()).content.decode()


# --- What it does -------------------------------------------------------------------------------


def test_from_outside_it_holds_the_gate_until_the_street_calls_it_a_remark(
    notice: Notice, outside: Objection, case_officer: User, clock: Clock
) -> None:
    clock.set(OVER)
    assert not fresh(notice).is_passed
    assert fresh(notice).what_blocks() == ["还有 1 条异议没有答复"]
    remark = call_remark(outside, reason=WHY, by=case_officer)
    assert (remark.level, remark.as_role, remark.is_in_force) == ("street", "甲街道经办", True)
    assert fresh(notice).is_passed
    assert fresh(notice).what_blocks() == []


def test_it_is_answered_all_the_same_in_its_time_or_climbs(
    notice: Notice, outside: Objection, case_officer: User, approver: User, clock: Clock
) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    assert (fresh(notice).objections_open, fresh(notice).objections_remarked) == (1, 1)
    assert Deadline.objects.of(outside).open().get().kind == ANSWER
    clock.set("2026-11-06 00:01")
    sweep()
    outside.refresh_from_db()
    assert outside.level == "street"
    answer(outside, text="院外的路归城管修，已经转过去了。", outcome="explained", by=approver)
    assert (fresh(notice).objections_open, fresh(notice).objections_remarked) == (0, 0)


def test_one_that_is_no_remark_still_holds_the_gate_beside_it(
    notice: Notice, outside: Objection, resident: User, case_officer: User, clock: Clock
) -> None:
    object_to(notice, facts=FACTS, by=resident)
    call_remark(outside, reason=WHY, by=case_officer)
    clock.set(OVER)
    assert not fresh(notice).is_passed
    assert fresh(notice).what_blocks() == ["还有 1 条异议没有答复"]


def test_nobody_waits_for_its_answer_with_the_gate(
    notice: Notice, outside: Objection, case_officer: User, clock: Clock
) -> None:
    clock.set("2026-11-06 00:01")
    sweep()
    assert settled_by(notice) > notice.ends_at
    call_remark(outside, reason=WHY, by=case_officer)
    assert settled_by(notice) == notice.ends_at


def test_a_correction_still_waits_for_its_answer(
    notice: Notice, outside: Objection, case_officer: User, clerk: User
) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    with pytest.raises(Refused, match="还有 1 条异议没有答复"):
        correct(notice, reason="预算写错", by=clerk)


def test_it_is_taken_back_as_any_other(notice: Notice, outside: Objection, case_officer: User, stranger: User) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    withdraw_objection(outside, reason="说清楚了", by=stranger)
    assert (fresh(notice).objections_open, fresh(notice).objections_remarked) == (0, 0)


def test_a_project_goes_on_while_its_remark_waits_for_an_answer(way: Way, stranger: User, case_officer: User) -> None:
    proposal = way.announced()
    notice = proposal.gate_notice
    assert notice
    objection = object_to(notice, facts=FACTS, by=stranger)
    platform_clock.move(notice.ends_at - now() + timedelta(minutes=1))
    with pytest.raises(Refused, match="还有 1 条异议没有答复"):
        proposals.open_handling(proposal, by=way.who("clerk"))
    call_remark(objection, reason=WHY, by=case_officer)
    said = Client().get(proposal.get_absolute_url()).content.decode()
    assert "1 条记为意见建议，不挡下一步，还在等答复" in said and "答复以后才能办下一步" not in said
    proposals.open_handling(proposal, by=way.who("clerk"))
    proposal.refresh_from_db()
    assert proposal.stage == Stage.HANDLING
    assert Objection.objects.open().get() == objection


# --- Who says so --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "who",
    ["clerk", "party", "supervisor", "cashier", "chief", "resident", "stranger", "district_officer", "stranger_clerk"],
)
def test_nobody_else_calls_it_a_remark(outside: Objection, request: pytest.FixtureRequest, who: str) -> None:
    with pytest.raises(NotAllowed, match="只有街道"):
        call_remark(outside, reason=WHY, by=request.getfixturevalue(who))


def test_of_the_streets_own_notice_the_district_does(
    post_notice: Post, stranger: User, case_officer: User, approver: User, district_officer: User
) -> None:
    objection = object_to(post_notice(by=case_officer), facts=FACTS, by=stranger)
    with pytest.raises(NotAllowed, match="区牵头部门"):
        call_remark(objection, reason=WHY, by=approver)
    remark = call_remark(objection, reason=WHY, by=district_officer)
    assert (remark.level, remark.is_in_force) == ("district", True)


@pytest.mark.parametrize(
    ("place", "above"), [("yard", "street"), ("community", "street"), ("street", "district"), ("district", "above")]
)
def test_what_is_posted_for_a_whole_street_or_district_is_its_own(
    post_notice: Post, request: pytest.FixtureRequest, district_officer: User, place: str, above: str
) -> None:
    assert post_notice(place=request.getfixturevalue(place), households=0, by=None).above == above


def test_where_nobody_holds_the_posts_the_stand_in_does_named_so(
    outside: Objection, case_officer: User, approver: User, district_officer: User
) -> None:
    case_officer.grants.update(revoked_at=now())
    approver.grants.update(revoked_at=now())
    remark = call_remark(outside, reason=WHY, by=User.objects.get(pk=district_officer.pk))
    assert "代街道经办" in remark.as_role


def test_of_the_districts_own_two_of_its_officers_do(
    districts: Objection, district_officer: User, second_officer: User, clock: Clock
) -> None:
    remark = call_remark(districts, reason=WHY, by=district_officer)
    clock.set("2026-11-10 00:01")
    assert not fresh(districts.notice).is_passed, "one alone holds nothing back"
    assert "等区里另一位工作人员确认" in text_of(Client(), districts.notice)
    with pytest.raises(NotAllowed, match="另一个人"):
        second_remark(remark, agrees=True, by=district_officer)
    second_remark(remark, agrees=True, by=second_officer)
    assert fresh(districts.notice).is_passed
    assert remark.as_role == "样板区牵头部门"
    assert "样板区牵头部门、样板区牵头部门记为意见建议" in text_of(Client(), districts.notice)
    with pytest.raises(Refused, match="已经办完"):
        second_remark(remark, agrees=False, by=second_officer)


def test_where_the_second_does_not_agree_it_goes_on_holding_and_may_be_called_anew(
    districts: Objection, district_officer: User, second_officer: User, clock: Clock
) -> None:
    second_remark(call_remark(districts, reason=WHY, by=district_officer), agrees=False, by=second_officer)
    clock.set(OVER)
    assert not fresh(districts.notice).is_passed
    assert "意见建议" not in text_of(Client(), districts.notice)
    second_remark(call_remark(districts, reason=WHY, by=second_officer), agrees=True, by=district_officer)
    assert fresh(districts.notice).is_passed


def test_it_waits_on_the_desk_of_the_district_until_the_second_has_spoken(
    districts: Objection, district_officer: User, second_officer: User, clock: Clock
) -> None:
    remark = call_remark(districts, reason=WHY, by=district_officer)
    task = Deadline.objects.of(districts).open().get(kind=SECOND_REMARK)
    assert task.role == "district_officer"
    clock.set("2026-11-04 00:01")
    sweep()
    assert Deadline.objects.of(districts).open().get(kind=SECOND_REMARK).due == task.due, "late, it stays due"
    assert Message.objects.of(second_officer).filter(event="objection.remark_proposed").count() == 2
    second_remark(remark, agrees=True, by=second_officer)
    assert not Deadline.objects.of(districts).open().filter(kind=SECOND_REMARK).exists()


def test_an_answer_ends_what_waits_for_its_second(
    districts: Objection, district_officer: User, second_officer: User, clerk: User
) -> None:
    remark = call_remark(districts, reason=WHY, by=district_officer)
    answer(districts, text="已经向您说明清楚。", outcome="explained", by=clerk)
    assert not Deadline.objects.of(districts).open().exists()
    with pytest.raises(Refused, match="已经答复"):
        second_remark(remark, agrees=True, by=second_officer)


def test_nobody_calls_it_so_on_their_own_notice(districts: Objection) -> None:
    poster = districts.notice.posted_by
    assert poster
    with pytest.raises(Refused, match="要由另一个人来认定"):
        call_remark(districts, reason=WHY, by=poster)


def test_nor_confirms_it(districts: Objection, district_officer: User) -> None:
    poster = districts.notice.posted_by
    assert poster
    remark = call_remark(districts, reason=WHY, by=district_officer)
    with pytest.raises(Refused, match="要由另一个人来认定"):
        second_remark(remark, agrees=True, by=poster)


def test_nor_of_what_they_said_or_wrote_down(notice: Notice, case_officer: User, approver: User) -> None:
    mine = object_to(notice, facts=FACTS, by=approver)
    with pytest.raises(Refused, match="要由另一个人来认定"):
        call_remark(mine, reason=WHY, by=approver)
    written = object_to(notice, facts=FACTS, channel="phone", name="过路人", by=case_officer)
    with pytest.raises(Refused, match="要由另一个人来认定"):
        call_remark(written, reason=WHY, by=case_officer)
    assert call_remark(written, reason=WHY, by=approver).is_in_force


def test_it_is_said_once_of_what_a_gate_waits_for(
    outside: Objection, post_notice: Post, stranger: User, case_officer: User, approver: User, clerk: User
) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    with pytest.raises(Refused, match="已经记为意见建议"):
        call_remark(outside, reason=WHY, by=approver)
    shown = object_to(post_notice(kind="minutes", title="纪要"), facts=FACTS, by=stranger)
    with pytest.raises(Refused, match="没有等它的下一步"):
        call_remark(shown, reason=WHY, by=case_officer)
    done = object_to(post_notice(title="另一份"), facts=FACTS, by=stranger)
    answer(done, text="已经向您说明清楚。", outcome="explained", by=clerk)
    with pytest.raises(Refused, match="已经答复"):
        call_remark(done, reason=WHY, by=case_officer)


# --- Of the place ---------------------------------------------------------------------------------


def refused(objection: Objection, by: User, why: str = "这里的住户，这条异议要答复") -> None:
    with pytest.raises(Refused, match=why):
        call_remark(objection, reason=WHY, by=by)
    assert not Remark.objects.exists()


def test_never_of_a_household_of_the_place(notice: Notice, resident: User, case_officer: User) -> None:
    refused(object_to(notice, facts=FACTS, by=resident), case_officer)


def test_nor_of_one_that_does_not_benefit(
    post_notice: Post, households: list[Household], resident: User, clerk: User, case_officer: User
) -> None:
    few = post_notice(doors=[door.pk for door in households[3:6]])
    refused(object_to(few, facts=FACTS, by=resident), case_officer)
    named = object_to(few, facts=FACTS, channel="phone", name="邻居", household=households[1], by=clerk)
    assert named.household is None
    refused(named, case_officer)


def test_nor_of_anybody_who_lives_in_one(notice: Notice, household: Household, case_officer: User) -> None:
    child = make_resident("小居民", household, adult=False)
    refused(object_to(notice, facts=FACTS, by=child), case_officer)


def test_where_they_lived_then_counts_and_not_where_they_live_now(
    notice: Notice, resident: User, stranger: User, households: list[Household], clerk: User, case_officer: User
) -> None:
    theirs = object_to(notice, facts=FACTS, by=stranger)
    ours = object_to(notice, facts=FACTS, by=resident)
    theirs_was, ours_was = home_of(stranger).household, home_of(resident).household
    register.leave(home_of(stranger), by=stranger)
    moved(resident, theirs_was, clerk)
    Residence.objects.create(person=stranger.person, household=ours_was, confirmed_at=now())
    refused(ours, case_officer)
    assert call_remark(theirs, reason=WHY, by=case_officer).is_in_force


def test_who_had_moved_out_before_is_from_outside(
    notice: Notice, resident: User, stranger: User, clerk: User, case_officer: User
) -> None:
    moved(resident, home_of(stranger).household, clerk)
    objection = object_to(notice, facts=FACTS, by=User.objects.get(pk=resident.pk))
    assert call_remark(objection, reason=WHY, by=case_officer).is_in_force


def test_who_waits_to_be_confirmed_is_not_known_yet(
    notice: Notice, households: list[Household], chief: User, case_officer: User
) -> None:
    comes, goes = (make_resident(name, households[7], confirmed=False) for name in ("新居民", "冒名人"))
    lives_here, does_not = (object_to(notice, facts=FACTS, by=user) for user in (comes, goes))
    refused(lives_here, case_officer, "弄清楚以后才能记")
    register.confirm(home_of(comes), by=chief)
    refused(lives_here, case_officer)
    register.refuse(home_of(goes), by=chief)
    assert call_remark(does_not, reason=WHY, by=case_officer).is_in_force


def test_a_sheet_is_read_by_two_first(
    notice: Notice, households: list[Household], clerk: User, supervisor: User, party: User, case_officer: User
) -> None:
    def on_paper(door: Household | None) -> Objection:
        given = {"channel": "paper", "name": "某人", "photo": a_picture()}
        return object_to(notice, facts=FACTS, household=door, **given, by=clerk)  # type: ignore[arg-type]

    without = on_paper(None)
    refused(without, case_officer, "弄清楚以后才能记")
    misread = on_paper(None)
    for reader in (supervisor, party):
        read_again(misread, households[4], by=reader)
    refused(misread, case_officer)
    beside = on_paper(households[5])
    for reader in (supervisor, party):
        read_again(beside, households[5], objects=False, by=reader)
    assert call_remark(beside, reason=WHY, by=case_officer).is_in_force, "two read that it is no objection to this"
    read_again(without, None, by=supervisor)
    assert call_remark(without, reason=WHY, by=case_officer).is_in_force


def test_two_accounts_of_one_human_are_one(
    notice: Notice, resident: User, case_officer: User, clerk: User, district_officer: User
) -> None:
    other = make_resident("甲居民", None)
    objection = object_to(notice, facts=FACTS, by=other)
    asked = joining.ask(resident, other, reason="同一个人", basis="核对过身份", by=clerk)
    joining.confirm(asked, by=district_officer)
    refused(objection, case_officer)


# --- What is read of it ---------------------------------------------------------------------------


def test_the_reason_is_public_and_masked_where_it_is_written(
    notice: Notice, stranger: User, case_officer: User
) -> None:
    hidden = object_to(notice, facts=FACTS, anonymous=True, by=stranger)
    for empty in ("", "  ", "\u3164"):
        with pytest.raises(Refused) as refusal:
            call_remark(hidden, reason=empty, by=case_officer)
        assert set(refusal.value.fields) == {"reason"}
    remark = call_remark(hidden, reason="寅路人（13812345678）不住这里。", by=case_officer)
    assert remark.reason == "匿名（138****5678）不住这里。"
    page = text_of(Client(), notice)
    assert "甲街道经办记为意见建议，不挡下一步，照样答复。" in page and remark.reason in page


def test_what_else_stands_beside_an_objection_names_nobody_in_clear(
    notice: Notice, stranger: User, resident: User, clerk: User
) -> None:
    hidden = object_to(notice, facts=FACTS, anonymous=True, by=stranger)
    done = answer(hidden, text="寅路人您好，已经改了图纸。", outcome="upheld", by=clerk)
    assert done.answer == "匿名您好，已经改了图纸。"
    mine = object_to(notice, facts=FACTS, by=resident)
    assert withdraw_objection(mine, reason="甲居民不提了", by=resident).answer == "甲*民不提了"


def test_pages_say_that_it_holds_nothing_and_waits_for_its_answer(
    notice: Notice, outside: Objection, case_officer: User, clock: Clock
) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    clock.set(OVER)
    page, board = text_of(Client(), notice), Client().get(reverse("notices")).content.decode()
    assert "1 条记为意见建议，不挡下一步，还在等答复" in page
    assert "答复以后才能办下一步" not in page and "都已答复" not in page
    assert "公示期已满，1 条意见建议待答复" in board


def test_who_objected_and_who_answers_are_told(
    outside: Objection, stranger: User, clerk: User, case_officer: User
) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    mine = Message.objects.of(stranger).get(event="objection.remarked")
    assert mine.title.startswith("您的异议记为意见建议") and "照样答复" in mine.body and WHY in mine.body
    assert "照样要答复" in Message.objects.of(clerk).get(event="objection.remarked").title


def test_it_is_done_on_the_desk(outside: Objection, case_officer: User, clerk: User, client_of: Browser) -> None:
    url = reverse("admin:disclosure_objection_do", args=[outside.pk, "remark"])
    assert client_of(clerk).get(url).status_code == 403
    desk = client_of(case_officer)
    assert outside.facts in desk.get(url).content.decode()
    assert desk.post(url, {"reason": " "}).status_code == 422
    assert desk.post(url, {"reason": WHY}).status_code == 302
    assert Remark.objects.get().reason == WHY
    shown = desk.get(reverse("admin:disclosure_objection_change", args=[outside.pk])).content.decode()
    assert WHY in shown and url not in shown


def test_the_desk_says_why_it_is_none(notice: Notice, resident: User, case_officer: User, client_of: Browser) -> None:
    objection = object_to(notice, facts=FACTS, by=resident)
    page = client_of(case_officer).get(reverse("admin:disclosure_objection_do", args=[objection.pk, "remark"]))
    assert page.status_code == 403 and "这里的住户，这条异议要答复" in page.content.decode()


def test_the_second_speaks_on_the_desk(
    districts: Objection, district_officer: User, second_officer: User, client_of: Browser
) -> None:
    call_remark(districts, reason=WHY, by=district_officer)
    url = reverse("admin:disclosure_objection_do", args=[districts.pk, "second-remark"])
    first = client_of(district_officer).get(url)
    assert first.status_code == 403 and "前一步是您办的" in first.content.decode()
    desk = client_of(second_officer)
    assert WHY in desk.get(url).content.decode()
    assert desk.post(url, {"agrees": "yes"}).status_code == 302
    assert Remark.objects.get().is_in_force


# --- What raw SQL cannot do ---------------------------------------------------------------------


def inserted(objection: Objection, by: User, level: str = "street", **given: object) -> Remark:
    facts = {"reason": WHY, "as_role": "街道", "level": level, "by": by} | given
    with transaction.atomic():
        return Remark.objects.create(objection=objection, **facts)


def test_the_database_calls_no_objection_of_the_place_a_remark(
    notice: Notice, resident: User, households: list[Household], clerk: User, case_officer: User
) -> None:
    with pytest.raises(IntegrityError, match="comes from the place"):
        inserted(object_to(notice, facts=FACTS, by=resident), case_officer)
    given = {"channel": "paper", "name": "某人", "photo": a_picture()}
    unread = object_to(notice, facts=FACTS, household=households[3], **given, by=clerk)  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="unknown whether"):
        inserted(unread, case_officer)


def test_nor_of_another_level_by_who_has_part_or_without_a_reason(
    outside: Objection, districts: Objection, clerk: User, case_officer: User, stranger: User, district_officer: User
) -> None:
    with pytest.raises(IntegrityError, match="not this level's"):
        inserted(outside, case_officer, "district")
    with pytest.raises(IntegrityError, match="not this level's"):
        inserted(districts, district_officer, "street")
    for by in (clerk, stranger):
        with pytest.raises(IntegrityError, match="has part in it"):
            inserted(outside, by)
    for reason in ("", " \n"):
        with pytest.raises(IntegrityError, match="remark_for_a_reason"):
            inserted(outside, case_officer, reason=reason)


def test_nor_by_one_human_twice(districts: Objection, district_officer: User, second_officer: User) -> None:
    with pytest.raises(IntegrityError, match="not this level's"):
        inserted(districts, district_officer, "above", second=second_officer, second_at=now())
    remark = inserted(districts, district_officer, "above")
    with pytest.raises(IntegrityError, match="remark_by_two_humans"), transaction.atomic():
        Remark.objects.filter(pk=remark.pk).update(second=district_officer, second_at=now())
    with pytest.raises(IntegrityError, match="second_hand_only"), transaction.atomic():
        Remark.objects.filter(pk=remark.pk).update(dropped_at=now())
    Remark.objects.filter(pk=remark.pk).update(second=second_officer, second_at=now())
    with pytest.raises(IntegrityError, match="settled"), transaction.atomic():
        Remark.objects.filter(pk=remark.pk).update(dropped_at=now())


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM disclosure_remark",
        "UPDATE disclosure_remark SET reason = '别的理由'",
        "UPDATE disclosure_remark SET by_id = (SELECT max(id) FROM accounts_user)",
        "UPDATE disclosure_remark SET dropped_at = minshi_now()",
        "UPDATE disclosure_notice SET objections_remarked = 0",
        "UPDATE disclosure_notice SET above = 'above'",
        "UPDATE disclosure_objection SET door_id = (SELECT max(id) FROM territory_household)",
    ],
)
def test_nothing_of_it_is_altered(outside: Objection, case_officer: User, sql: str) -> None:
    call_remark(outside, reason=WHY, by=case_officer)
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql)


def test_an_office_at_two_levels_posts_from_the_nearer(post_notice: Post, clerk: User, street: Territory) -> None:
    grant(clerk, Role.CASE_OFFICER, street)
    assert post_notice(by=User.objects.get(pk=clerk.pk)).above == "street"
