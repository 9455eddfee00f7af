"""Two accounts of one human are joined by two people; four eyes know both as one human, also for the past."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, F, ForeignKey, Q
from django.test import Client

from deliberation import actions as deliberation
from deliberation.models import Choice
from funding import actions as funding
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.mydata import actions as mydata
from minshi.notifications.actions import tell
from minshi.notifications.models import Message, Outbox
from minshi.notifications.sealing import unseal
from minshi.paper import actions as paper
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Ownership, Person, Residence, Role, RoleGrant
from minshi.residents.rules import roles_of
from minshi.rolls.actions import freeze_owners
from minshi.rolls.selectors import unit_of, why_not_speak_for
from minshi.signin import joining
from minshi.signin.actions import admit
from minshi.signin.models import Activation, Joining, SecurityEvent
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from tests.cast import make_resident, make_staff
from tests.way import Way, a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
WHY: dict[str, Any] = {"reason": "同一个人换过号码", "basis": "当面核对"}


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def texts_to(phone: str | None) -> list[str]:
    return [unseal(row.sealed) for row in Outbox.objects.filter(phone=phone).order_by("pk")]


def joined(one: User, other: User, asker: User, second: User) -> User:
    asked = joining.ask(fresh(one), fresh(other), **WHY, by=fresh(asker))
    return joining.confirm(asked, by=fresh(second))


@pytest.fixture
def old_self(community: Territory) -> User:
    """The resident's other account, of an earlier number and without a door."""
    return make_resident("甲居民", None)


# --- Two people --------------------------------------------------------------------------------------


def test_one_asks_and_the_district_confirms(
    resident: User, old_self: User, clerk: User, district_officer: User, client_of: ClientOf
) -> None:
    home = Residence.objects.get(person__user=resident)
    page = f"/admin/residents/residence/{home.pk}/do/ask-joining/"
    old_phone = old_self.phone
    assert client_of(clerk).post(page, {"other": old_phone, **WHY}).status_code == 302
    asked = Joining.objects.get()
    assert (asked.stays, asked.ends) == (resident, old_self), "where the human lives"
    for phone in (resident.phone, old_phone):
        assert "合并成一个" in texts_to(phone)[0]
    wait = Deadline.objects.of(asked).open().get()
    assert wait.role == Role.DISTRICT_OFFICER
    assert client_of(clerk).post(f"/admin/signin/joining/{asked.pk}/do/confirm/").status_code == 403
    shown = client_of(district_officer).get(f"/admin/signin/joining/{asked.pk}/do/confirm/").content.decode()
    assert "甲*民" in shown and "当面核对" in shown and old_phone not in shown
    assert client_of(district_officer).post(f"/admin/signin/joining/{asked.pk}/do/confirm/").status_code == 302
    gone = fresh(old_self)
    assert (gone.is_active, gone.phone, gone.joined_to) == (False, None, resident)
    assert fresh(resident).keys == {resident.pk, old_self.pk}
    assert not Deadline.objects.of(asked).open().exists()
    assert {event.kind for event in SecurityEvent.objects.filter(user=old_self)} >= {"join_asked", "joined", "closed"}
    assert client_of(district_officer).post(f"/admin/signin/joining/{asked.pk}/do/confirm/").status_code == 403


def test_its_login_ends_and_what_it_was_stays(
    resident: User, old_self: User, clerk: User, district_officer: User, client_of: ClientOf
) -> None:
    signed_in, person = client_of(old_self), Person.objects.get(user=old_self)
    assert signed_in.get("/mine/").status_code == 200
    joined(resident, old_self, clerk, district_officer)
    assert signed_in.get("/mine/").status_code == 302
    assert Person.objects.get(user=old_self) == person
    assert Residence.objects.current().get(person__user=resident).is_representative
    newcomer = admit(old_self.phone or "")
    assert newcomer is not None and newcomer.pk != old_self.pk, "the number is free"


def test_neither_of_them_nor_who_asked_confirms(
    resident: User, old_self: User, district_officer: User, district: Territory
) -> None:
    asked = joining.ask(resident, old_self, **WHY, by=district_officer)
    second = make_staff("district-2", "另一位", Role.DISTRICT_OFFICER, district)
    with pytest.raises(NotAllowed):
        joining.confirm(asked, by=district_officer)
    for nobody in (resident, old_self, district_officer):
        with pytest.raises(IntegrityError), transaction.atomic():
            Joining.objects.filter(pk=asked.pk).update(confirmed_by=nobody, confirmed_at=platform_clock.now())
    joining.confirm(asked, by=second)


def test_the_district_finance_confirms_where_the_officer_asked(
    resident: User, old_self: User, district_officer: User, district_finance: User
) -> None:
    asked = joining.ask(resident, old_self, **WHY, by=district_officer)
    assert Deadline.objects.of(asked).open().get().role == Role.DISTRICT_FINANCE
    joining.confirm(asked, by=district_finance)


def test_where_the_district_has_no_second_the_operators_command_is_recorded_and_told(
    resident: User, old_self: User, clerk: User, district_officer: User
) -> None:
    asked = joining.ask(resident, old_self, **WHY, by=clerk)
    with pytest.raises(CommandError, match="别人可以复核"):
        call_command("confirm_joining", asked.pk, stdout=StringIO())
    joining.drop(asked, by=clerk)
    asked = joining.ask(resident, old_self, **WHY, by=district_officer)
    call_command("confirm_joining", asked.pk, stdout=StringIO())
    asked.refresh_from_db()
    assert asked.by_operator and asked.confirmed_by is None and fresh(old_self).joined_to == resident
    for one in (clerk, district_officer):
        assert Message.objects.filter(user=one, title="运维命令合并了两个账号").exists()
    with pytest.raises(CommandError, match="已经办过"):
        call_command("confirm_joining", asked.pk, stdout=StringIO())


def test_of_two_logins_of_an_office_the_newer_stays_whichever_was_named_first(
    community: Territory, approver: User, district_officer: User
) -> None:
    """Both numbers are verified: asked for in one order and confirmed in the other, neither could ever be joined."""
    for number in range(2):
        pair = [make_staff(f"ding-{number}{each}", "丁社工", Role.CLERK, community) for each in "ab"]
        one, other = pair if number else pair[::-1]
        assert joined(one, other, approver, district_officer) == pair[1]


def test_no_account_is_joined_but_by_two(resident: User, old_self: User, neighbour: User) -> None:
    with pytest.raises(IntegrityError, match="nobody has confirmed"), transaction.atomic():
        User.objects.filter(pk=old_self.pk).update(joined_to=resident, is_active=False, phone=None)
    with transaction.atomic():
        User.objects.filter(pk=resident.pk).update(also=[neighbour.pk])
    assert fresh(resident).also == [], "the database counts them itself"


def test_once_joined_it_stays_joined(resident: User, old_self: User, clerk: User, district_officer: User) -> None:
    joined(resident, old_self, clerk, district_officer)
    for change in ({"joined_to": None}, {"is_active": True}, {"joined_to": clerk}):
        with pytest.raises(IntegrityError), transaction.atomic():
            User.objects.filter(pk=old_self.pk).update(**change)


def test_a_third_account_is_the_same_human_too(
    resident: User, old_self: User, clerk: User, district_officer: User, case_officer: User
) -> None:
    oldest = make_resident("甲居民", None)
    staff_self = make_staff("jia", "甲居民", Role.CLERK, Territory.objects.get(code="990101001001"))
    asked = joining.ask(fresh(staff_self), fresh(oldest), **WHY, by=clerk)
    joining.confirm(asked, by=district_officer)
    last = joined(resident, fresh(asked.stays), case_officer, district_officer)
    assert last.pk == resident.pk and last.keys == {resident.pk, oldest.pk, staff_self.pk}


@pytest.mark.parametrize("typed", ["13999999999", "nobody", "", "\u2800", "a" * 41, "13800", "'; --"])
def test_a_miss_tells_nothing(resident: User, clerk: User, stranger: User, client_of: ClientOf, typed: str) -> None:
    page = f"/admin/residents/residence/{Residence.objects.get(person__user=resident).pk}/do/ask-joining/"
    answer = client_of(clerk).post(page, {"other": typed, **WHY})
    far = client_of(clerk).post(page, {"other": stranger.phone, **WHY})
    assert answer.status_code == far.status_code == 422
    assert "在您这里没有找到这个账号" in far.content.decode()
    assert not Joining.objects.exists()


def test_what_is_missing_is_said_beside_its_field(
    resident: User, old_self: User, neighbour: User, clerk: User, client_of: ClientOf
) -> None:
    page = f"/admin/residents/residence/{Residence.objects.get(person__user=resident).pk}/do/ask-joining/"
    client = client_of(clerk)
    for wrong in ({"reason": ""}, {"basis": "\u200b"}, {"other": resident.phone}, {"other": neighbour.phone}):
        answer = client.post(page, {"other": old_self.phone, **WHY, **wrong})
        assert answer.status_code == 422, wrong
    assert "登记搬走" in answer.content.decode(), "both live somewhere"
    assert client.post(page, {"other": old_self.phone, **WHY}).status_code == 302
    again = client.post(page, {"other": old_self.phone, **WHY})
    assert again.status_code == 422 and "正等另一位复核" in again.content.decode()


@pytest.mark.parametrize("who", ["chief", "neighbour", "cashier", "stranger_clerk"])
def test_who_may_not_ask(who: str, resident: User, old_self: User, clerk: User, request: Any) -> None:
    with pytest.raises(Refused):
        joining.ask(resident, old_self, **WHY, by=request.getfixturevalue(who))


def test_who_asked_or_the_second_may_drop_it(resident: User, old_self: User, clerk: User, case_officer: User) -> None:
    asked = joining.ask(resident, old_self, **WHY, by=clerk)
    with pytest.raises(NotAllowed):
        joining.drop(asked, by=case_officer)
    joining.drop(asked, by=clerk)
    assert fresh(old_self).is_active and not Deadline.objects.of(asked).open().exists()
    joining.ask(resident, old_self, **WHY, by=clerk)


def test_nobody_looked_so_it_is_late_and_asked_for_again(
    resident: User, old_self: User, clerk: User, district_officer: User, clock: Any
) -> None:
    clock.set("2026-03-02 09:00")
    asked = joining.ask(resident, old_self, **WHY, by=clerk)
    due = Deadline.objects.of(asked).open().get().due
    platform_clock.set_to(due + timedelta(minutes=1))
    sweep()
    assert Deadline.objects.of(asked).open().get().due == due
    assert Message.objects.filter(user=district_officer, title__startswith="逾期：").exists()


# --- What waits, and what is counted ----------------------------------------------------------------


def test_the_residents_account_becomes_the_staff_login_and_holds_the_post(
    resident: User, community: Territory, case_officer: User, district_officer: User
) -> None:
    staff_self = make_staff("jia", "甲居民", Role.CLERK, community)
    stays = joined(staff_self, resident, case_officer, district_officer)
    assert stays.pk == resident.pk and (stays.username, stays.is_staff) == ("jia", True)
    assert [held.role for held in roles_of(stays)] == [Role.CLERK]
    assert not roles_of(fresh(staff_self)) and not RoleGrant.objects.filter(user=staff_self, revoked_at=None).exists()
    assert stays.phone == resident.phone and not stays.has_usable_password()
    assert Activation.objects.filter(user=stays, used_at=None).exists() and "启用码" in texts_to(stays.phone)[-1]
    assert stays.money_from and stays.money_from > platform_clock.now()


def test_what_waits_for_it_goes_to_the_account_that_stays(
    way: Way, resident: User, old_self: User, clerk: User, district_officer: User, client_of: ClientOf
) -> None:
    tell(old_self, "以前的消息")
    joined(resident, old_self, clerk, district_officer)
    tell(fresh(old_self), "以后的消息")
    page = client_of(fresh(resident)).get("/messages/").content.decode()
    assert "以前的消息" in page and "以后的消息" in page
    assert Message.objects.get(title="以后的消息").user_id == resident.pk


def test_the_proposal_of_the_other_account_is_ones_own(
    way: Way, clerk: User, district_officer: User, client_of: ClientOf
) -> None:
    proposal = way.submitted()
    proposer, other = proposal.proposer, make_resident("某人", None)
    Residence.objects.filter(person__user=proposer).update(until=platform_clock.now(), is_representative=False)
    door = way.households[7]
    other.person.residences.create(household=door, confirmed_at=platform_clock.now(), is_representative=True)
    stays = joined(other, proposer, clerk, district_officer)
    assert stays.pk == other.pk
    assert proposal.title in client_of(stays).get("/mine/").content.decode()
    RoleGrant.objects.create(user=stays, role=Role.CHIEF, place=way.yard, since="2020-01-01", basis="推选")
    with pytest.raises(Refused):
        proposals.pass_review(proposal, reason="好", by=fresh(stays))


def test_what_is_taken_along_and_what_is_erased_is_of_both(
    way: Way, clerk: User, district_officer: User, client_of: ClientOf
) -> None:
    proposal = way.submitted()
    proposer, other = proposal.proposer, make_resident("某某人", None)
    Residence.objects.filter(person__user=proposer).update(until=platform_clock.now(), is_representative=False)
    other.person.residences.create(household=way.households[7], confirmed_at=platform_clock.now())
    stays = joined(other, proposer, clerk, district_officer)
    taken = client_of(stays).get("/mine/data/export/").json()
    assert [each["number"] for each in taken["proposals"]] == [proposal.number]
    mydata.close(by=fresh(stays))
    assert mydata.forget(fresh(stays), by=None)
    assert set(Person.objects.filter(user__in=stays.keys).values_list("name", flat=True)) == {mydata.GONE}


# --- Four eyes, also for the past ---------------------------------------------------------------------


@pytest.fixture
def second_self(community: Territory) -> User:
    """The clerk's other login, kept apart until somebody noticed."""
    user = make_staff("ding-2", "丁社工", Role.CLERK, community)
    User.objects.filter(pk=user.pk).update(phone="13711110000", phone_verified=True)
    return fresh(user)


def test_what_one_account_recorded_the_other_does_not_confirm(
    way: Way, clerk: User, second_self: User, case_officer: User, district_officer: User
) -> None:
    proposal = way.raising()
    way.planned(proposal)
    given = funding.record_contribution(
        proposal, household=way.households[3], amount_fen=100, voucher="收据甲", photo=a_picture(), by=clerk
    )
    stays = joined(clerk, second_self, case_officer, district_officer)
    assert stays.pk == second_self.pk and stays.keys == {clerk.pk, second_self.pk}
    User.objects.filter(pk=stays.pk).update(money_from=None)
    with pytest.raises(Refused, match="另一个人"):
        funding.confirm_contribution(given, by=fresh(stays))
    with pytest.raises(IntegrityError, match="one human"), transaction.atomic():
        type(given).objects.filter(pk=given.pk).update(confirmed_by=stays)


def test_one_human_reads_a_sheet_once(
    way: Way, clerk: User, second_self: User, case_officer: User, district_officer: User
) -> None:
    sheet = paper.register(way.yard, [(way.households[3], None)], about="附议", stub=None, by=clerk)
    line = paper.read(sheet.lines.get(), {"signed": True}, by=clerk)
    stays = joined(clerk, second_self, case_officer, district_officer)
    with pytest.raises(Refused):
        paper.read_again(line, {"signed": True}, by=fresh(stays))
    with pytest.raises(IntegrityError, match="one human"), transaction.atomic():
        type(line).objects.filter(pk=line.pk).update(second={"signed": True}, second_by=stays)


def test_one_human_votes_once_by_whichever_account(
    way: Way, clerk: User, district_officer: User, neighbour: User
) -> None:
    proposal = way.voting()
    motion = proposal.motions.get()
    deliberation.cast(motion, Choice.AGREE, receipt_id=uuid4(), by=neighbour)
    Residence.objects.filter(person__user=neighbour).update(until=platform_clock.now(), is_representative=False)
    moved = make_resident("乙邻居", None)
    moved.person.residences.create(
        household=way.households[9], confirmed_at=platform_clock.now(), is_representative=True
    )
    stays = joined(moved, neighbour, clerk, district_officer)
    with pytest.raises(Refused, match="已经代表原来的家投过票"):
        deliberation.cast(motion, Choice.AGREE, receipt_id=uuid4(), by=fresh(stays))
    assert motion.ballots.count() == 1


# --- Every table of two hands knows it ------------------------------------------------------------------


def pairs_of_hands() -> set[tuple[str, frozenset[str]]]:
    """(table, columns) of every check that says that one hand is not another."""
    found = set()

    def walk(node: Any, negated: bool, table: str, hands: set[str]) -> None:
        for child in node.children:
            if isinstance(child, Q):
                walk(child, child.negated, table, hands)
            elif negated and isinstance(child[1], F) and {child[0], child[1].name} <= hands:
                found.add((table, frozenset({f"{child[0]}_id", f"{child[1].name}_id"})))

    for model in apps.get_models():
        hands = {f.name for f in model._meta.concrete_fields if isinstance(f, ForeignKey) and f.related_model is User}
        for each in model._meta.constraints:
            if isinstance(each, CheckConstraint) and isinstance(each.condition, Q):
                walk(Q(each.condition), False, model._meta.db_table, hands)
    return found


def guarded_pairs() -> set[tuple[str, frozenset[str]]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, t.tgargs FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " JOIN pg_proc p ON p.oid = t.tgfoid WHERE p.proname = 'refuse_one_human'"
        )
        rows = [(table, bytes(args).decode().rstrip("\0").split("\0")) for table, args in cursor.fetchall()]
    return {(table, frozenset({a, b})) for table, hands in rows for a in hands for b in hands if a != b}


def test_wherever_one_hand_is_not_another_two_accounts_of_one_human_are_not_either() -> None:
    pairs = pairs_of_hands()
    assert len(pairs) > 20
    missing = {pair for pair in pairs if pair[1] != frozenset({"stays_id", "ends_id"})} - guarded_pairs()
    assert missing == set()


def test_what_the_other_account_owns_is_still_spoken_for(
    way: Way, clerk: User, district_officer: User, resident: User, old_self: User
) -> None:
    """An owner's unit is of a person in the register; the human behind both votes for it by the account that stays."""
    door = way.households[6]
    Household.objects.filter(pk=door.pk).update(area_m2=80)
    Ownership.objects.create(household=door, person=old_self.person)
    roll = freeze_owners(Household.objects.filter(pk=door.pk), by=clerk)
    assert unit_of(fresh(resident), roll) is None
    joined(resident, old_self, clerk, district_officer)
    unit = unit_of(fresh(resident), roll)
    assert unit is not None and not why_not_speak_for(unit, fresh(resident), act="投票")
