"""What staff do at the desk: each action a form with its facts, its refusals beside the fields, nothing lost."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from minshi.accounts.models import User
from minshi.audit.models import Event
from minshi.clock import today
from minshi.desk.records import EventAdmin
from minshi.disclosure import actions as disclosure
from minshi.policy.models import Parameter
from minshi.policy.selectors import value
from minshi.residents import actions as residents
from minshi.residents.models import Role, RoleGrant
from minshi.territory.models import Household, Territory
from proposals import actions
from proposals.models import Stage, WishStage
from tests.cast import home_of, make_resident
from tests.desk.test_scope import do_of, page_of
from tests.way import Way, a_picture, wait_until_over

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def test_a_climbed_review_is_given_at_the_desk(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.submitted()
    client = client_of(clerk)
    assert client.get(do_of(proposal, "pass-review")).status_code == 403  # still the chief's
    wait_until_over(proposal)
    page = client_of(clerk).get(do_of(proposal, "decline")).content.decode()
    assert "晚上看不清路" in page and "20,000.00 元" in page
    answer = client_of(clerk).post(do_of(proposal, "decline"), {"reason": " "})
    assert answer.status_code == 422
    client_of(clerk).post(do_of(proposal, "decline"), {"reason": "该物业负责"})
    proposal.refresh_from_db()
    assert proposal.stage == Stage.DECLINED


@pytest.mark.walked("announced", "clerk")
def test_a_gate_that_is_closed_says_what_it_waits_for(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.announced()
    answer = client_of(clerk).post(do_of(proposal, "open-handling"))
    assert answer.status_code == 422
    assert "才结束" in answer.content.decode()


def test_the_case_officer_accepts_with_a_plan(way: Way, client_of: ClientOf, case_officer: User, clerk: User) -> None:
    proposal = way.handling(tier=2)
    assert client_of(clerk).get(do_of(proposal, "accept")).status_code == 403
    client_of(case_officer).post(do_of(proposal, "accept"), {"reason": "下周进场"})
    proposal.refresh_from_db()
    assert proposal.stage == Stage.RAISING


def test_handing_back_works_once(way: Way, client_of: ClientOf, case_officer: User, clerk: User) -> None:
    proposal = way.handling(tier=2)
    client_of(case_officer).post(do_of(proposal, "hand-back"), {"reason": "社区能办"})
    client_of(clerk).post(do_of(proposal, "escalate"), {"reason": "办不了，请街道"})
    answer = client_of(case_officer).post(do_of(proposal, "hand-back"), {"reason": "还是社区办"})
    assert answer.status_code == 403
    page = answer.content.decode()
    assert "只能退单 1 次" in page and "还是社区办" in page


def test_a_sheet_of_signatures_is_entered(way: Way, client_of: ClientOf, clerk: User) -> None:
    proposal = way.cosigning(households=40)
    client = client_of(clerk)
    assert "拍下整张签名册" in client.get(do_of(proposal, "cosign-on-paper")).content.decode()
    doors = "\n".join(door.address for door in way.households[:2])
    client.post(do_of(proposal, "cosign-on-paper"), {"photos": a_picture(), "doors": doors})
    assert (proposal.cosigns.unread().count(), proposal.cosigns.counted().count()) == (2, 0)


@pytest.mark.parametrize(
    ("step", "stage"),
    [
        ("claim", WishStage.CLAIMED),
        ("hand-over", WishStage.HANDED),
        ("fulfil", WishStage.SAID),
        ("decline", WishStage.DECLINED),
    ],
)
def test_wishes_are_answered(way: Way, client_of: ClientOf, clerk: User, step: str, stage: str) -> None:
    wish = actions.wish(place=way.yard, text="想要一盏灯", by=way.who("resident"))
    client = client_of(clerk)
    assert "想要一盏灯" in client.get(do_of(wish, step)).content.decode()
    unit = {"unit": "供电公司"} if step == "hand-over" else {}
    client.post(do_of(wish, step), {"reason": "这就来办，电话13812345678", **unit})
    wish.refresh_from_db()
    assert wish.stage == stage
    assert "13812345678" not in wish.answer


@pytest.mark.walked("announced", "clerk", "supervisor")
def test_who_answers_an_objection_reads_it_in_clear(
    way: Way, client_of: ClientOf, clerk: User, supervisor: User
) -> None:
    proposal = way.announced()
    objection = disclosure.object_to(
        proposal.gate_notice, facts="会照到卧室，我是乙邻居，电话13812345678", by=way.who("neighbour")
    )
    page = client_of(clerk).get(page_of(objection)).content.decode()
    assert "乙邻居" not in page and "13812345678" not in page
    page = client_of(clerk).get(do_of(objection, "answer")).content.decode()
    assert "13812345678" in page
    assert client_of(supervisor).get(do_of(objection, "answer")).status_code == 403
    answer = client_of(clerk).post(do_of(objection, "answer"), {"text": "好", "outcome": "upheld"})
    assert answer.status_code == 422
    client_of(clerk).post(do_of(objection, "answer"), {"text": "改装在门外一侧。", "outcome": "upheld"})
    objection.refresh_from_db()
    assert objection.outcome == "upheld"


def test_a_newcomer_is_confirmed_made_representative_and_moves_out(
    way: Way, client_of: ClientOf, clerk: User, households: list[Household]
) -> None:
    user = make_resident("", None)
    first = residents.join(user, households[6], name="新住户", is_adult=True, by=user)
    claim = residents.join(user, households[5], name="新住户", is_adult=True, by=user)
    client = client_of(clerk)
    assert "新住户" in client.get(do_of(claim, "confirm")).content.decode()
    assert client.post(do_of(first, "confirm")).status_code == 404
    client.post(do_of(claim, "confirm"))
    client.post(do_of(claim, "represent"))
    claim.refresh_from_db()
    assert claim.confirmed_at and claim.is_representative
    client.post(do_of(claim, "move-out"))
    claim.refresh_from_db()
    assert claim.until and not claim.is_representative


def test_a_chief_is_appointed_and_relieved(way: Way, client_of: ClientOf, clerk: User, neighbour: User) -> None:
    client = client_of(clerk)
    facts = {"place": way.yard.pk, "since": "2026-01-01", "basis": "院落推选记录"}
    answer = client.post(do_of(home_of(neighbour), "appoint"), {**facts, "role": "approver"})
    assert answer.status_code == 403
    client.post(do_of(home_of(neighbour), "appoint"), {**facts, "role": "ten_chief"})
    held = RoleGrant.objects.get(user=neighbour, role=Role.TEN_CHIEF)
    client.post(do_of(held, "revoke"))
    held.refresh_from_db()
    assert held.revoked_at


@pytest.mark.parametrize("typed", ["1e3", "NaN", "3.0", "１２", "-1", "0", "[1]", "true", "{", "9" * 30, "[" * 2000])
def test_a_rule_is_exact(district: Territory, client_of: ClientOf, district_officer: User, typed: str) -> None:
    answer = client_of(district_officer).post(
        do_of(district, "set-parameter"),
        {
            "parameter": Parameter.objects.get(name="review.days").pk,
            "value": typed,
            "since": f"{today() + timedelta(days=1)}",
            "source": "试行办法第三条",
        },
    )
    assert answer.status_code == 422
    assert "试行办法第三条" in answer.content.decode()


@pytest.mark.parametrize("typed", [r'"\u0000"', r'"\ud800"', r'"0871\u0007"'])
def test_a_rule_of_words_is_words(district: Territory, client_of: ClientOf, district_officer: User, typed: str) -> None:
    facts = {"value": typed, "since": f"{today() + timedelta(days=1)}", "source": "试行办法第三条"}
    wordy = Parameter.objects.filter(unit="text")
    assert wordy
    for parameter in wordy:
        answer = client_of(district_officer).post(
            do_of(district, "set-parameter"), {**facts, "parameter": parameter.pk}
        )
        assert answer.status_code == 422, parameter.name


def test_the_district_rules_from_a_day_on(
    district: Territory, client_of: ClientOf, district_officer: User, clock: Any
) -> None:
    tomorrow = today() + timedelta(days=1)
    for name, typed in (("review.days", "5"), ("canvass.quorum", "1/2"), ("formal_vote.owners.binding", "是")):
        answer = client_of(district_officer).post(
            do_of(district, "set-parameter"),
            {
                "parameter": Parameter.objects.get(name=name).pk,
                "value": typed,
                "since": str(tomorrow),
                "source": "试行办法",
            },
        )
        assert answer.status_code == 302, answer.content.decode()
    assert value("review.days", district) == 3
    clock.move(days=1)
    assert (value("review.days", district), value("canvass.quorum", district)) == (5, "1/2")
    assert value("formal_vote.owners.binding", district) is True


def test_the_clerk_rules_nothing(community: Territory, client_of: ClientOf, clerk: User) -> None:
    assert client_of(clerk).get(do_of(community, "set-parameter")).status_code == 403


def test_events_tell_the_district_what_was_changed_not_what_it_says(
    way: Way, client_of: ClientOf, district_officer: User, clerk: User
) -> None:
    way.submitted(need="只有提议里写着的话")
    url = reverse("admin:audit_event_changelist")
    assert client_of(clerk).get(url).status_code == 403
    client = client_of(district_officer)
    page = client.get(url).content.decode()
    assert "项目" in page and "只有提议里写着的话" not in page


def test_events_are_told_in_words_of_people(way: Way, client_of: ClientOf, district_officer: User, clerk: User) -> None:
    """A district officer read lifecycle_steprecord, holder_place_id, minshi_app and the number of an account."""
    proposal = way.cosigned()
    client_of(clerk).post(do_of(proposal, "open-vote"), {"question": "", "detail": ""})
    client = client_of(district_officer)
    listed = client.get(reverse("admin:audit_event_changelist")).content.decode()
    rows = re.findall(r'href="(/admin/audit/event/[0-9a-f]+/change/)', listed)
    assert "工作台" in listed and rows
    assert EventAdmin(Event, admin.site).changed_by(Event(actor=way.who("resident").pk)) == "居民"
    assert EventAdmin(Event, admin.site).changed_by(Event(actor=clerk.pk)) == "丁*工"
    for page in (listed, *(client.get(url).content.decode() for url in rows[:8])):
        shown = page.partition('id="content"')[2].partition("</main>")[0]
        said = re.sub(r"<[^>]+>", " ", re.sub(r'<span class="material-symbols[^>]*>[^<]*</span>', "", shown))
        assert not re.findall(r"[a-z]+_[a-z_]+", said)


@pytest.mark.parametrize(
    ("name", "typed", "said"),
    [
        ("venue", "长" * 200, "最多 120 个字，现在有 200 个"),
        ("begins_at", "昨天", "日期和时间不对"),
    ],
)
def test_what_a_field_cannot_take_is_said_in_plain_words(
    way: Way, client_of: ClientOf, clerk: User, name: str, typed: str, said: str
) -> None:
    """确保该变量包含不超过 120 字符 is for whoever programs."""
    proposal = way.consulting()
    page = client_of(clerk).post(do_of(proposal, "post-agenda"), {name: typed}).content.decode()
    assert said in page and "变量" not in page and typed in page
