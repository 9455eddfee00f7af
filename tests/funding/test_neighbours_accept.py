"""Who accepts where all who benefit have a hand in it: neighbours who do not benefit, named so, and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from funding import actions as funding
from funding.models import Acceptance, Panelist
from funding.selectors import panel_around, panel_residents
from minshi.clock import now
from minshi.refusals import Refused
from minshi.residents.models import Person
from minshi.territory.actions import add_households, add_place
from minshi.territory.models import Household, Territory
from proposals.models import Proposal, Stage
from tests.cast import make_resident
from tests.desk.test_scope import do_of
from tests.small import Small

pytestmark = pytest.mark.django_db
FINE = {"items": [("灯亮", True, "")], "opinion": "逐项合格，同意验收"}


@pytest.fixture
def small(request: pytest.FixtureRequest) -> Small:
    return Small(request)


@pytest.fixture
def project(small: Small) -> Proposal:
    """Done, and waiting for acceptance; both doors that benefit are the group and chose the supplier."""
    small.neighbours(5, first=4)
    return small.accepting()


def accept(small: Small, project: Proposal, residents: list[Person]) -> Acceptance:
    others = [(Person.objects.get(user=small.who(name)), side) for name, side in SEATS]
    panel = [*((person, "resident") for person in residents), *others]
    return funding.accept_work(project, panel=panel, by=small.who("supervisor"), **FINE)


SEATS = (("supervisor", "supervisor"), ("second_clerk", "other"))


def yard_of(community: Territory, name: str, doors: int) -> list[Household]:
    place = add_place(parent=community, code=f"{community.code}-{name}", name=name, level="yard", by=None)
    return add_households(place=place, addresses=[f"{door}01" for door in range(1, doors + 1)], by=None)


def test_neighbours_of_the_place_accept_and_are_named_so(small: Small, project: Proposal, client: Client) -> None:
    assert panel_around(project) == small.yard
    page = client.get(project.get_absolute_url()).content.decode()
    assert "由样板巷1号院不受益的住户补上" in page
    made = accept(small, project, small.neighbours(3, first=4))
    assert project.stage == Stage.ACCEPTED
    assert set(made.panel.filter(side="resident").values_list("neighbour_of", flat=True)) == {"样板巷1号院"}
    shown = client.get(f"/projects/{project.number}/acceptance/").content.decode()
    assert shown.count("居民（样板巷1号院的住户，不受益）") == 3
    assert made.notice and "居民（样板巷1号院的住户，不受益）" in str(made.notice.table)


@pytest.mark.parametrize("who", ["resident", "neighbour"])
def test_who_works_in_the_group_or_chose_does_not_accept_also_where_nobody_else_benefits(
    small: Small, project: Proposal, who: str
) -> None:
    member = Person.objects.get(user=small.who(who))
    with pytest.raises(Refused, match="不能"):
        accept(small, project, [*small.neighbours(2, first=4), member])


def test_whoever_benefits_and_had_no_hand_in_it_may_sit_beside_them_and_is_no_neighbour(
    small: Small, project: Proposal
) -> None:
    wife = make_resident("甲妻子", small.doors[0]).person
    assert panel_around(project) == small.yard  # one is not half a panel
    made = accept(small, project, [wife, *small.neighbours(2, first=4)])
    assert dict(made.panel.values_list("person", "neighbour_of"))[wife.pk] == ""


def test_once_enough_who_benefit_had_no_hand_in_it_no_neighbour_sits(small: Small, project: Proposal) -> None:
    free = [make_resident(f"家人{number}", door).person for number, door in enumerate((*small.doors, small.doors[0]))]
    assert panel_around(project) is None
    assert panel_residents(project, None) == {person.pk for person in free}
    with pytest.raises(Refused, match="不是受益住户"):
        accept(small, project, [*free[:2], *small.neighbours(1, first=4)])
    made = accept(small, project, free)
    assert "居民从哪里来" not in dict(made.notice.table)  # type: ignore[union-attr]


def test_a_minor_an_unconfirmed_newcomer_and_a_stranger_do_not_sit(
    small: Small, project: Proposal, stranger: Any
) -> None:
    small.neighbours(3, first=4)
    door = small.households[8]
    others = [
        make_resident("丑孩子", door, adult=False).person,
        make_resident("寅新来", door, confirmed=False).person,
        stranger.person,
    ]
    for person in others:
        with pytest.raises(Refused, match="不是住在样板巷1号院的成年居民"):
            accept(small, project, [*small.neighbours(2, first=4), person])


def test_where_the_place_has_nobody_either_the_next_around_it_is_asked(
    small: Small, community: Territory, other_community: Territory, street: Territory
) -> None:
    project = small.accepting()
    assert panel_around(project) != small.yard  # nobody else of the yard is in the register but the chief
    far = [make_resident(f"远邻{door.pk}", door).person for door in yard_of(community, "样板巷2号院", 3)]
    assert panel_around(project) == community
    with pytest.raises(Refused, match="不是住在一社区的成年居民"):
        stranger = make_resident("外人", yard_of(other_community, "远处路8号院", 1)[0]).person
        accept(small, project, [*far[:2], stranger])
    made = accept(small, project, far)
    assert dict(made.notice.table)["验收组"].count("居民（一社区的住户，不受益）") == 3  # type: ignore[union-attr]


def insert(acceptance: Acceptance, person: Person, neighbour_of: str) -> tuple[str, list[object]]:
    sql = """INSERT INTO funding_panelist (acceptance_id, person_id, name_public, side, neighbour_of)
        VALUES (%s, %s, '某*', 'resident', %s)"""
    return sql, [acceptance.pk, person.pk, neighbour_of]


def test_the_database_asks_the_same(small: Small, project: Proposal, refused_sql: Any, stranger: Any) -> None:
    near = small.neighbours(5, first=4)
    with transaction.atomic():  # the panel is never whole: taken back
        acceptance = Acceptance.objects.create(
            proposal=project,
            contract=project.contracts.get(),
            round=1,
            held_on=now().date(),
            passed=False,
            opinion="不合格",
            recorded_by=small.who("supervisor"),
        )
        member = Person.objects.get(user=small.who("neighbour"))
        sql, facts = insert(acceptance, member, "样板巷1号院")
        refused_sql("carried the project out", sql, *facts)
        sql, facts = insert(acceptance, stranger.person, "样板巷1号院")
        refused_sql("does not live where", sql, *facts)
        sql, facts = insert(acceptance, near[0], "")
        refused_sql("is not named as what they sit for", sql, *facts)
        Panelist.objects.create(
            acceptance=acceptance, person=near[0], side="resident", name_public="某*", neighbour_of="样板巷1号院"
        )
        for door in (*small.doors, small.doors[0]):
            make_resident("家人", door)
        sql, facts = insert(acceptance, near[1], "样板巷1号院")
        refused_sql("does not live where", sql, *facts)
        transaction.set_rollback(True)


def test_the_desk_asks_for_neighbours_by_door_and_name_and_lays_no_register_open(
    small: Small, project: Proposal, client_of: Any
) -> None:
    doors = small.households[9:]
    near = [make_resident(name, door).person for name, door in zip(("张甲", "李乙", "王丙"), doors, strict=True)]
    client = client_of(small.who("supervisor"))
    page = do_of(project.purse, "accept")
    text = client.get(page).content.decode()
    assert "附近不受益的居民" in text and "由样板巷1号院不受益的住户补上" in text
    assert not any(person.name in text for person in near)
    second = Person.objects.get(user=small.who("second_clerk"))
    sent = {
        "held_on": now().date().isoformat(),
        "neighbours": "\n".join(f"{person.household.address} {person.name}" for person in near if person.household),
        "supervisors": Person.objects.get(user=small.who("supervisor")).pk,
        "others": second.pk,
        "opinion": "逐项合格",
        "item_1": "灯亮",
        "passed_1": "yes",
    }
    wrong = client.post(page, sent | {"neighbours": "201 没这个人"})
    assert wrong.status_code == 422 and "没有登记过叫这个名字的成年住户" in wrong.content.decode()
    nowhere = client.post(page, sent | {"neighbours": "9901 张三"})
    assert "样板巷1号院里没有找到这一户" in nowhere.content.decode()
    assert client.post(page, sent).status_code == 302
    assert Acceptance.objects.get().panel.filter(neighbour_of="样板巷1号院").count() == 3


def test_where_enough_benefit_the_desk_does_not_ask_for_neighbours(way: Any, client_of: Any) -> None:
    project = way.accepting()
    way.neighbours(4, first=5)
    text = client_of(way.who("supervisor")).get(do_of(project.purse, "accept")).content.decode()
    assert "附近不受益的居民" not in text
