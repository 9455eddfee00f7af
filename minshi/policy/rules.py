"""Who may rule on what, where. An empty answer means nothing stands in the way."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.policy.models import Parameter
from minshi.residents.models import Role
from minshi.residents.rules import holds
from minshi.territory.models import Territory


def sets_for_district(user: User | None, place: Territory) -> bool:
    return holds(user, place, Role.DISTRICT_OFFICER)


def sets_for_street(user: User | None, place: Territory) -> bool:
    return holds(user, place, Role.APPROVER, Role.CASE_OFFICER)


def reason_not_to_set(user: User | None, parameter: Parameter, place: Territory) -> str:
    if sets_for_district(user, place):
        return ""
    if not sets_for_street(user, place):
        return _("只有本区牵头部门，或在允许范围内的本街道，可以设定这里的规则。")
    if not parameter.is_overridable:
        return _("“%(title)s”由区统一规定，街道不能另设。") % {"title": parameter.title}
    return ""


def settable(user: User | None, place: Territory) -> QuerySet[Parameter]:
    """The parameters that this person may rule on there: the question of ``reason_not_to_set`` for all at once."""
    if sets_for_district(user, place):
        return Parameter.objects.all()
    return Parameter.objects.exclude(street_least=None) if sets_for_street(user, place) else Parameter.objects.none()


def reason_beyond_limits(user: User | None, parameter: Parameter, place: Territory, value: object) -> str:
    """Streets keep within the parameter's limits; the district gives the rule."""
    if user is None or sets_for_district(user, place) or parameter.allows_street(value):
        return ""
    return _("街道只能在%(least)s至%(most)s之间设定。") % {
        "least": parameter.street_least,
        "most": parameter.street_most,
    }
