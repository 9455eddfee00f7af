"""Who may do what with the ground's things at the desk; each permission names one predicate."""

from __future__ import annotations

from typing import Any

import rules
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.bylaws.rules import keeps_bylaws
from minshi.disclosure.rules import may_answer, may_call_remark
from minshi.health.rules import tries_alarms
from minshi.intake.actions import carries_out, takes_in
from minshi.lifecycle import permits
from minshi.mydata.actions import answers, takes_back
from minshi.residents.models import Residence, Role, RoleGrant
from minshi.residents.register import keeps_register
from minshi.residents.rules import APPOINTS, confirms_residents, holds, may_appoint, roles_of
from minshi.signin.staff import waiting_reset, why_not_confirm
from minshi.territory.models import Household, Territory


@rules.predicate
def revokes(user: User, held: RoleGrant) -> bool:
    return may_appoint(user, held.role, held.place)


@rules.predicate
def appoints_somewhere(user: User, home: Residence) -> bool:
    return any(holds(user, home.household.place, role) for role in APPOINTS)


@rules.predicate
def keeps_doors(user: User, door: Household) -> bool:
    return keeps_register(user, door.place)


@rules.predicate
def opens_accounts(user: User, subject: Any) -> bool:
    """Whoever appoints to some office somewhere; to which and where the action says."""
    return any(held.role in (Role.APPROVER, Role.DISTRICT_OFFICER) for held in roles_of(user))


@rules.predicate
def confirms_reset(user: User, held: RoleGrant) -> bool:
    """Of the login that waits for it: another than who asked, and above them."""
    asked = waiting_reset(held.user)
    return asked is not None and not why_not_confirm(user, asked)


@rules.predicate
def gives_second_role(user: User, held: RoleGrant) -> bool:
    """Whoever fills offices; which of them and where the action says."""
    return bool(opens_accounts(user, held))


@rules.predicate
def sets_policy(user: User, place: Territory) -> bool:
    return holds(user, place, Role.DISTRICT_OFFICER, Role.APPROVER, Role.CASE_OFFICER)


@rules.predicate
def corrects(user: User, notice: Any) -> bool:
    return holds(user, notice.place, Role.CLERK, Role.CASE_OFFICER, Role.DISTRICT_OFFICER)


@rules.predicate
def tries(user: User, place: Territory) -> bool:
    """In their own district, for the whole site."""
    return tries_alarms(user) and holds(user, place, Role.DISTRICT_OFFICER)


rules.add_perm("health.try_alarms", tries)
rules.add_perm("residents.confirm", rules.predicate(confirms_residents))
rules.add_perm("residents.revoke", revokes)
rules.add_perm("residents.appoint", appoints_somewhere)
rules.add_perm("residents.open_account", opens_accounts)
rules.add_perm("residents.confirm_reset", confirms_reset)
rules.add_perm("residents.second_role", gives_second_role)
rules.add_perm("residents.keep_register", rules.predicate(keeps_register))
rules.add_perm("residents.keep_doors", keeps_doors)
rules.add_perm("intake.take_in", rules.predicate(takes_in))
rules.add_perm("intake.carry_out", rules.predicate(carries_out))
rules.add_perm("bylaws.enter", rules.predicate(keeps_bylaws))
rules.add_perm("mydata.answer", rules.predicate(answers))
rules.add_perm("mydata.take_back", rules.predicate(takes_back))
rules.add_perm("policy.set", sets_policy)
rules.add_perm("disclosure.correct", corrects)
rules.add_perm("disclosure.answer", rules.predicate(may_answer))
rules.add_perm("disclosure.remark", rules.predicate(may_call_remark))
permits.held_by(
    {
        "health.try_alarms": _("区牵头部门"),
        "residents.confirm": _("这里的楼栋长等组织人或社区工作人员（不能是本人）"),
        "residents.revoke": _("任命这个角色的上一级"),
        "residents.appoint": _("任命这个角色的上一级"),
        "residents.open_account": _("街道审批或区牵头部门"),
        "residents.confirm_reset": _("街道或区里的另一位工作人员（不是申请的人）"),
        "residents.second_role": _("街道审批或区牵头部门（不能给自己）"),
        "residents.keep_register": _("这里的社区工作人员、街道经办或区牵头部门"),
        "residents.keep_doors": _("这里的社区工作人员、街道经办或区牵头部门"),
        "intake.take_in": _("社区工作人员、街道经办或区牵头部门"),
        "intake.carry_out": _("这里的社区工作人员、街道经办或区牵头部门"),
        "bylaws.enter": _("这里的社区工作人员"),
        "mydata.answer": _("这里的楼栋长等组织人、社区工作人员或街道经办（不能是本人）"),
        "mydata.take_back": _("这里的社区工作人员或街道经办（不能是本人）"),
        "policy.set": _("这里的街道或区牵头部门"),
        "disclosure.correct": _("这里的社区工作人员、街道经办或区牵头部门"),
        "disclosure.answer": _("现在负责答复异议的一级"),
        "disclosure.remark": _("街道经办或街道审批；街道发布的公示由区牵头部门，区里发布的由区牵头部门两位工作人员"),
    }
)
