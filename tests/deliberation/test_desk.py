"""What staff do in the admin: every action a form with reasons, in their own territory, refused with 422."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from deliberation import actions
from deliberation.models import Criterion, Meeting, Motion, MotionStage, Party
from minshi.accounts.models import User
from minshi.clock import CHINA, now
from minshi.policy import calendar
from minshi.residents.models import Person
from proposals.models import Proposal, Stage
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]


def step(subject: Any, name: str) -> str:
    meta = subject._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{subject.pk}/do/{name}/"


def page_of(subject: Any) -> str:
    meta = subject._meta
    return f"/admin/{meta.app_label}/{meta.model_name}/{subject.pk}/change/"


@pytest.mark.walked("cosigned")
def test_the_clerk_opens_the_vote(way: Way, clerk: User, client_of: ClientOf) -> None:
    proposal = way.cosigned()
    client = client_of(clerk)
    assert "开始居民表决" in client.get(page_of(proposal)).content.decode()
    assert client.get(step(proposal, "open-vote")).status_code == 200
    assert client.post(step(proposal, "open-vote"), {"question": "装灯，您家同意吗？"}).status_code == 302
    assert Motion.objects.get().question == "装灯，您家同意吗？"


@pytest.mark.parametrize("who", ["stranger_clerk", "resident", "chief"])
@pytest.mark.walked("cosigned")
def test_nobody_from_elsewhere_or_without_a_desk_does(
    request: pytest.FixtureRequest, way: Way, client_of: ClientOf, who: str
) -> None:
    proposal = way.cosigned()
    client = client_of(request.getfixturevalue(who))
    assert client.post(step(proposal, "open-vote"), {}).status_code in (302, 403, 404)
    assert not Motion.objects.exists()


@pytest.mark.walked("cosigned")
def test_the_party_does_not_open_votes_and_the_clerk_does_not_decide(
    way: Way, clerk: User, party: User, client_of: ClientOf
) -> None:
    assert client_of(party).post(step(way.cosigned(), "open-vote"), {}).status_code == 403
    assert client_of(clerk).post(step(way.deciding(title="另一件"), "decide"), {}).status_code == 403


def test_the_result_is_published_there(way: Way, motion: Motion, clerk: User, client_of: ClientOf) -> None:
    way.to_counting(motion)
    client = client_of(clerk)
    assert "计票并公布结果" in client.get(page_of(motion)).content.decode()
    assert client.post(step(motion, "publish"), {"sure": "1"}).status_code == 302
    motion.refresh_from_db()
    assert motion.stage == MotionStage.PUBLISHED


def test_a_count_that_waits_for_a_sheet_is_refused_with_the_reason(
    way: Way, motion: Motion, clerk: User, chief: User, client_of: ClientOf
) -> None:
    actions.register_paper(motion.roll.units.first(), receipt_id=uuid4(), by=chief)
    way.to_counting(motion)
    page = client_of(clerk).post(step(motion, "publish"), {"sure": "1"})
    assert page.status_code == 422
    assert "没有核对" in page.content.decode()


def test_the_admin_shows_no_ballots(client_of: ClientOf, clerk: User, motion: Motion) -> None:
    for model in ("ballot", "ballotchange", "paperballot", "unit"):
        assert client_of(clerk).get(f"/admin/deliberation/{model}/").status_code == 404


@pytest.mark.parametrize("model", ["motion", "meeting", "workinggroup", "partystudy", "decision"])
@pytest.mark.walked("announced")
def test_lists_show_my_territory_only(
    way: Way, clerk: User, stranger_clerk: User, client_of: ClientOf, model: str
) -> None:
    proposal = way.announced()
    mine = client_of(clerk).get(f"/admin/deliberation/{model}/").content.decode()
    theirs = client_of(stranger_clerk).get(f"/admin/deliberation/{model}/").content.decode()
    assert proposal.title in mine
    assert proposal.title not in theirs


@pytest.mark.walked("consulting")
def test_the_group_is_chosen_among_the_residents(way: Way, clerk: User, client_of: ClientOf) -> None:
    proposal = way.consulting()
    client = client_of(clerk)
    people = [Person.objects.get(user=way.who(name)).pk for name in ("resident", "neighbour", "chief")]
    few = client.post(step(proposal, "choose-group"), {"lead": people[0], "members": people[:2], "how": "推选"})
    assert few.status_code == 422
    assert "单数" in few.content.decode()
    sent = {"lead": people[0], "members": people, "how": "院落会议推选"}
    assert client.post(step(proposal, "choose-group"), sent).status_code == 302
    assert proposal.groups.get().members.count() == 3


@pytest.mark.walked("consulting")
def test_the_agenda_is_posted_in_time(way: Way, clerk: User, client_of: ClientOf) -> None:
    proposal = way.consulting()
    way.group(proposal)
    client, address = client_of(clerk), step(proposal, "post-agenda")
    soon = {"begins_at": f"{now().astimezone(CHINA):%Y-%m-%dT%H:%M}", "venue": "凉亭", "agenda": "路灯"}
    refused = client.post(address, soon)
    assert refused.status_code == 422
    assert "提前 3 个工作日" in refused.content.decode()
    begins = calendar.period_end(now(), working_days=4)
    assert client.post(address, {**soon, "begins_at": f"{begins:%Y-%m-%dT%H:%M}"}).status_code == 302
    assert Meeting.objects.get().begins_at == begins


MINUTES = {
    "chair": "丙楼长",
    "expected": 12,
    "present": 10,
    f"party_{Party.BRANCH}": "己书记",
    "minutes": "商议经过",
    "text_1": "装一盏路灯",
    "agree_1": 9,
    "against_1": 1,
}


@pytest.fixture
def held(way: Way, clock: Any) -> Meeting:
    meeting = way.announced_meeting(way.consulting())
    clock.move(seconds=(meeting.begins_at - clock.now()).total_seconds() + 60)
    return meeting


@pytest.mark.walked("consulting")
def test_minutes_and_plan_are_written_there(held: Meeting, clerk: User, client_of: ClientOf) -> None:
    client = client_of(clerk)
    wrong = client.post(step(held, "record-minutes"), {**MINUTES, "agree_1": 11})
    assert wrong.status_code == 422
    assert "超过了到会人数" in wrong.content.decode()
    assert client.post(step(held, "record-minutes"), MINUTES).status_code == 302
    plan = {
        "resolution": held.resolutions.get().pk,
        "text": "装一盏",
        "cost_fen": "18000",
        "subsidy": "10000",
        "self_raised": "7000",
        "keeper": "院落自管小组",
    }
    wrong = client.post(step(held, "agree-plan"), plan)
    assert wrong.status_code == 422
    assert "对不上" in wrong.content.decode()
    assert client.post(step(held, "agree-plan"), {**plan, "self_raised": "8000.00"}).status_code == 302
    held.proposal.refresh_from_db()
    assert held.proposal.stage == Stage.DECIDING
    assert held.proposal.version.cost_fen == 1_800_000


@pytest.mark.walked("consulting")
def test_a_meeting_is_called_off_there(held: Meeting, clerk: User, client_of: ClientOf) -> None:
    client = client_of(clerk)
    assert client.post(step(held, "call-off"), {"reason": ""}).status_code == 422
    assert client.post(step(held, "call-off"), {"reason": "下大雨"}).status_code == 302


@pytest.mark.walked("deciding")
def test_the_branch_studies_and_decides_there(way: Way, party: User, client_of: ClientOf) -> None:
    proposal = way.deciding()
    client = client_of(party)
    marks: dict[str, Any] = dict.fromkeys(Criterion.values, 15)
    marks |= {f"{criterion}_note": "有据可查" for criterion in Criterion.values}
    sent = {**marks, "outcome": "approve", "tier": "2", "tier_reason": "要街道补助", "reason": "同意", "sat": "7人"}
    early = client.post(step(proposal, "decide"), sent)
    assert early.status_code == 422
    assert "党组织还没有研究" in early.content.decode()
    study = {"opinion": "support", "text": "同意", "held_on": f"{now():%Y-%m-%d}", "sat": "5人"}
    assert client.post(step(proposal, "study"), study).status_code == 302
    low = client.post(step(proposal, "decide"), {**sent, "tier": "1"})
    assert low.status_code == 422
    assert "至少定为二级" in low.content.decode()
    assert client.post(step(proposal, "decide"), sent).status_code == 302
    fresh = Proposal.objects.get(pk=proposal.pk)
    assert (fresh.stage, fresh.tier) == (Stage.ANNOUNCED, 2)


@pytest.mark.walked("deciding")
def test_the_data_are_offered_as_evidence(way: Way, party: User, client_of: ClientOf) -> None:
    page = client_of(party).get(step(way.deciding(), "decide")).content.decode()
    for words in ("受益 12 户", "9 / 12 户参加", "自筹占预算 40%"):
        assert words in page


@pytest.mark.walked("deciding")
def test_the_reserve_is_taken_up_there(way: Way, clerk: User, client_of: ClientOf) -> None:
    proposal = way.deciding()
    way.study(proposal)
    way.decide(proposal, outcome="reserve")
    assert client_of(clerk).post(step(proposal, "take-up"), {"reason": "有钱了"}).status_code == 302
    proposal.refresh_from_db()
    assert proposal.stage == Stage.DECIDING
