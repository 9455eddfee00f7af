"""What was typed is kept as it was typed; what nobody can see is nothing; what is too long is not looked at."""

from __future__ import annotations

import time
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from minshi.accounts.models import User
from minshi.disclosure import actions as disclosure
from minshi.masking import BLANKS, mask_name, mask_phone, mask_text, one_line, readable
from minshi.refusals import Refused
from proposals import actions
from proposals.forms import PlainField
from proposals.models import Proposal, Version, Wish
from tests.way import Way

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User | None], Client]

TYPED = "院门口灯坏了，请修一修：①换灯泡；②加个罩子（白色的）。问王师傅～“快一点”！"


def test_punctuation_and_circled_numbers_stay_as_they_were_typed() -> None:
    assert PlainField(rows=3).clean(f" {TYPED}\n１２户，ＡＢ座 ") == f"{TYPED}\n１２户，ＡＢ座"
    assert mask_text(f"{TYPED}１２户") == f"{TYPED}１２户"
    assert one_line(f" {TYPED} ") == TYPED


def test_only_the_number_in_a_text_is_hidden() -> None:
    assert mask_text("１２户（①号楼），电话１３８００１３８０００，证件５３０１０２１９８００１０１１２３Ｘ") == (
        "１２户（①号楼），电话138****8000，证件（号码已隐去）Ｘ"
    )
    assert mask_text("卡号６２２２０２１２３４５６７８９０１２３，１２户") == "卡号（号码已隐去），１２户"
    assert mask_text("座机０８７１－６３１２３４５６，１２户") != "座机０８７１－６３１２３４５６，１２户"


def test_a_wish_is_shown_as_it_was_typed(way: Way, client_of: ClientOf) -> None:
    resident = way.who("resident")
    typed = "门口铺一铺（雨天滑），①②两级台阶：太高"
    client_of(resident).post(
        "/wishes/new/", {"text": typed, "place": way.yard.pk, "category": "other", "spot": "", "receipt": uuid4()}
    )
    assert Wish.objects.get().text == typed


def test_a_revision_leaves_what_was_not_touched(way: Way, client_of: ClientOf) -> None:
    proposal = way.submitted(plan=f"{TYPED}还要拉一根线。")
    actions.return_for_revision(proposal, by=way.who("chief"), reason="请写清楚装在哪里")
    client = client_of(proposal.proposer)
    form = client.get(f"/projects/{proposal.number}/revise/").context["form"]
    answers = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    client.post(f"/projects/{proposal.number}/revise/", {**answers, "why": "写清楚了", "spot": "大门左边"})
    words = Version.objects.filter(proposal=proposal).latest("number")
    assert words.number == 2 and words.plan == f"{TYPED}还要拉一根线。"


# --- Nothing to see --------------------------------------------------------------------------------


@pytest.mark.parametrize("blank", sorted(BLANKS), ids=lambda sign: f"U+{ord(sign):04X}")
def test_a_title_that_nobody_can_see_is_none(blank: str, way: Way) -> None:
    assert (one_line(blank * 5), mask_text(blank * 5), PlainField(required=False).clean(blank * 5)) == ("", "", "")
    with pytest.raises(Refused) as refused:
        way.submitted(title=blank * 8)
    assert "title" in refused.value.fields and not Proposal.objects.exists()


def test_reasons_and_objections_that_nobody_can_see_are_none(way: Way) -> None:
    proposal = way.announced()
    with pytest.raises(Refused) as refused:
        disclosure.object_to(proposal.gate_notice, facts="\u3164" * 20, by=way.who("neighbour"))
    assert "facts" in refused.value.fields
    other = way.submitted(title="种几棵树")
    with pytest.raises(Refused) as refused:
        actions.decline(other, by=way.who("chief"), reason="\u2800\u200b \u3164")
    assert "reason" in refused.value.fields


# --- Too much --------------------------------------------------------------------------------------


def test_what_is_too_long_is_refused_before_it_is_looked_at(
    way: Way, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked_at(text: str) -> str:
        assert len(text) < 100_000, "letter by letter"
        return readable(text)

    monkeypatch.setattr("proposals.forms.readable", looked_at)
    resident = way.who("resident")
    flood = "\ufdfa" * 150_000  # 450 kB, each of which would be eighteen letters
    client = client_of(resident)
    began = time.monotonic()
    answer = client.post(
        "/projects/propose/", {"title": flood, "need": flood, "plan": flood[:100], "place": way.yard.pk}
    )
    assert answer.status_code == 422
    for mask in (mask_name, mask_phone):
        mask(flood)
    assert client.get("/projects/", {"q": flood[:2000]}).status_code == 200
    assert time.monotonic() - began < 6
    assert not Proposal.objects.exists()
