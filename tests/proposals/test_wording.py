"""Shares in what is said come from the value that decides, whatever it is."""

from __future__ import annotations

import ast
import re
from datetime import date
from pathlib import Path

import pytest
from django.conf import settings

from evaluation.models import Survey
from evaluation.selectors import how_it_counts
from funding.deskwork.work import AcceptWork, AskChange, AskPlanChange
from funding.models import Purse
from minshi.policy import actions as policy
from minshi.territory.models import Territory
from proposals.lifecycle import PROPOSAL
from proposals.models import Proposal, Stage
from proposals.wording import worded
from tests.faces.test_translation import APPS

BY_DEFAULT = {
    "reconsider": "三分之一受益户反对，重新商议",
    "reopen_funding": "三分之一受益户反对，重新落实资金",
    "reopen_award": "三分之一受益户反对，重新评选",
    "change_plan": "变更超过一成，重新商议",
    "mend": "满意度不足八成，整改后再评",
    "refuse_work": "满意度不足六成，重新验收",
}


@pytest.fixture
def proposal(yard: Territory) -> Proposal:
    return Proposal(place=yard, stage=Stage.RATING, terms={})


@pytest.mark.django_db
def test_steps_are_called_as_they_always_were(proposal: Proposal) -> None:
    assert {verb: PROPOSAL.worded(PROPOSAL.by_verb[verb].label, proposal) for verb in BY_DEFAULT} == BY_DEFAULT


@pytest.mark.django_db
def test_a_place_that_ruled_otherwise_is_told_its_own_share(proposal: Proposal, yard: Territory) -> None:
    policy.set_value("objection.reopen_share", yard, "1/5", since=date(2020, 1, 1), source="盘龙区试行办法", by=None)
    assert PROPOSAL.worded(PROPOSAL.by_verb["reconsider"].label, proposal) == "两成受益户反对，重新商议"


@pytest.mark.django_db
def test_what_is_pinned_goes_before_what_is_in_force(proposal: Proposal) -> None:
    proposal.terms = {"rating.pass": "17/20"}
    assert worded("{rating.pass}到{rating.refuse}", proposal) == "85%到六成"


def test_a_verdict_names_the_share_of_its_round() -> None:
    terms = {"rating.pass": "9/10", "rating.refuse": "2/3", "rating.rounds": 3}
    said = [Survey(terms=terms, round=1, verdict=verdict).verdict_said for verdict in ("passed", "mend", "refused", "")]
    assert said == ["达标", "不足九成，整改后再评", "不足三分之二，重新验收", ""]
    by_default = Survey(
        terms={"rating.pass": "8/10", "rating.refuse": "6/10", "rating.rounds": 3}, round=1, verdict="mend"
    )
    assert by_default.verdict_said == "不足八成，整改后再评"


@pytest.mark.django_db
def test_how_it_counts_is_said_by_the_terms_of_the_round(proposal: Proposal) -> None:
    said = (
        "非常满意、满意、基本满意三级算满意。八成满意，公示后结算，有尾款的付尾款；"
        "六成到八成，整改后再评；不到六成，重新验收。"
    )
    assert how_it_counts(proposal, None) == said
    terms = {"rating.pass": "9/10", "rating.refuse": "7/10"}
    assert "九成满意" in how_it_counts(proposal, Survey(terms=terms))


@pytest.mark.django_db
def test_the_desk_says_the_same(proposal: Proposal) -> None:
    purse = Purse(proposal=proposal)
    assert AskChange.worded(AskChange.label, purse) == "申请变更（一成以内）"
    assert AskPlanChange.worded(AskPlanChange.label, purse) == "变更超过一成，申请重新商议"
    assert AcceptWork.worded(AcceptWork.help, purse).startswith(
        "验收组至少 5 人，居民不少于一半，监督委员会至少 1 人；"
    )


SHARES = re.compile(
    r"[一二两三四五六七八九]成(?!年|为|功|果|都)|[二三四五六七八九十]分之|过半|不少于一半|能少于一半|不少于半数"
)
NO_RULE_OF_OURS = ("minshi/faces/words.py", "minshi/faces/samples.py", "templates/components/all.html")


def test_no_share_stands_in_fixed_words() -> None:
    root = Path(settings.BASE_DIR)
    found = []
    for path in (path for app in APPS for path in (root / app).rglob("*.py") if "migrations" not in path.parts):
        tree = ast.parse(path.read_text())
        docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
                found += [str(path.relative_to(root)) for _said in SHARES.findall(node.value)]
    pages = (path for path in (root / "templates").rglob("*.html") if SHARES.search(path.read_text()))
    found += [str(path.relative_to(root)) for path in pages]
    assert [name for name in found if name not in NO_RULE_OF_OURS] == []
