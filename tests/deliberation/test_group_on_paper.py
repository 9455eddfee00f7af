"""The working group takes people without an account; where fewer doors exist than the policy's number, all are it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from deliberation import actions, selectors
from deliberation.models import Member, WorkingGroup
from funding import actions as funding
from funding.models import Group, GroupMember
from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.clock import now
from minshi.notifications.models import Message
from minshi.policy import calendar
from minshi.refusals import Refused
from minshi.residents.models import Person
from proposals.models import Proposal, Stage
from tests.way import Way, a_picture

pytestmark = [pytest.mark.django_db, pytest.mark.walked("consulting")]


@pytest.fixture
def proposal(way: Way) -> Proposal:
    return way.consulting()


def chosen_on_paper(way: Way, proposal: Proposal, *names: str, first: int = 8, **words: object) -> WorkingGroup:
    signed = list(zip(way.households[first:], names, strict=False))
    facts = {"members": [], "lead": None, "how": "院坝会上推选", "photo": a_picture(), "by": way.who("clerk")}
    return actions.choose_group(proposal, on_paper=signed, **{**facts, **words})  # type: ignore[arg-type]


def test_who_has_no_account_is_chosen_by_door_and_name(way: Way, proposal: Proposal, client_of: Callable) -> None:
    resident = way.who("resident")
    group = chosen_on_paper(way, proposal, "老王头", "李大妈", members=[resident])
    members = {member.name_public: member for member in selectors.members_of(proposal)}
    assert set(members) == {"甲*民", "老*头", "李*妈"}
    assert [member.on_paper for member in selectors.members_of(proposal)].count(True) == 2
    assert members["李*妈"].household == way.households[9]
    assert group.sheet and group.sheet.stub
    page = client_of(None).get(proposal.get_absolute_url()).content.decode()
    assert "李*妈" in page
    assert "李大妈" not in page


def test_the_clear_name_stands_in_the_register_alone(way: Way, proposal: Proposal) -> None:
    chosen_on_paper(way, proposal, "老王头", "李大妈", "赵婆婆")
    person = Person.objects.get(name="李大妈")
    assert person.user and not person.user.has_usable_password()
    assert "李大妈" not in str(list(Member.objects.values()))
    said = str(list(Event.objects.filter(table_name="deliberation_member").values()))
    assert "李大妈" not in said


def test_without_the_sheet_nobody_is_chosen_on_paper(way: Way, proposal: Proposal) -> None:
    with pytest.raises(Refused) as refusal:
        chosen_on_paper(way, proposal, "老王头", "李大妈", "赵婆婆", photo=None)
    assert "推选表" in refusal.value.fields["photo"]
    chosen_on_paper(way, proposal, "老王头", "李大妈", "赵婆婆")
    member = Member.objects.filter(on_paper=True).first()
    assert member
    other = WorkingGroup.objects.create(proposal=way.cosigned(title="另一件事"), how="推选", formed_by=way.who("clerk"))
    with pytest.raises(IntegrityError, match="stands on a sheet"), transaction.atomic():
        Member.objects.create(
            group=other, user=member.user, household=member.household, on_paper=True, name_public="李*妈"
        )


def test_the_first_on_the_sheet_leads_where_nobody_with_an_account_does(way: Way, proposal: Proposal) -> None:
    chosen_on_paper(way, proposal, "老王头", "李大妈", "赵婆婆")
    assert [member.name_public for member in selectors.members_of(proposal) if member.is_lead] == ["老*头"]
    meeting = actions.post_agenda(
        proposal,
        begins_at=calendar.period_end(now(), working_days=4),
        venue="院内凉亭",
        agenda="装在哪里",
        by=way.who("clerk"),
    )
    assert meeting.pk


def test_their_household_is_told(way: Way, proposal: Proposal) -> None:
    neighbour = way.neighbours(1, first=9)[0]
    chosen_on_paper(way, proposal, "老王头", "李大妈", "赵婆婆")
    assert Message.objects.of(neighbour.user).filter(title__startswith="您家有人选入居民小组").exists()


def test_it_is_done_at_the_desk_and_the_sheet_is_seen_by_staff_alone(
    way: Way, proposal: Proposal, client_of: Callable[[User | None], Client]
) -> None:
    desk = client_of(way.who("clerk"))
    url = f"/admin/proposals/proposal/{proposal.pk}/do/choose-group/"
    doors = [door.door for door in way.households[8:11]]
    lines = "\n".join(f"{door} {name}" for door, name in zip(doors, ("王老头", "李大妈", "赵婆婆"), strict=True))
    answer = desk.post(url, {"on_paper": lines, "how": "推选"})
    assert "推选表" in answer.content.decode()
    assert "李大妈" in answer.content.decode(), "what was typed is still there"
    assert desk.post(url, {"on_paper": lines, "how": "推选", "photos": a_picture()}).status_code == 302
    sheet = f"/projects/{proposal.number}/group/sheet/"
    assert desk.get(sheet).status_code == 200
    assert client_of(way.who("resident")).get(sheet).status_code == 403


@pytest.mark.walked(None)
def test_where_fewer_doors_benefit_than_the_number_all_of_them_are_the_group(way: Way) -> None:
    proposal = way.consulting(doors=way.households[:2])
    resident, neighbour, chief = (way.who(name) for name in ("resident", "neighbour", "chief"))
    for members in ([], [chief]):
        with pytest.raises(Refused) as refusal:
            actions.choose_group(proposal, members=members, lead=resident, how="推选", by=way.who("clerk"))
        assert "这里只有 2 户" in refusal.value.fields["members"]
    actions.choose_group(proposal, members=[neighbour], lead=resident, how="推选", by=way.who("clerk"))
    assert len(selectors.members_of(proposal)) == 2


@pytest.mark.walked(None)
def test_so_is_the_project_group(way: Way) -> None:
    proposal = way.raising(doors=way.households[:2])
    resident, neighbour = (Person.objects.get(user=way.who(name)) for name in ("resident", "neighbour"))
    with pytest.raises(Refused, match="受益的只有 2 户"):
        funding.form_group(proposal, [resident], how="推选", by=way.who("clerk"))
    funding.form_group(proposal, [resident, neighbour], how="全体", by=way.who("clerk"))
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    group = Group.objects.get(proposal=proposal)
    Group.objects.filter(pk=group.pk).update(ended_at=now())
    with pytest.raises(IntegrityError, match="doors are the group"), transaction.atomic():
        lone = Group.objects.create(proposal=proposal, how="一个人", formed_by=way.who("clerk"))
        GroupMember.objects.create(group=lone, person=resident, name_public="甲*民", is_lead=True)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.walked("raising")
def test_who_was_chosen_on_paper_goes_on_into_the_project_group(way: Way) -> None:
    proposal = way.raising()
    chosen_on_paper(way, proposal, "老王头", "李大妈", "赵婆婆")
    people = [Person.objects.get(name=name) for name in ("老王头", "李大妈", "赵婆婆")]
    group = funding.form_group(proposal, people, how="小组接着办", by=way.who("clerk"))
    assert [member.name_public for member in group.members.all()] == ["老*头", "李*妈", "赵*婆"]
    assert proposal.stage == Stage.RAISING
