"""Who may rule on what, from when, within which limits."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from minshi.accounts.models import User
from minshi.clock import today
from minshi.policy.actions import set_value
from minshi.policy.models import Setting
from minshi.policy.selectors import value
from minshi.refusals import NotAllowed, Refused
from minshi.territory.models import Territory

pytestmark = pytest.mark.django_db

SOURCE = "样板区〔2026〕1号"


def rule(name: str, place: Territory, number: object, by: User | None, since: date | None = None) -> Setting:
    return set_value(name, place, number, since=since or today(), source=SOURCE, by=by)


def test_the_district_rules_in_its_district(district: Territory, yard: Territory, district_officer: User) -> None:
    setting = rule("cap.works_fen", district, 80000000, district_officer)
    assert value("cap.works_fen", yard) == 80000000
    assert (setting.set_by, setting.source) == (district_officer, SOURCE)


def test_the_district_rules_for_one_street_too(
    street: Territory, other_street: Territory, district_officer: User
) -> None:
    rule("cap.works_fen", street, 30000000, district_officer)
    assert (value("cap.works_fen", street), value("cap.works_fen", other_street)) == (30000000, 50000000)


@pytest.mark.parametrize("role", ["approver", "case_officer"])
def test_a_street_rules_within_the_limits(role: str, street: Territory, request: pytest.FixtureRequest) -> None:
    rule("handling.tier2.days", street, 8, request.getfixturevalue(role))
    assert value("handling.tier2.days", street) == 8


def test_a_street_does_not_rule_beyond_the_limits(street: Territory, approver: User) -> None:
    with pytest.raises(Refused, match="1至10") as refusal:
        rule("handling.tier2.days", street, 11, approver)
    assert "value" in refusal.value.fields
    with pytest.raises(Refused, match="2/3"):
        rule("canvass.quorum", street, "1/2", approver)
    assert value("handling.tier2.days", street) == 10


def test_the_district_is_not_bound_by_a_streets_limits(district: Territory, district_officer: User) -> None:
    rule("handling.tier2.days", district, 12, district_officer)
    assert value("handling.tier2.days", district) == 12


def test_what_the_district_keeps_to_itself_no_street_sets(street: Territory, approver: User) -> None:
    with pytest.raises(NotAllowed, match="由区统一规定"):
        rule("cap.works_fen", street, 40000000, approver)


@pytest.mark.parametrize("who", ["resident", "chief", "clerk", "party", "supervisor", "cashier", "stranger_clerk"])
def test_others_rule_nowhere(who: str, community: Territory, request: pytest.FixtureRequest) -> None:
    with pytest.raises(NotAllowed):
        rule("review.days", community, 2, request.getfixturevalue(who))


def test_nobody_rules_outside_their_place(
    district: Territory, other_street: Territory, city: Territory, approver: User, district_officer: User
) -> None:
    for place, by in ((district, approver), (other_street, approver), (city, district_officer)):
        with pytest.raises(NotAllowed):
            rule("review.days", place, 2, by)


def test_running_the_servers_is_no_office(district: Territory, db: None) -> None:
    with pytest.raises(NotAllowed):
        rule("review.days", district, 2, User.objects.create_superuser("root"))


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("review.days", 0),
        ("review.days", "3"),
        ("review.days", 2.5),
        ("review.days", True),
        ("review.days", -1),
        ("cap.works_fen", 10**13),
        ("cosign.share", "0.1"),
        ("cosign.share", "3/2"),
        ("cosign.share", "1/0"),
        ("cosign.share", 1),
        ("formal_vote.owners.binding", 1),
        ("audit.report_by", " "),
        ("payment.shares", [30, 60, 3]),
        ("payment.shares", [100, 0]),
        ("payment.shares", "30/67/3"),
        ("aftercare.check_months", [12, 6]),
        ("aftercare.check_months", []),
        ("review.days", None),
        ("review.days", {"a": 1}),
    ],
)
def test_an_unsound_value_is_refused_beside_its_field(
    name: str, wrong: object, district: Territory, district_officer: User
) -> None:
    with pytest.raises(Refused) as refusal:
        rule(name, district, wrong, district_officer)
    assert list(refusal.value.fields) == ["value"]


def test_a_rule_needs_its_source(district: Territory, district_officer: User) -> None:
    for source in ("", "  ", "长" * 201):
        with pytest.raises(Refused) as refusal:
            set_value("review.days", district, 2, since=today(), source=source, by=district_officer)
        assert list(refusal.value.fields) == ["source"]


def test_the_past_is_not_ruled_on(district: Territory, district_officer: User) -> None:
    with pytest.raises(Refused) as refusal:
        rule("review.days", district, 2, district_officer, since=today() - timedelta(days=1))
    assert list(refusal.value.fields) == ["since"]


def test_what_has_begun_stays_and_what_has_not_may_be_replaced(district: Territory, district_officer: User) -> None:
    tomorrow = today() + timedelta(days=1)
    rule("review.days", district, 2, district_officer)
    with pytest.raises(Refused, match="明天"):
        rule("review.days", district, 4, district_officer)
    rule("review.days", district, 4, district_officer, since=tomorrow)
    rule("review.days", district, 5, district_officer, since=tomorrow)
    assert value("review.days", district) == 2
    assert value("review.days", district, at=tomorrow) == 5
    assert Setting.objects.filter(place=district).count() == 2
