"""退回修改 and 撤回, as the proposer does them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from minshi.accounts.models import User
from proposals import actions
from proposals.models import Proposal, Stage
from tests.proposals.hostile import WORDS
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]
WORDED = ("title", "category", "need", "plan", "cost", "keeper")
MENDED = {**{name: WORDS[name] for name in WORDED}, "spot": "南门左侧", "why": "补了位置"}


@pytest.fixture
def returned(way: Way, chief: User) -> Proposal:
    proposal = way.submitted()
    actions.return_for_revision(proposal, by=chief, reason="请写清楚装在哪里")
    return proposal


def test_the_form_holds_what_was_written_and_says_what_was_asked(
    returned: Proposal, client_of: ClientOf, resident: User
) -> None:
    page = client_of(resident).get(f"/projects/{returned.number}/revise/").content.decode()
    assert "请写清楚装在哪里" in page
    assert 'value="院门口"' in page and 'value="20000.00"' in page and 'value="12000.00"' in page


def test_the_mended_words_go_back_to_review(returned: Proposal, client_of: ClientOf, resident: User) -> None:
    answer = client_of(resident).post(f"/projects/{returned.number}/revise/", MENDED)
    assert answer.status_code == 302
    returned.refresh_from_db()
    assert (returned.stage, returned.version.spot, returned.version.number) == (Stage.SUBMITTED, "南门左侧", 2)


def test_what_was_changed_must_be_said_and_nothing_is_lost(
    returned: Proposal, client_of: ClientOf, resident: User
) -> None:
    answer = client_of(resident).post(f"/projects/{returned.number}/revise/", {**MENDED, "why": " "})
    assert answer.status_code == 422
    assert "南门左侧" in answer.content.decode()


def test_a_neighbour_is_refused_with_the_reason(returned: Proposal, client_of: ClientOf, neighbour: User) -> None:
    answer = client_of(neighbour).get(f"/projects/{returned.number}/revise/")
    assert answer.status_code == 403
    assert "没有办理" in answer.content.decode()


def test_it_is_over_once_it_was_sent(returned: Proposal, client_of: ClientOf, resident: User) -> None:
    client = client_of(resident)
    client.post(f"/projects/{returned.number}/revise/", MENDED)
    answer = client.get(f"/projects/{returned.number}/revise/")
    assert answer.status_code == 403
    assert "等待初审" in answer.content.decode()


def test_withdrawing_needs_a_reason(way: Way, client_of: ClientOf, resident: User) -> None:
    proposal = way.submitted()
    client = client_of(resident)
    answer = client.post(f"/projects/{proposal.number}/withdraw/", {"reason": ""})
    assert answer.status_code == 422 and "请写明理由" in answer.content.decode()
    client.post(f"/projects/{proposal.number}/withdraw/", {"reason": "物业已经装了"})
    proposal.refresh_from_db()
    assert proposal.stage == Stage.WITHDRAWN
    assert "物业已经装了" in client.get(proposal.get_absolute_url()).content.decode()


def test_nobody_withdraws_for_the_proposer(way: Way, client_of: ClientOf, chief: User) -> None:
    proposal = way.submitted()
    answer = client_of(chief).post(f"/projects/{proposal.number}/withdraw/", {"reason": "不要了"})
    assert answer.status_code == 403
    proposal.refresh_from_db()
    assert proposal.stage == Stage.SUBMITTED


def test_what_was_written_is_masked_where_it_is_written(returned: Proposal, client_of: Any, resident: User) -> None:
    client_of(resident).post(
        f"/projects/{returned.number}/revise/", {**MENDED, "why": "改了电话13812345678", "spot": "a@b.cc" * 20}
    )
    returned.refresh_from_db()
    assert "13812345678" not in returned.version.why
    assert len(returned.version.spot) <= 120
