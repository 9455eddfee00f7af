"""That somebody moved out is said by themselves, by their household, by the chief or by the clerk; they hear of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.notifications.models import Message, Outbox
from minshi.refusals import NotAllowed
from minshi.residents import actions
from minshi.residents.models import Residence
from minshi.territory.models import Household
from tests.cast import home_of, make_resident

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
HOUSEHOLD = "/represent/"


@pytest.fixture
def member(household: Household) -> User:
    """Of the resident's door, who represents it."""
    return make_resident("申同住", household)


def lives_there(user: User) -> bool:
    return Residence.objects.current().filter(person__user=user).exists()


def test_who_represents_a_household_says_that_a_member_moved_out(
    resident: User, member: User, client_of: ClientOf
) -> None:
    home, client = home_of(member), client_of(resident)
    page = client.get(HOUSEHOLD).content.decode()
    assert "同一户还登记了谁" in page and "申同住" not in page, "masked within the household, too"
    assert client.post(HOUSEHOLD, {"what": "gone", "home": str(home.pk)}).status_code == 302
    assert not lives_there(member)
    told = Message.objects.get(user=member, event="residence.ended")
    assert "同户的人" in told.body and told.url == "/join/"
    assert Outbox.objects.filter(message=told).exists()
    again = client.post(HOUSEHOLD, {"what": "gone", "home": str(home.pk)})
    assert again.status_code == 422 and "已经登记搬走了" in again.content.decode()


def test_nobody_moves_the_representative_out_nor_past_them(
    resident: User, member: User, neighbour: User, household: Household
) -> None:
    minor = make_resident("酉少年", household, adult=False)
    claimed = make_resident("戌未确认", household, confirmed=False)
    for who, whom in (
        (member, resident),  # the representative
        (member, minor),  # the representative says so
        (minor, member),
        (claimed, member),
        (neighbour, member),
        (resident, resident),
    ):
        with pytest.raises(NotAllowed):
            actions.gone(home_of(whom), by=User.objects.get(pk=who.pk))
    assert all(map(lives_there, (resident, member, minor)))


def test_who_is_not_confirmed_is_judged_by_the_chief_and_not_by_the_household(
    resident: User, household: Household, client_of: ClientOf
) -> None:
    """Whoever already lives there cannot keep another from being confirmed, again and again."""
    claimed = make_resident("戌未确认", household, confirmed=False)
    answer = client_of(resident).post(HOUSEHOLD, {"what": "gone", "home": str(home_of(claimed).pk)})
    assert answer.status_code in (403, 422) and "还没有确认过" in answer.content.decode()
    assert lives_there(claimed)


def test_where_nobody_represents_any_adult_of_the_door_says_so(households: list[Household]) -> None:
    one, other = make_resident("亥甲", households[6]), make_resident("亥乙", households[6])
    actions.gone(home_of(other), by=one)
    assert not lives_there(other) and lives_there(one)


def test_a_chief_says_so_on_the_page_of_whom_they_found(
    chief: User, member: User, stranger_chief: User, client_of: ClientOf
) -> None:
    url = f"/residents/find/{home_of(member).pk}/"
    assert client_of(stranger_chief).post(url, {"sure": "on"}).status_code == 404
    client = client_of(chief)
    assert client.post(url, {}).status_code == 422 and lives_there(member)
    assert client.post(url, {"sure": "on"})["Location"] == "/residents/find/"
    assert not lives_there(member)
    assert "楼栋长" in Message.objects.get(user=member, event="residence.ended").body


def test_nobody_finds_that_button_on_their_own_page(chief: User, client_of: ClientOf) -> None:
    url = f"/residents/find/{home_of(chief).pk}/"
    assert "登记搬走" not in client_of(chief).get(url).content.decode()
    assert client_of(chief).post(url, {"sure": "on"}).status_code in (403, 422) and lives_there(chief)
