"""A term has an end that is told in time; who leaves an office hands it over whole, with what waits for it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.arrivals.actions import watch_terms
from minshi.clock import now
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message
from minshi.policy import actions as policy
from minshi.refusals import NotAllowed, Refused
from minshi.residents import actions
from minshi.residents.models import Role, RoleGrant
from minshi.residents.rules import holds
from minshi.territory.models import Territory
from tests.cast import home_of, make_staff
from tests.desk.test_scope import do_of

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)
ENDS = date(2026, 7, 1)


def appointed(user: User, place: Territory, by: User | None = None, *, until: date = ENDS) -> RoleGrant:
    return actions.grant(user, Role.CHIEF, place, since=DAY, until=until, basis="推选记录", by=by)


def told(user: User) -> list[str]:
    return list(Message.objects.filter(user=user, event="term.ending").values_list("title", flat=True))


def at(clock: Any, moment: str) -> None:
    clock.set(moment)
    watch_terms()
    sweep()


def test_who_appoints_hears_thirty_days_before_a_term_ends_and_once(
    clock: Any, yard: Territory, neighbour: User, clerk: User, approver: User
) -> None:
    clock.set("2026-03-02 09:00")
    appointed(neighbour, yard, clerk)
    at(clock, "2026-05-31 23:00")
    assert told(clerk) == []
    for moment in ("2026-06-01 00:00", "2026-06-01 09:00", "2026-06-20 09:00"):
        at(clock, moment)
        (title,) = told(clerk)
    assert title.startswith("任期快到了：样板巷1号院") and "*" in title
    assert told(approver) == [] and "6月30日" in Message.objects.get(user=clerk, event="term.ending").body


def test_a_place_may_be_told_earlier(
    clock: Any, yard: Territory, neighbour: User, clerk: User, street: Territory
) -> None:
    policy.set_value("term.notice_days", street, 60, since=date(2026, 1, 1), source="街〔2026〕1号", by=None)
    clock.set("2026-03-02 09:00")
    appointed(neighbour, yard)
    at(clock, "2026-05-02 09:00")
    assert len(told(clerk)) == 1


def test_a_term_that_was_taken_back_or_goes_on_is_not_told(
    clock: Any, yard: Territory, building: Territory, neighbour: User, resident: User, clerk: User
) -> None:
    clock.set("2026-03-02 09:00")
    ended, renewed = appointed(neighbour, yard), appointed(resident, building)
    at(clock, "2026-05-20 09:00")
    actions.revoke(ended, by=clerk)
    actions.grant(resident, Role.CHIEF, building, since=ENDS, basis="再次推选", by=clerk)
    assert renewed.until == ENDS
    at(clock, "2026-06-02 09:00")
    assert told(clerk) == []


def test_a_term_is_given_an_end_at_the_desk(
    clock: Any, client_of: Callable[[User], Client], neighbour: User, clerk: User, yard: Territory
) -> None:
    clock.set("2026-03-02 09:00")
    sent = {"role": Role.CHIEF, "place": yard.pk, "since": "2026-03-02", "until": "2029-03-02", "basis": "推选记录"}
    assert client_of(clerk).post(do_of(home_of(neighbour), "appoint"), sent).status_code == 302
    assert RoleGrant.objects.get(user=neighbour).until == date(2029, 3, 2)


# --- Handing over -----------------------------------------------------------------------------------


@pytest.fixture
def newcomer(community: Territory) -> User:
    return make_staff("xinren", "新来的", Role.SUPERVISOR, community)


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_who_leaves_hands_over_every_post_and_what_waits_for_it(
    clock: Any,
    client_of: Callable[[User], Client],
    community: Territory,
    clerk: User,
    approver: User,
    newcomer: User,
) -> None:
    """The offices go whole; what another level filled stays with who leaves until that level takes it."""
    clock.set("2026-03-02 09:00")
    actions.grant(clerk, Role.PARTY, community, since=DAY, until=ENDS, basis="任命", by=None)
    higher = actions.grant(clerk, Role.CASE_OFFICER, community.at_level("street"), since=DAY, basis="任命", by=None)
    Deadline.objects.create(
        subject_type="territory.territory", subject_id=community.pk, kind="some", due=now(), title="要办的事",
        role=Role.CLERK, place_path=community.path,
    )  # fmt: skip
    post = RoleGrant.objects.get(user=clerk, role=Role.CLERK)
    page = client_of(approver).get(do_of(post, "hand-over")).content.decode()
    assert "1 件" in page and "一社区工作人员" in page and "新来" not in page
    assert "要办的事" not in client_of(newcomer).get("/admin/").content.decode()
    sent = {"username": "xinren", "basis": "任免〔2026〕3号"}
    assert client_of(approver).post(do_of(post, "hand-over"), sent).status_code == 302
    theirs = RoleGrant.objects.filter(user=newcomer, basis="任免〔2026〕3号", granted_by=approver)
    assert set(theirs.values_list("role", "until")) == {(Role.CLERK, None), (Role.PARTY, ENDS)}
    assert not holds(fresh(clerk), community, Role.CLERK, Role.PARTY)
    assert RoleGrant.objects.get(pk=higher.pk).revoked_at is None
    assert "要办的事" in client_of(newcomer).get("/admin/").content.decode()
    with pytest.raises(Refused, match="可以交接的岗位"):
        actions.pass_on(fresh(clerk), fresh(newcomer), basis="再来一次", by=fresh(approver))


def test_nobody_hands_over_to_or_from_themselves_or_to_nobody(
    client_of: Callable[[User], Client], clerk: User, approver: User, party: User, newcomer: User
) -> None:
    for by, leaver, successor in ((approver, clerk, approver), (clerk, clerk, newcomer)):
        with pytest.raises(NotAllowed):
            actions.pass_on(leaver, successor, basis="文件", by=by)
    with pytest.raises(Refused):
        actions.pass_on(clerk, clerk, basis="文件", by=approver)
    with pytest.raises(Refused, match="可以交接的岗位"):
        actions.pass_on(clerk, newcomer, basis="文件", by=party)
    post = RoleGrant.objects.get(user=clerk)
    page = client_of(approver).post(do_of(post, "hand-over"), {"username": "meiyou", "basis": "文件"})
    assert "没有这个登录名" in page.content.decode() and "文件" in page.content.decode()
    assert RoleGrant.objects.get(pk=post.pk).revoked_at is None
