"""An objection is taken back by who made it, while nobody has answered: it holds the gate no more, nor counts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.disclosure import actions
from minshi.disclosure.models import Objection
from minshi.refusals import NotAllowed, Refused
from tests.way import Way

pytestmark = [pytest.mark.django_db, pytest.mark.walked("announced")]


@pytest.fixture
def objection(way: Way) -> Objection:
    proposal = way.announced()
    assert proposal.gate_notice
    return actions.object_to(proposal.gate_notice, facts="会照到卧室，请换个位置", by=way.who("neighbour"))


def test_only_who_said_it_takes_it_back_with_a_reason(objection: Objection, way: Way) -> None:
    for name in ("clerk", "resident", "chief"):
        with pytest.raises(NotAllowed):
            actions.withdraw_objection(objection, reason="算了", by=way.who(name))
    with pytest.raises(Refused, match="为什么撤回"):
        actions.withdraw_objection(objection, reason=" ", by=way.who("neighbour"))
    withdrawn = actions.withdraw_objection(objection, reason="说清楚了", by=way.who("neighbour"))
    notice = objection.notice
    notice.refresh_from_db()
    assert withdrawn.outcome == Objection.Outcome.WITHDRAWN
    assert (notice.objections_total, notice.objections_open, notice.objecting_households) == (1, 0, 0)
    assert not Deadline.objects.of(objection).open().exists()
    with pytest.raises(Refused, match="已经答复"):
        actions.answer(objection, text="已经核实过了", outcome="explained", by=way.who("clerk"))


def test_an_answer_cannot_say_that_it_was_taken_back(objection: Objection, way: Way) -> None:
    with pytest.raises(Refused) as refused:
        actions.answer(objection, text="本人说不提了", outcome="withdrawn", by=way.who("clerk"))
    assert "outcome" in refused.value.fields


def test_after_it_was_taken_back_one_may_object_again(objection: Objection, way: Way) -> None:
    actions.withdraw_objection(objection, reason="写错了", by=way.who("neighbour"))
    actions.object_to(objection.notice, facts="会照到卧室的窗户", by=way.who("neighbour"))
    objection.notice.refresh_from_db()
    assert (objection.notice.objections_open, objection.notice.objecting_households) == (1, 1)


def test_it_is_offered_to_its_author_alone_and_done_on_a_page(
    objection: Objection, way: Way, client_of: Callable[[User | None], Client]
) -> None:
    url = f"/objections/{objection.pk}/withdraw/"
    page = objection.notice.get_absolute_url()
    assert url in client_of(way.who("neighbour")).get(page).content.decode()
    assert url not in client_of(way.who("clerk")).get(page).content.decode()
    assert client_of(way.who("clerk")).get(url).status_code == 403
    mine = client_of(way.who("neighbour"))
    assert mine.get(url).status_code == 200
    assert mine.post(url, {"reason": "说清楚了"}).status_code == 302
    assert "说清楚了" in client_of(None).get(page).content.decode()
