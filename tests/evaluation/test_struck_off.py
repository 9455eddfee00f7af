"""Who is asked to rate: the frozen list, without the doors that two people struck off before; later ones stay in."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from evaluation.actions import surveys
from evaluation.actions.surveys import open_survey
from evaluation.models import Survey
from minshi.accounts.models import User
from minshi.rolls.actions import freeze_households
from minshi.territory.models import Household
from proposals.models import Proposal
from tests.cast import struck_off

pytestmark = pytest.mark.django_db


def test_doors_struck_off_before_are_not_asked_and_their_number_and_reasons_are_public(
    accepted: Proposal, fifty: list[Household], clerk: User, client: Client
) -> None:
    struck_off(*fifty[40:43], reason="二单元已经拆除")
    struck_off(fifty[43], reason="与隔壁合成一户")
    survey = open_survey(accepted, by=clerk)
    assert (survey.asked, accepted.beneficiaries().count()) == (46, 50)
    assert survey.struck_off == [{"reason": "与隔壁合成一户", "doors": 1}, {"reason": "二单元已经拆除", "doors": 3}]
    said = "4 户（与隔壁合成一户 1 户；二单元已经拆除 3 户）"
    assert said in client.get(f"/projects/{accepted.number}/ratings/").content.decode()


def test_who_is_struck_off_later_stays_in(survey: Survey, accepted: Proposal, fifty: list[Household]) -> None:
    struck_off(*fifty[40:])
    survey.refresh_from_db()
    assert (survey.asked, survey.roll.size, survey.struck_off) == (50, 50, [])
    assert survey.roll.units.filter(household__in=fifty[40:]).count() == 10


def test_the_database_lets_nobody_be_left_out_without_a_word(
    accepted: Proposal, fifty: list[Household], clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    struck_off(*fifty[40:43])

    with monkeypatch.context() as patched:
        patched.setattr(surveys, "_struck_off", lambda proposal: [])
        with pytest.raises(IntegrityError, match="with its reason"), transaction.atomic():
            open_survey(accepted, by=clerk)


def test_the_database_asks_whoever_is_on_the_list_and_stands_on_the_register(
    accepted: Proposal, fifty: list[Household], clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:

    struck_off(fifty[40])

    def everybody(doors: Any, *, by: User | None) -> Any:
        return freeze_households(Household.objects.filter(pk__in=[door.pk for door in fifty]), by=by)

    with monkeypatch.context() as patched:
        patched.setattr(surveys, "freeze_households", everybody)
        with pytest.raises(IntegrityError, match="not the list"), transaction.atomic():
            open_survey(accepted, by=clerk)


def test_a_third_is_of_the_frozen_list_struck_off_or_not(
    accepted: Proposal, fifty: list[Household], clerk: User, raters: list[User], answered: Any, until: Any
) -> None:
    struck_off(*fifty[44:])
    survey = open_survey(accepted, by=clerk)
    answered(survey, good=40, bad=0)
    until(survey.closes_at)
    survey.refresh_from_db()
    assert survey.notice and (survey.notice.households, survey.notice.reopen_households) == (50, 17)
    assert any("评议前已注销" in str(label) for label, _said in survey.notice.table)
