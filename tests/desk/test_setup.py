"""The first officer sees what an office needs, what is missing and where it is done; what stands is ticked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from importlib import import_module
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from PIL import Image

from minshi.accounts.models import User
from minshi.clock import now, today
from minshi.desk import setup
from minshi.disclosure.actions import record_posting
from minshi.disclosure.models import Notice
from minshi.notifications.models import Outbox, TextTrial
from minshi.notifications.sealing import unseal
from minshi.policy import actions as policy
from minshi.policy import selectors
from minshi.policy.models import Setting
from minshi.refusals import NotAllowed, Refused
from minshi.residents.models import Role, RoleGrant
from minshi.territory.actions import add_place
from minshi.territory.models import Household, Territory
from proposals import actions as proposals
from proposals.models import Draft, Wish
from tests.cast import grant
from tests.conftest import Clock
from tests.meanwhile import meanwhile
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


@pytest.fixture
def not_open(community: Territory) -> Territory:
    Territory.objects.filter(pk=community.pk).update(opened_at=None)
    community.refresh_from_db()
    return community


def missing(place: Territory) -> list[str]:
    return [line.title for line in setup.lines_of(place) if not line.stands]


def test_an_empty_district_names_all_it_needs_and_where(
    client_of: ClientOf, district: Territory, district_officer: User
) -> None:
    page = client_of(district_officer).get(setup.page_of(district)).content.decode()
    assert {"工作人员", "办公电话和机构代码", "试发短信", "本区的规则参数", "报警试发"} <= set(missing(district))
    assert f"还缺 {len(missing(district))} 项" in page and "还没有人：区财政" in page
    for line in setup.lines_of(district):
        if not line.stands and line.url:
            assert line.url in page
            assert client_of(district_officer).get(line.url).status_code == 200, line
    assert setup.page_of(district) in client_of(district_officer).get("/admin/").content.decode()


def test_a_community_is_led_from_staff_to_the_first_notice(
    client_of: ClientOf, community: Territory, clerk: User, street: Territory, case_officer: User
) -> None:
    assert missing(community) == ["工作人员", "试发短信", "门牌", "楼栋长、十户长", "公示栏"]
    page = client_of(clerk).get(setup.page_of(community)).content.decode()
    assert "/admin/intake/intake/add/" in page
    above = client_of(case_officer).get(setup.page_of(street)).content.decode()
    assert setup.page_of(community) in above and re.search(r"缺 [^<]*居务监督[^<]*门牌", above)


def test_what_stands_is_ticked(
    community: Territory, household: Household, chief: User, clerk: User, supervisor: User, party: User
) -> None:
    texted(community, clerk)
    assert missing(community) == ["公示栏"]
    assert missing(Territory(pk=community.pk, path=community.path, level_id="community"))[0] == "办公电话和机构代码"
    (posts,) = RoleGrant.objects.filter(user=chief)
    RoleGrant.objects.filter(pk=posts.pk).update(until=today())
    assert missing(community) == ["楼栋长、十户长", "公示栏"]
    grant(chief, Role.CHIEF, household.place)
    assert missing(community) == ["公示栏"]


def test_a_neighbours_list_is_not_shown(client_of: ClientOf, community: Territory, stranger_clerk: User) -> None:
    assert client_of(stranger_clerk).get(setup.page_of(community)).status_code == 404


def test_a_yard_has_no_list(client_of: ClientOf, yard: Territory, clerk: User) -> None:
    assert client_of(clerk).get(setup.page_of(yard)).status_code == 404


def test_the_district_confirms_what_nobody_has_ruled_on_at_once(
    district: Territory, street: Territory, district_officer: User, case_officer: User
) -> None:
    day = today()
    policy.set_value("confirm.days", district, 2, since=day, source="区〔2026〕1号", by=district_officer)
    for place, user in ((district, case_officer), (street, case_officer)):
        with pytest.raises(NotAllowed):
            policy.confirm_defaults(place, since=day, source="区〔2026〕2号", by=user)
    with pytest.raises(Refused):
        policy.confirm_defaults(district, since=day, source=" ", by=district_officer)
    policy.confirm_defaults(district, since=day, source="区〔2026〕2号", by=district_officer)
    assert "本区的规则参数" not in missing(district)
    assert selectors.value("confirm.days", district) == 2
    confirmed = Setting.objects.filter(place=district, source="区〔2026〕2号")
    assert confirmed.count() == len(selectors.rules_of(district)) - 1
    with pytest.raises(Refused, match="没有要确认"):
        policy.confirm_defaults(district, since=day, source="区〔2026〕3号", by=district_officer)
    other = add_place(parent=district.parent, code="990199", name="别区", level="district", by=None)
    assert "本区的规则参数" in missing(other)


def texted(place: Territory, user: User) -> TextTrial:
    sent = setup.try_text(place, by=user)
    return setup.text_came(place, code=sent.code, by=user)


def test_a_text_is_tried_by_the_outbox_and_stands_once_it_has_arrived(
    client_of: ClientOf, street: Territory, case_officer: User, stranger_clerk: User
) -> None:
    desk, at = client_of(case_officer), f"/admin/territory/territory/{street.pk}/do/"
    shown = desk.get(f"{at}try-text/").content.decode()
    assert "发到" in shown and (case_officer.phone or "")[-4:] in shown and (case_officer.phone or "") not in shown
    early = desk.get(f"{at}text-came/")
    assert early.status_code == 403 and "请先" in early.content.decode()
    assert "text-came" not in desk.get(f"/admin/territory/territory/{street.pk}/change/").content.decode()
    assert desk.post(f"{at}try-text/").status_code == 302
    trial = TextTrial.objects.get()
    waiting = Outbox.objects.get(pk=trial.text)
    assert (waiting.phone, waiting.state) == (case_officer.phone, Outbox.State.OPEN)
    assert trial.code in unseal(waiting.sealed)
    assert "还没有发出去" in desk.get(setup.page_of(street)).content.decode()
    assert "请过一分钟" in desk.post(f"{at}try-text/").content.decode()
    Outbox.objects.filter(pk=waiting.pk).update(state=Outbox.State.SENT, sent_at=now())
    assert "还没有登记收到" in desk.get(setup.page_of(street)).content.decode()
    wrong = desk.post(f"{at}text-came/", {"code": f"{(int(trial.code) + 1) % 10000:04}"})
    assert wrong.status_code == 422 and "和短信里的不一样" in wrong.content.decode()
    assert desk.post(f"{at}text-came/", {"code": trial.code}).status_code == 302
    assert "试发短信" not in missing(street)
    with pytest.raises(NotAllowed):
        setup.try_text(street, by=stranger_clerk)


def announced(community: Territory, clerk: User) -> None:
    notice = setup.announce_opening(community, by=clerk)
    shown = BytesIO()
    Image.new("RGB", (64, 48), "white").save(shown, "PNG")
    record_posting(notice, SimpleUploadedFile("board.png", shown.getvalue(), "image/png"), where="院门口", by=clerk)


def test_it_opens_when_its_list_is_complete_and_says_what_is_missing(
    not_open: Territory, household: Household, chief: User, clerk: User, supervisor: User, party: User
) -> None:
    with pytest.raises(Refused, match="公示栏"):
        setup.open_for_residents(not_open, by=clerk)
    texted(not_open, clerk)
    announced(not_open, clerk)
    assert missing(not_open) == []
    setup.open_for_residents(not_open, by=clerk)
    not_open.refresh_from_db()
    assert not_open.opened_at is not None
    with pytest.raises(Refused, match="已经开通"):
        setup.open_for_residents(not_open, by=clerk)


def test_before_that_nobody_wishes_or_proposes_and_what_was_typed_stays(
    client_of: ClientOf, not_open: Territory, yard: Territory, resident: User
) -> None:
    text = "楼道的灯坏了"
    answer = client_of(resident).post("/wishes/new/", {"text": text, "place": yard.pk, "category": "safety"})
    assert answer.status_code == 422
    assert "这个社区还没有开通" in answer.text and text in answer.text
    assert not Wish.objects.exists()


@pytest.mark.parametrize("page", ["/projects/drafts/", "/projects/propose/", "/wishes/new/"])
def test_it_is_said_at_the_first_step_and_not_at_the_last(
    client_of: ClientOf, not_open: Territory, resident: User, page: str
) -> None:
    answer = client_of(resident).get(page)
    assert f"{not_open.name}还没有开通" in answer.text and 'name="need"' not in answer.text
    assert 'name="text"' not in answer.text and not_open.phone in answer.text


def test_what_was_typed_at_the_first_step_stays(client_of: ClientOf, not_open: Territory, resident: User) -> None:
    answer = client_of(resident).post("/projects/drafts/", {"title": "修路灯", "need": "晚上看不清路"})
    assert answer.status_code == 422
    assert "这个社区还没有开通" in answer.text and "晚上看不清路" in answer.text
    assert not Draft.objects.exists()


def test_the_database_refuses_it_too(way: Way, not_open: Territory) -> None:
    with pytest.raises(Refused, match="还没有开通"):
        way.submitted()


def test_others_do_not_open_it(community: Territory, stranger_clerk: User, approver: User, chief: User) -> None:
    for user in (stranger_clerk, approver, chief):
        for act in (setup.announce_opening, setup.open_for_residents):
            with pytest.raises(NotAllowed):
                act(community, by=user)


@pytest.mark.django_db(transaction=True)
def test_two_who_announce_at_once_post_one_notice(not_open: Territory, clerk: User, second_clerk: User) -> None:
    with transaction.atomic():
        setup.announce_opening(not_open, by=clerk)
        other = meanwhile(lambda: setup.announce_opening(not_open, by=second_clerk))
    with pytest.raises(Refused, match="已经有公示"):
        other.result()
    assert Notice.objects.filter(place=not_open).count() == 1


# --- Older databases ---------------------------------------------------------------------------------


def opened_by_the_upgrade(community: Territory) -> datetime | None:
    with connection.cursor() as cursor:
        cursor.execute(import_module("proposals.migrations.0026_open_in_use").IN_USE)
    community.refresh_from_db()
    return community.opened_at


def test_an_older_community_that_knows_only_paper_is_opened_as_of_its_first_wish(
    way: Way, community: Territory, clerk: User
) -> None:
    text = {"text": "想要一张长椅", "category": "other", "wisher_name": "丙居民", "channel": "paper"}
    wished = proposals.wish(place=way.yard, by=clerk, **text)
    Territory.objects.filter(pk=community.pk).update(opened_at=None)
    assert opened_by_the_upgrade(community) == wished.at


def test_an_older_community_is_opened_by_its_chief_and_one_that_is_set_up_by_its_list(
    not_open: Territory, yard: Territory, neighbour: User, clock: Clock
) -> None:
    grant(neighbour, Role.CHIEF, yard)
    assert opened_by_the_upgrade(not_open) is None
    clock.move(days=-3000)
    long_ago = RoleGrant.objects.create(user=neighbour, role=Role.TEN_CHIEF, place=yard, since="2018-01-01")
    long_ago.refresh_from_db()
    assert opened_by_the_upgrade(not_open) == long_ago.granted_at
