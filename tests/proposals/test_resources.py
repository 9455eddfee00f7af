"""能人库 and 资源库: offered, confirmed by another, asked for through the platform; nobody's number is told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from evaluation.report import report_of
from minshi import clock as platform_clock
from minshi.accounts.models import User
from minshi.deadlines.actions import sweep
from minshi.deadlines.models import Deadline
from minshi.desk.views import others_work
from minshi.mydata import actions as mydata
from minshi.notifications.models import Message
from minshi.refusals import NotAllowed, Refused
from proposals import actions, selectors
from proposals.models import RequestStage, Resource, ResourceRequest, ResourceStage
from tests.conftest import Clock
from tests.desk.test_scope import do_of
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
OFFER = {"kind": "skill", "title": "会修自行车", "times": "周六上午", "category": "convenience"}


@pytest.fixture(autouse=True)
def _home(settings: Any) -> None:
    settings.HOME_PLACE = "990101"


@pytest.fixture
def offered(way: Way, neighbour: User) -> Resource:
    return actions.offer(place=way.yard, by=neighbour, **OFFER)


@pytest.fixture
def listed(offered: Resource, clerk: User) -> Resource:
    actions.confirm_resource(offered, by=clerk)
    return offered


@pytest.fixture
def asked(listed: Resource, resident: User) -> ResourceRequest:
    return actions.ask_resource(listed, text="链条掉了", by=resident)


def told(user: User) -> list[str]:
    return list(Message.objects.filter(user=user).order_by("-id").values_list("title", flat=True))


def unit_of(way: Way, clerk: User, second_clerk: User, name: str = "演示小学") -> Resource:
    facts = {"kind": "facility", "title": "操场周末开放", "times": "周末", "unit": name}
    made = actions.offer(place=way.yard, by=clerk, offerer_name="演示联系人", contact="13812345678", **facts)
    actions.confirm_resource(made, by=second_clerk)
    return made


def test_what_a_resident_offers_is_read_by_others_once_the_community_confirmed_it(
    way: Way, client_of: ClientOf, client: Client, neighbour: User, clerk: User
) -> None:
    sent = {**OFFER, "place": way.yard.pk, "about": "自带工具，电话13812345678"}
    url = client_of(neighbour).post("/resources/offer/", sent)["Location"]
    assert client.get(url).status_code == 404 and "会修自行车" not in client.get("/resources/").content.decode()
    assert "等社区确认" in client_of(neighbour).get(url).content.decode()
    assert told(clerk)[0] == "请确认能人和资源：会修自行车"
    offered = Resource.objects.get()
    client_of(clerk).post(do_of(offered, "confirm"), {"answer": ""})
    assert told(neighbour)[0] == "已经入库：会修自行车"
    for page in (client.get(url).content.decode(), client.get("/resources/").content.decode()):
        assert "会修自行车" in page and "一位居民" in page
        assert "13812345678" not in page and "居民甲" not in page


def test_what_was_typed_is_kept_where_something_is_missing(way: Way, client_of: ClientOf, neighbour: User) -> None:
    answer = client_of(neighbour).post("/resources/offer/", {**OFFER, "place": way.yard.pk, "kind": "facility"})
    page = answer.content.decode()
    assert answer.status_code == 422 and "请写是哪个单位开放的" in page and "周六上午" in page
    assert not Resource.objects.exists()


def test_who_is_not_confirmed_anywhere_offers_nothing(client_of: ClientOf, city: Any) -> None:
    stranger = User.objects.create_user("13800000999")
    assert 'name="title"' not in client_of(stranger).get("/resources/offer/").content.decode()


def test_the_same_offer_twice_is_one(way: Way, offered: Resource, neighbour: User) -> None:
    assert actions.offer(place=way.yard, by=neighbour, **OFFER) == offered


def test_nobody_confirms_what_they_offered_or_wrote_down(way: Way, clerk: User, second_clerk: User) -> None:
    facts = {"kind": "venue", "title": "活动室", "times": "晚上", "offerer_name": "丙居民", "contact": "楼下小卖部"}
    made = actions.offer(place=way.yard, by=clerk, **facts)
    with pytest.raises(NotAllowed):
        actions.confirm_resource(made, by=clerk)
    with pytest.raises(IntegrityError), transaction.atomic():
        Resource.objects.filter(pk=made.pk).update(confirmed_by=clerk)
    actions.confirm_resource(made, by=second_clerk)
    assert made.stage == ResourceStage.LISTED


def test_what_the_only_clerk_wrote_down_is_on_the_streets_desk_at_once(
    way: Way, clerk: User, case_officer: User
) -> None:
    facts = {"kind": "venue", "title": "活动室", "times": "晚上", "offerer_name": "丙居民", "contact": "楼下小卖部"}
    made = actions.offer(place=way.yard, by=clerk, **facts)
    waits = Deadline.objects.tasks().of(made).get()
    assert (waits.role, waits.due) == ("case_officer", made.due_at)
    assert told(case_officer) == ["请确认能人和资源：活动室"] and told(clerk) == []
    actions.confirm_resource(made, by=case_officer)
    assert made.stage == ResourceStage.LISTED


def test_what_nobody_confirms_climbs_and_is_asked_for_again(
    offered: Resource, case_officer: User, clock: Clock
) -> None:
    for role in ("case_officer", "case_officer"):
        due = Deadline.objects.of(offered).open().get()
        platform_clock.set_to((due.wakes_at or due.due) + timedelta(seconds=1))
        sweep()
        offered.refresh_from_db()
        assert offered.holder_role == role
    assert told(case_officer)[:2] == ["逾期没有确认：会修自行车", "下一级逾期，请确认能人和资源：会修自行车"]


def test_what_is_not_let_in_says_why_to_whoever_offered_it(offered: Resource, clerk: User, neighbour: User) -> None:
    with pytest.raises(Refused):
        actions.decline_resource(offered, reason=" ", by=clerk)
    actions.decline_resource(offered, reason="店里在收钱，是生意", by=clerk)
    assert told(neighbour)[0] == "没有入库：会修自行车" and offered.due_at is None


def test_a_neighbour_asks_and_the_offerer_answers_and_no_number_is_told(
    listed: Resource, client_of: ClientOf, resident: User, neighbour: User, clerk: User
) -> None:
    asking = {"text": "链条掉了，电话13812345678"}
    url = client_of(resident).post(f"/resources/{listed.pk}/ask/", asking)["Location"]
    assert url in client_of(neighbour).get("/mine/").content.decode()
    assert "13812345678" not in client_of(neighbour).get(url).content.decode()
    assert client_of(clerk).get(url).status_code == 404
    refused = client_of(neighbour).post(url, {"agrees": "yes", "answer": " "})
    assert refused.status_code == 422
    client_of(neighbour).post(url, {"agrees": "yes", "answer": "周六九点院门口，13887654321"})
    page = client_of(resident).get(url).content.decode()
    assert "周六九点院门口" in page and "13887654321" not in page
    assert told(resident)[0] == "对方同意了：会修自行车"
    listed.refresh_from_db()
    assert listed.helped == 1
    assert url not in client_of(neighbour).get("/mine/").content.decode()


def test_one_asks_for_one_thing_once_and_never_for_ones_own(
    asked: ResourceRequest, client_of: ClientOf, resident: User, neighbour: User
) -> None:
    again = client_of(resident).post(f"/resources/{asked.resource_id}/ask/", {"text": "还有一辆"})
    assert again.status_code == 422 and "正在等答复" in again.content.decode()
    own = client_of(neighbour).post(f"/resources/{asked.resource_id}/ask/", {"text": "给我自己"})
    assert own.status_code == 422 and ResourceRequest.objects.count() == 1


def test_what_the_offerer_does_not_answer_goes_to_the_community_and_then_up(
    asked: ResourceRequest, clerk: User, neighbour: User, case_officer: User, client_of: ClientOf, clock: Clock
) -> None:
    assert asked.due_at and asked.holder_role == "offerer"
    platform_clock.set_to(asked.due_at)
    sweep()
    asked.refresh_from_db()
    assert asked.holder_role == "clerk" and told(clerk)[0] == "提供人没有答复，请去问一问：会修自行车"
    client_of(clerk).post(do_of(asked, "agree"), {"answer": "问过了，周日可以"})
    asked.refresh_from_db()
    assert asked.stage == RequestStage.AGREED


def test_for_who_wrote_it_on_paper_the_community_is_asked_and_alone_sees_the_number(
    way: Way, client: Client, client_of: ClientOf, clerk: User, second_clerk: User, resident: User
) -> None:
    made = unit_of(way, clerk, second_clerk)
    asked = actions.ask_resource(made, text="开运动会", by=resident)
    assert asked.holder_role == "clerk" and told(clerk)[0] == "有人找您帮忙：操场周末开放"
    assert "13812345678" in client_of(clerk).get(do_of(asked, "agree")).content.decode()
    for who in (client, client_of(resident)):
        page = who.get(made.get_absolute_url()).content.decode()
        assert "演示小学" in page and "13812345678" not in page and "演示联系人" not in page
    assert "13812345678" not in client_of(resident).get(asked.page()).content.decode()


def test_what_two_residents_say_to_one_another_nobody_at_a_desk_reads(
    asked: ResourceRequest, client_of: ClientOf, clerk: User, neighbour: User
) -> None:
    """Whoever answers is told that the one who asked reads it alone."""
    desk, listed = client_of(clerk), "/admin/proposals/resourcerequest/"
    assert "链条掉了" not in desk.get(listed).content.decode()
    assert "链条掉了" not in desk.get(f"{listed}{asked.pk}/change/", follow=True).content.decode()
    actions.climb_request(asked, by=None)
    assert "链条掉了" in desk.get(listed).content.decode()
    actions.answer_request(asked, agrees=True, answer="周六来我家", by=neighbour)
    assert "周六来我家" not in desk.get(f"{listed}{asked.pk}/change/", follow=True).content.decode()


def test_whoever_offers_is_not_given_away_by_name_or_door(way: Way, neighbour: User, clerk: User) -> None:
    """The neighbour lives at 102."""
    own = actions.offer(place=way.yard, by=neighbour, **OFFER, unit="乙邻居修车铺", about="到102室来找我")
    assert own.unit == "乙*居修车铺" and "102" not in own.about
    facts = {"kind": "venue", "title": "活动室", "times": "晚上", "offerer_name": "丙二", "contact": "楼下小卖部"}
    assert "丙二" not in actions.offer(place=way.yard, by=clerk, unit="丙二棋牌室", **facts).unit


def test_how_whoever_offers_is_reached_is_read_by_whoever_asks_them_alone(
    way: Way, client_of: ClientOf, clerk: User, second_clerk: User, supervisor: User
) -> None:
    """Supervisors are neighbours, too."""
    made = unit_of(way, clerk, second_clerk)
    url = f"/admin/proposals/resource/{made.pk}/change/"
    assert "13812345678" in client_of(clerk).get(url).content.decode()
    page = client_of(supervisor).get(url).content.decode()
    assert "操场周末开放" in page and "13812345678" not in page and "演示联系人" not in page


def test_taking_it_back_tells_who_still_waits(
    asked: ResourceRequest, client_of: ClientOf, client: Client, neighbour: User, resident: User
) -> None:
    url = asked.resource.get_absolute_url()
    assert client_of(resident).post(f"{url}withdraw/").status_code == 403
    client_of(neighbour).post(f"{url}withdraw/")
    asked.refresh_from_db()
    assert asked.stage == RequestStage.REFUSED and told(resident)[0] == "已经撤下，请找别的：会修自行车"
    assert "已经撤下" in client.get(url).content.decode()
    assert "会修自行车" not in client.get("/resources/").content.decode()


def test_the_community_takes_off_what_is_no_more(asked: ResourceRequest, clerk: User, neighbour: User) -> None:
    actions.take_off(asked.resource, reason="搬走了", by=clerk)
    assert told(neighbour)[0] == "社区撤下了：会修自行车"
    with pytest.raises(Refused):
        actions.ask_resource(asked.resource, text="再问", by=clerk)


def test_whoever_asked_needs_it_no_more(asked: ResourceRequest, client_of: ClientOf, resident: User) -> None:
    client_of(resident).post(f"{asked.page()}cancel/")
    asked.refresh_from_db()
    assert asked.stage == RequestStage.CANCELLED


def test_the_list_is_filtered_by_kind_place_and_words(
    way: Way, listed: Resource, client: Client, clerk: User, second_clerk: User
) -> None:
    unit_of(way, clerk, second_clerk)
    for asked, found in (
        ({"kind": "facility"}, "操场"),
        ({"q": "操场"}, "操场"),
        ({"q": "场"}, "操场"),
        ({"kind": "skill", "place": way.yard.code}, "自行车"),
    ):
        page = client.get("/resources/", asked).content.decode()
        assert ("操场周末开放" in page, "会修自行车" in page) == (found == "操场", found == "自行车"), asked
    for odd in ("%", "'", "x" * 500):
        assert client.get("/resources/", {"q": odd, "kind": odd, "place": way.yard.code}).status_code == 200


def test_what_may_help_is_shown_to_whoever_proposed_and_to_whoever_answers(
    way: Way, listed: Resource, client_of: ClientOf, resident: User, clerk: User
) -> None:
    assert selectors.helping(way.yard, "自行车棚漏雨", "other") == [listed]
    assert selectors.helping(way.yard, "楼道太黑", "safety") == []
    proposal = way.submitted(title="搭一个自行车棚", by=resident)
    page = client_of(resident).get(f"/projects/{proposal.number}/submitted/").content.decode()
    assert "社区里也许帮得上的" in page and "会修自行车" in page
    wished = actions.wish(place=way.yard, text="想有人修自行车", by=resident)
    assert "会修自行车（一位居民）" in client_of(clerk).get(do_of(wished, "claim")).content.decode()


def test_the_yearly_line_counts_units_that_opened_a_facility(way: Way, clerk: User, second_clerk: User) -> None:
    first = unit_of(way, clerk, second_clerk)
    unit_of(way, clerk, second_clerk, "演示图书馆")
    year = platform_clock.now().year
    assert "2 家公共单位开放了服务设施" in report_of(way.yard, year).line
    assert "开放了服务设施" not in report_of(way.yard, year - 1).line
    actions.take_off(first, reason="修缮", by=second_clerk)
    assert "1 家公共单位开放了服务设施" in report_of(way.yard).line
    assert "2 家公共单位开放了服务设施" in report_of(way.yard, year).line


def test_who_closes_an_account_offers_and_asks_no_more(asked: ResourceRequest, neighbour: User, resident: User) -> None:
    mydata.close(by=neighbour)
    asked.refresh_from_db()
    asked.resource.refresh_from_db()
    assert (asked.stage, asked.resource.stage) == (RequestStage.REFUSED, ResourceStage.WITHDRAWN)
    assert told(resident)[0] == "已经撤下，请找别的：会修自行车"


def test_on_the_desk_what_one_took_in_is_anothers_to_confirm(way: Way, clerk: User, second_clerk: User) -> None:
    facts = {"kind": "skill", "title": "会修自行车", "times": "周六", "offerer_name": "甲居民", "contact": "社区有"}
    offered = actions.offer(place=way.yard, by=clerk, **facts)
    waits = Deadline.objects.of(offered).open()
    assert waits.filter(others_work(clerk)).exists() and not waits.filter(others_work(second_clerk)).exists()
