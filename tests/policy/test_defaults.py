"""The defaults of the release are in the database after a migration, once, and stay as they were set."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from minshi.policy import defaults, units
from minshi.policy.models import CalendarVersion, Parameter, Setting
from minshi.policy.selectors import terms, value
from minshi.policy.units import Unit

pytestmark = pytest.mark.django_db

EXPECTED: dict[str, tuple[str, Any]] = {
    "receipt.days": ("working_days", 1),
    "review.days": ("working_days", 3),
    "review.climb_days": ("working_days", 3),
    "confirm.days": ("working_days", 3),
    "confirm.climb_days": ("working_days", 3),
    "second_look.days": ("working_days", 3),
    "second_look.climb_days": ("working_days", 1),
    "propose.min_age": ("years", 14),
    "vote.min_age": ("years", 18),
    "cosign.calendar_days": ("calendar_days", 15),
    "cosign.households": ("count", 10),
    "cosign.least": ("count", 2),
    "cosign.share": ("fraction", "1/10"),
    "handling.tier1.days": ("working_days", 5),
    "handling.tier2.days": ("working_days", 10),
    "handling.tier3.days": ("working_days", 15),
    "urgent.respond_hours": ("hours", 2),
    "urgent.onsite_hours": ("hours", 24),
    "urgent.days": ("working_days", 3),
    "handback.times": ("count", 1),
    "canvass.days": ("calendar_days", 7),
    "canvass.quorum": ("fraction", "2/3"),
    "canvass.threshold": ("fraction", "2/3"),
    "agenda.days": ("working_days", 3),
    "meeting.quorum": ("fraction", "2/3"),
    "party_study.days": ("working_days", 3),
    "formal_vote.days": ("calendar_days", 7),
    "formal_vote.residents.quorum": ("fraction", "1/2"),
    "formal_vote.residents.threshold": ("fraction", "1/2"),
    "formal_vote.delegates.quorum": ("fraction", "2/3"),
    "formal_vote.delegates.threshold": ("fraction", "1/2"),
    "formal_vote.villagers.quorum": ("fraction", "1/2"),
    "formal_vote.villagers.threshold": ("fraction", "1/2"),
    "formal_vote.owners.quorum": ("fraction", "2/3"),
    "formal_vote.owners.threshold": ("fraction", "1/2"),
    "notice.initiation.days": ("working_days", 5),
    "notice.initiation.self_raised_days": ("working_days", 7),
    "notice.initiation.common_parts_calendar_days": ("calendar_days", 15),
    "notice.funding.days": ("working_days", 5),
    "notice.award.days": ("working_days", 3),
    "notice.acceptance.days": ("working_days", 5),
    "notice.satisfaction.days": ("working_days", 5),
    "notice.accounts.days": ("working_days", 7),
    "objection.community_days": ("working_days", 3),
    "objection.street_days": ("working_days", 10),
    "objection.reopen_share": ("fraction", "1/3"),
    "street_approval.days": ("working_days", 7),
    "district_approval.days": ("working_days", 10),
    "cap.service_fen": ("fen", 200_000_00),
    "cap.works_fen": ("fen", 500_000_00),
    "quotes.limit_fen": ("fen", 10_000_00),
    "quotes.minimum": ("count", 3),
    "quotes.days": ("working_days", 5),
    "group.minimum": ("count", 3),
    "contract.days": ("working_days", 10),
    "start.days": ("working_days", 10),
    "works.calendar_days": ("calendar_days", 60),
    "log.every_days": ("working_days", 5),
    "change.share": ("fraction", "1/10"),
    "acceptance.days": ("working_days", 5),
    "acceptance.rework_days": ("working_days", 10),
    "acceptance.panel": ("count", 5),
    "acceptance.residents_share": ("fraction", "1/2"),
    "rating.start_days": ("working_days", 5),
    "rating.days": ("calendar_days", 7),
    "rating.minimum_households": ("count", 30),
    "rating.minimum_share": ("fraction", "3/10"),
    "rating.small_share": ("fraction", "2/3"),
    "rating.pass": ("fraction", "8/10"),
    "rating.excellent": ("fraction", "9/10"),
    "rating.refuse": ("fraction", "6/10"),
    "rating.rounds": ("count", 3),
    "callback.contact_days": ("working_days", 1),
    "callback.mend_days": ("working_days", 15),
    "accounts.days": ("working_days", 10),
    "payment.shares": ("share_list", [30, 67, 3]),
    "archive.days": ("working_days", 20),
    "aftercare.check_months": ("month_list", [6, 12]),
    "proxy.households": ("count", 2),
    "ballots.lists_every_hours": ("hours", 6),
    "ballots.smallest_group": ("count", 5),
    "paper.correction_calendar_days": ("calendar_days", 3),
    "paper.second_reading_days": ("working_days", 3),
    "decide.days": ("working_days", 10),
    "consult.days": ("working_days", 20),
    "supervision.remind_days": ("working_days", 1),
    "raising.days": ("working_days", 20),
    "procuring.days": ("working_days", 20),
    "reserve.months": ("months", 12),
    "security.keep_months": ("months", 6),
}


def test_the_numbers_of_the_table_are_there() -> None:
    found = terms(EXPECTED, None)
    assert found == {name: expected for name, (_unit, expected) in EXPECTED.items()}
    units_found = dict(Parameter.objects.filter(name__in=EXPECTED).values_list("name", "unit"))
    assert units_found == {name: unit for name, (unit, _value) in EXPECTED.items()}


def test_every_default_is_sound_has_a_source_and_its_limits_hold_it() -> None:
    rules = Setting.objects.filter(place=None).select_related("parameter")
    assert len(rules) == len(defaults.parameters())
    for rule in rules:
        parameter = rule.parameter
        assert parameter.unit in Unit.values
        assert units.fault(parameter.unit, rule.value) == "", parameter.name
        assert parameter.source and parameter.title
        assert not parameter.is_overridable or parameter.allows_street(rule.value), parameter.name


def test_every_row_of_the_table_has_its_parameters() -> None:
    assert set(Parameter.objects.values_list("row", flat=True)) == set(range(1, 25))


def test_a_second_migration_changes_nothing() -> None:
    def rows() -> list[list[tuple[Any, ...]]]:
        models = (Parameter, Setting, CalendarVersion)
        return [list(model.objects.order_by("pk").values_list()) for model in models]

    before = rows()
    defaults.sync("default", apps)
    assert rows() == before


def test_a_release_with_other_words_but_the_same_name_keeps_the_value_in_force(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    table = defaults.parameters()
    table["review.days"] |= {"title": "初审办理期限", "value": 9}
    table["new.days"] = {"title": "新参数", "unit": "working_days", "value": 4, "source": "D"}
    monkeypatch.setattr(defaults, "parameters", lambda: table)
    defaults.sync("default", apps)
    assert value("review.days", None) == 3
    assert value("new.days", None) == 4
    assert Parameter.objects.get(name="review.days").title == "初审办理期限"


def test_a_setting_in_force_cannot_be_rewritten_by_anybody() -> None:
    rows = Setting.objects.filter(parameter__name="review.days")
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(value=30)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.delete()
    assert value("review.days", None) == 3


def test_two_platform_defaults_cannot_begin_on_one_day() -> None:
    one = Setting.objects.filter(place=None).first()
    with pytest.raises(IntegrityError), transaction.atomic():
        Setting.objects.create(parameter=one.parameter, value=1, since=one.since, source="D")


def test_the_defaults_hold_in_a_replayed_past() -> None:
    assert value("review.days", None, at=date(2021, 5, 1)) == 3
