"""申诉与回避: a declined proposal is looked at once more by another, and whoever has a part in it steps aside."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines.models import Deadline
from minshi.desk.views import others_work
from minshi.lifecycle.models import StepRecord
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import NotAllowed, Refused
from minshi.residents import register, reshaping
from minshi.territory.models import Territory
from proposals import actions, selectors
from proposals.models import Proposal, Stage
from tests.cast import grant, make_resident
from tests.way import Way, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def declined(way: Way, chief: User) -> Proposal:
    proposal = way.submitted()
    actions.decline(proposal, by=chief, reason="这件事该物业负责")
    return proposal


def test_who_is_declined_hears_the_reason_and_the_remedy(declined: Proposal, resident: User, client: Client) -> None:
    told = Message.objects.filter(user=resident).latest("id")
    assert told.body.startswith("这件事该物业负责；不服可以在 ")
    assert told.url == reverse("appeal", args=[declined.number])
    page = client.get(declined.get_absolute_url()).content.decode()
    assert "提议人不服的，可以在" in page and "这件事该物业负责" in page


def test_the_community_decides_within_its_days_what_the_chief_declined(
    declined: Proposal, resident: User, clerk: User, chief: User, client_of: ClientOf
) -> None:
    page = reverse("appeal", args=[declined.number])
    assert page in client_of(resident).get(declined.get_absolute_url()).content.decode()
    assert "这件事该物业负责" in client_of(resident).get(page).content.decode()
    assert client_of(resident).post(page, {"reason": " "}).status_code == 422
    client_of(resident).post(page, {"reason": "院里没有物业"})
    declined.refresh_from_db()
    assert (declined.stage, declined.holder_role) == (Stage.SUBMITTED, "clerk")
    assert declined.due_at == calendar.period_end(now(), working_days=3)
    declined.card.refresh_from_db()
    assert declined.card.ended_at is None
    with pytest.raises(NotAllowed):
        actions.pass_review(declined, by=chief)
    actions.pass_review(declined, by=clerk, reason="确实没有物业")
    assert declined.stage == Stage.COSIGNING


def test_it_is_appealed_once_and_the_second_word_is_the_last(declined: Proposal, resident: User, clerk: User) -> None:
    actions.appeal(declined, by=resident, reason="院里没有物业")
    actions.decline(declined, by=clerk, reason="和在办的重复")
    assert Message.objects.filter(user=resident).latest("id").title == f"申诉复核没有通过：{declined.title}"
    assert selectors.may_appeal(declined) is None
    with pytest.raises(Refused, match="已经申诉过一次"):
        actions.appeal(declined, by=resident, reason="还是不服")


def test_it_is_appealed_in_its_days_and_by_nobody_else(declined: Proposal, resident: User, neighbour: User) -> None:
    with pytest.raises(NotAllowed):
        actions.appeal(declined, by=neighbour, reason="替他申诉")
    end = selectors.may_appeal(declined)
    assert end
    platform_clock.set_to(end + timedelta(seconds=1))
    with pytest.raises(Refused, match="已经过了"):
        actions.appeal(declined, by=resident, reason="晚了")


def test_what_the_community_declined_goes_to_another_clerk_and_without_one_to_the_street(
    way: Way, resident: User, clerk: User, second_clerk: User, case_officer: User
) -> None:
    proposal = way.submitted()
    wait_until_over(proposal)
    actions.decline(proposal, by=clerk, reason="重复")
    actions.appeal(proposal, by=resident, reason="不重复")
    assert proposal.holder_role == "clerk"
    with pytest.raises(NotAllowed):
        actions.pass_review(proposal, by=clerk)
    actions.recuse(proposal, by=second_clerk, reason="提议人是我的亲戚")
    assert proposal.holder_role == "case_officer"
    actions.pass_review(proposal, by=case_officer)
    assert proposal.stage == Stage.COSIGNING


def test_what_was_refused_later_on_is_not_appealed(way: Way, resident: User) -> None:
    proposal = way.deciding()
    actions.advance(proposal, "refuse", by=way.who("party"), reason="不急")
    with pytest.raises(Refused, match="只有初审不通过"):
        actions.appeal(proposal, by=resident, reason="不服")


def test_a_chief_who_steps_aside_leaves_it_to_another_organiser_of_the_place(
    way: Way, chief: User, neighbour: User, client_of: ClientOf
) -> None:
    grant(neighbour, "ten_chief", way.yard)
    proposal = way.submitted()
    client_of(chief).post(reverse("review", args=[proposal.number]), {"verdict": "recuse", "reason": "是我的亲戚"})
    proposal.refresh_from_db()
    assert proposal.holder_role == "ten_chief"
    assert selectors.to_review(chief) == [] and selectors.to_review(neighbour) == [proposal]
    actions.return_for_revision(proposal, by=neighbour, reason="写清楚装在哪")
    actions.resubmit(proposal, by=way.who("resident"), why="补了位置", spot="南门左侧")
    assert proposal.holder_role == "ten_chief"
    page = client_of(neighbour).get(reverse("review", args=[proposal.number])).content.decode()
    assert "写清楚装在哪" in page and "<del>院门口</del>" in page and "<ins>南门左侧</ins>" in page


def test_where_no_other_organiser_is_left_it_goes_to_the_community(way: Way, chief: User) -> None:
    proposal = way.submitted()
    actions.recuse(proposal, by=chief, reason="是我的亲戚")
    assert proposal.holder_role == "clerk"


def test_stepping_aside_needs_a_reason_and_is_public(way: Way, chief: User, client: Client) -> None:
    proposal = way.submitted()
    with pytest.raises(Refused) as refused:
        actions.recuse(proposal, by=chief, reason=" ")
    assert "reason" in refused.value.fields
    actions.recuse(proposal, by=chief, reason="提议人是我的亲戚")
    assert "提议人是我的亲戚" in client.get(proposal.get_absolute_url()).content.decode()


def test_the_page_shows_what_each_version_changed(way: Way, chief: User, resident: User, client: Client) -> None:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="写清楚装在哪")
    actions.resubmit(proposal, by=resident, why="补了位置", spot="南门左侧")
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "第 2 版改了什么" in page and "<del>院门口</del>" in page and "<ins>南门左侧</ins>" in page


def test_the_database_knows_no_second_verdict_of_one_person(declined: Proposal, resident: User, chief: User) -> None:
    actions.appeal(declined, by=resident, reason="院里没有物业")
    step = {
        "subject_type": "proposals.proposal",
        "subject_id": declined.pk,
        "source": "submitted",
        "label": "x",
    }
    with pytest.raises(IntegrityError, match="another person"), transaction.atomic():
        StepRecord.objects.create(**step, verb="pass_review", target="cosigning", by=chief)
    again = {**step, "source": "declined", "target": "submitted", "verb": "appeal"}
    with pytest.raises(IntegrityError, match="appealed once"), transaction.atomic():
        StepRecord.objects.create(**again, by=resident)


def test_what_rested_while_its_place_was_merged_is_proposed_anew(
    way: Way, yard: Territory, building: Territory, chief: User, clerk: User, resident: User
) -> None:
    """It would be reviewed, and gather signatures, for nobody at all."""
    old = register.add_place(yard, name="2栋", level="building", by=clerk)
    register.add_doors(old, ["901"], by=clerk)
    proposal = way.submitted(place=old)
    actions.decline(proposal, by=chief, reason="重复")
    reshaping.merge(old, into=building, reason="会议", by=clerk)
    with pytest.raises(Refused, match="请在“1栋”重新提议"):
        actions.appeal(proposal, by=resident, reason="不重复")


def test_the_last_who_could_review_it_does_not_leave_it_to_nobody(way: Way, chief: User, clerk: User) -> None:
    proposal = way.submitted()
    actions.recuse(proposal, by=chief, reason="是我的亲戚")
    with pytest.raises(Refused, match="没有别的人可以审"):
        actions.recuse(proposal, by=clerk, reason="也是我的亲戚")
    way.who("case_officer")
    actions.recuse(proposal, by=clerk, reason="也是我的亲戚")
    assert proposal.holder_role == "case_officer"


def test_where_every_officer_stepped_aside_or_declined_another_of_the_office_decides(
    way: Way, street: Territory, clerk: User, case_officer: User, district_officer: User, approver: User
) -> None:
    """An appeal waits for somebody, and not for those who are not to decide it."""
    proposal = way.submitted()
    wait_until_over(proposal)
    for officer in (clerk, case_officer):
        actions.recuse(proposal, by=officer, reason="提议人是我的亲戚")
    assert proposal.holder_role == "district_officer"
    actions.decline(proposal, by=district_officer, reason="重复")
    actions.appeal(proposal, by=way.who("resident"), reason="不重复")
    assert (proposal.holder_role, proposal.holder_place) == ("approver", street)
    assert Deadline.objects.tasks().of(proposal).get(role="approver")
    actions.pass_review(proposal, by=approver, reason="不重复")
    assert proposal.stage == Stage.COSIGNING


def test_on_the_desk_it_is_no_work_of_whoever_had_their_say(
    way: Way, resident: User, clerk: User, second_clerk: User
) -> None:
    proposal = way.submitted()
    wait_until_over(proposal)
    actions.decline(proposal, by=clerk, reason="重复")
    actions.appeal(proposal, by=resident, reason="不重复")
    waits = Deadline.objects.of(proposal).open().filter(kind="stage:submitted")
    assert waits.filter(others_work(clerk)).exists()
    assert not waits.filter(others_work(second_clerk)).exists()


def test_an_older_version_shows_nobody_who_is_hidden_in_the_newest(
    way: Way, chief: User, resident: User, client: Client
) -> None:
    """They came to live there, and into the register, after it was written."""
    proposal = way.submitted(spot="申新来家门口")
    assert "申新来家门口" in client.get(proposal.get_absolute_url()).content.decode(), "a name of nobody there"
    make_resident("申新来", way.households[7])
    actions.return_for_revision(proposal, by=chief, reason="写清楚装在哪")
    actions.resubmit(proposal, by=resident, why="补了位置", spot="申新来家门口左侧")
    page = client.get(proposal.get_absolute_url()).content.decode()
    assert "<del>申*来家门口</del>" in page and "<ins>申*来家门口左侧</ins>" in page and "申新来" not in page
