"""第二眼: what a clerk typed from paper runs at once, and another looks at the sheet beside it within its days."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.notifications.models import Message, ToTell
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Person, Residence, Role
from minshi.territory.actions import add_place
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Look, LookState, Proposal, Stage, Wish, WishStage
from tests.cast import grant, make_resident
from tests.proposals.hostile import WORDS
from tests.way import a_picture

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def page_of_wishes(households: list[Household], clerk: User, *texts: str) -> Look:
    """A page of the book as the clerk types it: one wish of each door."""
    people = [("甲居民", households[0]), ("申老伯", households[6])]
    lines = [actions.Written(door, name, text) for (name, door), text in zip(people, texts, strict=False)]
    place = households[0].place.at_level("community")
    actions.enter_wishes(place, lines, photo=a_picture(), receipt_id=uuid4(), by=clerk)
    return Look.objects.latest("pk")


def a_proposal(households: list[Household], clerk: User, client_of: ClientOf) -> Look:
    typed = {**WORDS, "door": households[6].address, "name": "申老伯", "scope": "yard", "sheet": a_picture()}
    assert client_of(clerk).post("/projects/paper/", typed).status_code == 302
    return Look.objects.latest("pk")


def waiting(look: Look) -> Deadline:
    return Deadline.objects.open().get(kind="paper.look", subject_id=look.pk)


@pytest.fixture
def look(households: list[Household], resident: User, clerk: User, second_clerk: User) -> Look:
    return page_of_wishes(households, clerk, "楼道灯不亮了", "想要一张长椅")


# --- Who looks ------------------------------------------------------------------------------------


def test_it_runs_at_once_and_waits_on_another_clerks_desk(
    households: list[Household], second_clerk: User, clerk: User, client_of: ClientOf
) -> None:
    look = page_of_wishes(households, clerk, "楼道灯不亮了")
    assert Wish.objects.get().stage == WishStage.NEW
    assert (waiting(look).role, waiting(look).url) == (Role.CLERK, f"/paper/looks/{look.pk}/")
    assert Message.objects.filter(user=second_clerk, event="look.asked").exists()
    assert not Message.objects.filter(user=clerk, event="look.asked").exists()
    assert f"/paper/looks/{look.pk}/" in client_of(second_clerk).get("/admin/").content.decode()
    assert f"/paper/looks/{look.pk}/" not in client_of(clerk).get("/mine/").content.decode()


@pytest.mark.parametrize(
    ("there", "role"),
    [(["supervisor", "party"], Role.PARTY), (["supervisor"], Role.SUPERVISOR), (["case_officer"], Role.CASE_OFFICER)],
)
def test_without_another_clerk_the_next_of_the_line_looks(
    households: list[Household], clerk: User, there: list[str], role: str, request: pytest.FixtureRequest
) -> None:
    people = [request.getfixturevalue(who) for who in there]
    look = page_of_wishes(households, clerk, "楼道灯不亮了")
    assert waiting(look).role == role
    actions.look_at_sheet(look, by=people[-1])


def test_an_organiser_of_another_building_looks_and_none_of_this_one(
    households: list[Household], clerk: User, yard: Territory, building: Territory, case_officer: User
) -> None:
    next_door = add_place(parent=yard, code="990101001001-1-2", name="2栋", level="building", by=None)
    here, there = make_resident("本栋", None), make_resident("隔壁栋", None)
    grant(here, Role.CHIEF, building)
    grant(there, Role.CHIEF, next_door)
    look = page_of_wishes(households, clerk, "楼道灯不亮了")
    assert (waiting(look).role, waiting(look).place_path) == (Role.CHIEF, next_door.path)
    with pytest.raises(NotAllowed, match="别的楼栋"):
        actions.look_at_sheet(look, by=here)
    actions.look_at_sheet(look, by=there)


def test_silence_climbs_to_the_street_and_the_district_and_stays_due_there(
    look: Look, second_clerk: User, case_officer: User, district_officer: User
) -> None:
    for role, told in ((Role.CASE_OFFICER, case_officer), (Role.DISTRICT_OFFICER, district_officer)):
        platform_clock.move(waiting(look).due - now())
        deadlines.sweep()
        assert waiting(look).role == role
        assert Message.objects.filter(user=told, event="look.asked").exists()
    due = waiting(look).due
    platform_clock.move(due - now())
    deadlines.sweep()
    assert (waiting(look).role, waiting(look).due) == (Role.DISTRICT_OFFICER, due)
    actions.look_at_sheet(look, by=district_officer)
    assert not Deadline.objects.open().filter(kind="paper.look").exists()
    platform_clock.reset()


def test_nobody_looks_at_what_they_typed_or_wrote_themselves(
    look: Look, clerk: User, resident: User, second_clerk: User, community: Territory
) -> None:
    with pytest.raises(NotAllowed, match="自己录入的"):
        actions.look_at_sheet(look, by=clerk)
    with pytest.raises(IntegrityError, match="nobody_looks_at_their_own_typing"), transaction.atomic():
        Look.objects.filter(pk=look.pk).update(state="alike", looked_by=clerk, looked_at=now())
    grant(resident, Role.PARTY, community)
    with pytest.raises(NotAllowed, match="自己写的"):
        actions.look_at_sheet(look, by=User.objects.get(pk=resident.pk))


def test_a_look_that_is_over_stays_as_it_was(look: Look, second_clerk: User, supervisor: User) -> None:
    actions.look_at_sheet(look, by=second_clerk)
    with pytest.raises(Refused, match="刚刚由别人对照过"):
        actions.look_at_sheet(look, by=supervisor)
    for change in ({"state": "differs", "difference": "x"}, {"looked_by": supervisor}, {"typed_by": supervisor}):
        with pytest.raises(DatabaseError), transaction.atomic():
            Look.objects.filter(pk=look.pk).update(**change)
    with pytest.raises(DatabaseError), transaction.atomic():
        look.delete()


# --- The page -------------------------------------------------------------------------------------


def test_the_page_shows_the_photo_beside_what_was_typed(
    households: list[Household], look: Look, second_clerk: User, client_of: ClientOf
) -> None:
    client = client_of(second_clerk)
    page = client.get(f"/paper/looks/{look.pk}/").content.decode()
    assert f"/paper/looks/{look.pk}/photo/" in page and "楼道灯不亮了" in page and "申老伯" in page
    assert client.get(f"/paper/looks/{look.pk}/photo/")["Content-Type"] == "image/jpeg"
    assert client.post(f"/paper/looks/{look.pk}/", {}).status_code == 422
    unnamed = client.post(f"/paper/looks/{look.pk}/", {"verdict": "differs"})
    assert unnamed.status_code == 422 and "请写明哪里不一样" in unnamed.content.decode()
    both = client.post(f"/paper/looks/{look.pk}/", {"verdict": "alike", "difference": "少了一条"})
    assert both.status_code == 422 and "少了一条" in both.content.decode()
    client.post(f"/paper/looks/{look.pk}/", {"verdict": "alike"})
    look.refresh_from_db()
    assert (look.state, look.looked_by) == (LookState.ALIKE, second_clerk)
    wished = Wish.objects.first()
    assert wished and "另一位已对照原件" in client_of(None).get(f"/wishes/{wished.pk}/").content.decode()


@pytest.mark.parametrize("who", ["resident", "neighbour", "chief", "stranger_clerk", "cashier", "stranger_chief"])
def test_nobody_else_sees_sheet_or_page(
    look: Look, who: str, client_of: ClientOf, request: pytest.FixtureRequest
) -> None:
    client = client_of(request.getfixturevalue(who))
    for tail in ("", "photo/", "correct/"):
        assert client.get(f"/paper/looks/{look.pk}/{tail}").status_code == 403
    assert client_of(None).get(f"/paper/looks/{look.pk}/photo/").status_code == 302


def test_a_photo_that_is_gone_is_said_and_named_as_a_difference(
    look: Look, second_clerk: User, client_of: ClientOf
) -> None:
    look.sheet.stub.storage.delete(look.sheet.stub.name)
    client = client_of(second_clerk)
    page = client.get(f"/paper/looks/{look.pk}/")
    assert page.status_code == 200 and "照片打不开了" in page.content.decode()
    assert client.get(f"/paper/looks/{look.pk}/photo/").status_code == 404


def test_a_page_without_its_photo_is_not_entered(
    households: list[Household], community: Territory, clerk: User, client_of: ClientOf
) -> None:
    typed = {"lines": "101 甲居民 灯", "place": community.pk, "receipt": str(uuid4())}
    answer = client_of(clerk).post("/wishes/paper/", typed)
    assert answer.status_code == 422 and "photos" in answer.context["form"].errors
    assert "101 甲居民 灯" in answer.content.decode() and not Wish.objects.exists()


def test_a_wish_is_found_by_the_slip_that_was_left(look: Look, client_of: ClientOf) -> None:
    wished = Wish.objects.order_by("pk")[0]
    answer = client_of(None).get("/receipts/", {"number": (wished.slip_number or "").lower()})
    assert (answer.status_code, answer["Location"]) == (302, f"/wishes/{wished.pk}/")


# --- What differs ---------------------------------------------------------------------------------


def righted(**more: Any) -> dict[str, Any]:
    """The correction form of both wishes, as it is drawn."""
    typed: dict[str, Any] = {"why": "照原件改了长椅的位置"}
    for wished in Wish.objects.all():
        typed |= {f"text_{wished.pk}": wished.text, f"spot_{wished.pk}": wished.spot}
    return typed | more


def test_what_differs_is_put_right_and_looked_at_by_another_again(
    look: Look, clerk: User, second_clerk: User, resident: User, client_of: ClientOf
) -> None:
    first, second = Wish.objects.order_by("pk")
    client_of(second_clerk).post(f"/paper/looks/{look.pk}/", {"verdict": "differs", "difference": "长椅要放在凉亭"})
    assert Message.objects.get(user=clerk, event="look.asked").body == "长椅要放在凉亭"
    page = client_of(clerk).get(f"/paper/looks/{look.pk}/correct/").content.decode()
    assert "长椅要放在凉亭" in page and "想要一张长椅" in page
    nothing = client_of(clerk).post(f"/paper/looks/{look.pk}/correct/", righted(why=" "))
    assert nothing.status_code == 422
    client_of(clerk).post(f"/paper/looks/{look.pk}/correct/", righted(**{f"text_{first.pk}": "门口的灯不亮了"}))
    first.refresh_from_db()
    look.refresh_from_db()
    assert first.text == "门口的灯不亮了" and first.changes.get().text == "楼道灯不亮了"
    assert not second.changes.exists() and look.state == LookState.WAITING
    assert Message.objects.filter(user=resident, event="look.corrected").exists()
    assert "原来录的是“楼道灯不亮了”" in client_of(None).get(f"/wishes/{first.pk}/").content.decode()
    with pytest.raises(NotAllowed):
        actions.look_at_sheet(look, by=clerk)
    actions.look_at_sheet(look, by=second_clerk)


def test_who_looked_may_put_it_right_and_then_another_looks(look: Look, clerk: User, second_clerk: User) -> None:
    actions.look_at_sheet(look, difference="写的是大门口", by=second_clerk)
    first = Wish.objects.order_by("pk")[0]
    actions.correct_wishes(look, {first.pk: actions.Righted("大门口的灯不亮了")}, why="照原件", by=second_clerk)
    look.refresh_from_db()
    with pytest.raises(NotAllowed, match="自己录入的"):
        actions.look_at_sheet(look, by=second_clerk)
    actions.look_at_sheet(look, by=clerk)


def test_whose_wish_it_is_is_put_right_by_door_and_name(
    households: list[Household], look: Look, clerk: User, second_clerk: User, neighbour: User, client_of: ClientOf
) -> None:
    actions.look_at_sheet(look, difference="是102的乙邻居写的", by=second_clerk)
    first = Wish.objects.order_by("pk")[0]
    client, url = client_of(clerk), f"/paper/looks/{look.pk}/correct/"
    half = client.post(url, righted(**{f"door_{first.pk}": "102"}))
    assert half.status_code == 422 and f"name_{first.pk}" in half.context["form"].errors
    client.post(url, righted(**{f"door_{first.pk}": "102", f"name_{first.pk}": "乙邻居"}))
    first.refresh_from_db()
    assert (first.by, first.wisher_name) == (neighbour, "乙邻居")


def test_a_wisher_without_a_phone_hears_of_it_at_the_door_and_there_without_the_words(
    households: list[Household], look: Look, clerk: User, second_clerk: User
) -> None:
    person = Person.objects.get(name="申老伯")
    Residence.objects.create(person=person, household=households[6], confirmed_at=now())
    actions.look_at_sheet(look, difference="是两张", by=second_clerk)
    second = Wish.objects.order_by("pk")[1]
    actions.correct_wishes(look, {second.pk: actions.Righted("想要两张长椅")}, why="照原件", by=clerk)
    row = ToTell.objects.get(event="look.corrected")
    assert row.household == households[6] and "长椅" not in row.title + row.body


def test_a_proposal_is_put_right_by_a_new_version(
    households: list[Household], clerk: User, second_clerk: User, supervisor: User, client_of: ClientOf
) -> None:
    look = a_proposal(households, clerk, client_of)
    proposal = Proposal.objects.get()
    assert "等另一位对照原件" in client_of(None).get(f"/projects/{proposal.number}/").content.decode()
    page = client_of(second_clerk).get(f"/paper/looks/{look.pk}/").content.decode()
    assert "申老伯" in page and proposal.version.need in page
    actions.look_at_sheet(look, difference="写的是两盏灯", by=second_clerk)
    form = client_of(clerk).get(f"/paper/looks/{look.pk}/correct/").context["form"]
    typed = {bound.name: bound.value() or "" for bound in form}
    typed |= {"plan": "装两盏灯", "why": "写的是两盏", "cost": WORDS["cost"], "subsidy": WORDS["subsidy"]}
    answer = client_of(clerk).post(f"/paper/looks/{look.pk}/correct/", typed)
    assert answer.status_code == 302, answer.context["form"].errors
    proposal.refresh_from_db()
    version = proposal.versions.order_by("-number")[0]
    assert (version.number, version.plan, version.by) == (2, "装两盏灯", clerk)
    assert version.why == "照纸质原件更正：写的是两盏"
    assert Message.objects.filter(user=proposal.proposer, event="look.corrected").exists()
    actions.look_at_sheet(look, by=supervisor)


def test_what_may_not_be_changed_any_more_is_noted_for_everybody(
    households: list[Household], clerk: User, second_clerk: User, chief: User, client_of: ClientOf
) -> None:
    look = a_proposal(households, clerk, client_of)
    proposal = Proposal.objects.get()
    actions.decline(proposal, by=chief, reason="该物业负责")
    actions.look_at_sheet(look, difference="写的是两盏灯", by=second_clerk)
    look.refresh_from_db()
    assert look.state == LookState.NOTED and not Deadline.objects.open().filter(kind="paper.look").exists()
    assert "写的是两盏灯" in client_of(None).get(f"/projects/{proposal.number}/").content.decode()


def test_a_correction_that_comes_too_late_is_refused_and_nothing_changes(
    households: list[Household], clerk: User, second_clerk: User, chief: User, client_of: ClientOf
) -> None:
    look = a_proposal(households, clerk, client_of)
    proposal = Proposal.objects.get()
    actions.look_at_sheet(look, difference="写的是两盏灯", by=second_clerk)
    actions.decline(proposal, by=chief, reason="该物业负责")
    proposal.refresh_from_db()
    assert proposal.stage == Stage.DECLINED
    with pytest.raises(Refused, match="原文不能再改"):
        actions.correct_proposal(look, why="x", title="x", category="other", by=clerk, plan="两盏")
    assert proposal.versions.count() == 1
