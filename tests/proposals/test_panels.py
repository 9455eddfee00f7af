"""The panels of a project's page: each has its place in the one list, each place its panel."""

from __future__ import annotations

from typing import Any

import pytest
from django.template.loader import get_template

from proposals import panels
from proposals.models import ENDED, Proposal, Stage
from proposals.panels import ORDER, Panel
from tests.way import Way


def test_every_place_has_its_panel_and_every_panel_its_template() -> None:
    assert sorted(panels._panels) == sorted(ORDER)
    for panel in panels._panels.values():
        get_template(panel.template)


@pytest.mark.parametrize("name", ["weather", "money"])
def test_a_panel_that_has_no_place_of_its_own_is_an_error(name: str) -> None:
    with pytest.raises(ValueError, match=r"proposals\.panels\.ORDER"):
        panels.register(Panel(name, "funding/panel_money.html", lambda proposal: None))


def test_every_stage_of_a_higher_app_says_what_happens_now() -> None:
    own = {Stage.SUBMITTED, Stage.RETURNED, Stage.COSIGNING, Stage.ANNOUNCED, Stage.HANDLING}
    silent = set(Stage) - own - set(panels._present) - (set(ENDED) - {Stage.ARCHIVED})
    assert not silent, f"no showing.py speaks for {', '.join(sorted(silent))}"


def test_a_project_that_has_none_asks_one_statement_for_all(way: Way, django_assert_num_queries: Any) -> None:
    proposal = Proposal.objects.select_related("place", "card").get(pk=way.submitted().pk)
    with django_assert_num_queries(1):
        assert panels.panels_of(proposal) == []


def test_what_several_show_is_asked_once_for_each_drawing(way: Way) -> None:
    proposal, asked = way.submitted(), list[Proposal]()
    for _drawing in range(2):
        with panels.drawing(proposal):
            for _panel in range(3):
                panels.once(asked.append, proposal)
    panels.once(asked.append, proposal)
    assert len(asked) == 3
