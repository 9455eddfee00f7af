"""What can be chosen: categories, kinds, channels, sources of money, tiers, and the stages of a project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """The nine categories of S0."""

    SERVICES = "services", _("基本公共服务")
    HOUSING = "housing", _("改善居住条件")
    CONVENIENCE = "convenience", _("群众生活便利")
    TRAFFIC = "traffic", _("方便交通出行")
    ENVIRONMENT = "environment", _("生态环境提升")
    CULTURE = "culture", _("丰富文化活动")
    SAFETY = "safety", _("保障公共安全")
    WELFARE = "welfare", _("民生保障服务")
    OTHER = "other", _("其他群众需求")


class Kind(models.TextChoices):
    """The two kinds of S2; works may be goods only, which take the cap of services."""

    SERVICE = "service", _("服务类")
    WORKS = "works", _("实物工程类")
    GOODS = "goods", _("实物类（只购置）")


class Channel(models.TextChoices):
    """How it reached us; every channel counts alike."""

    ONLINE = "online", _("手机")
    PAPER = "paper", _("纸质")
    DOOR = "door", _("上门")
    PHONE = "phone", _("电话")
    BOOK = "book", _("心愿本")
    LOUDSPEAKER = "loudspeaker", _("社区小喇叭")


class Source(models.TextChoices):
    """Where money comes from."""

    SUBSIDY = "subsidy", _("街道补助")
    DISTRICT = "district", _("区级财政")
    SELF_RAISED = "self_raised", _("居民自筹")
    SPONSOR = "sponsor", _("单位赞助")
    IN_KIND = "in_kind", _("投工投劳")


@dataclass(frozen=True)
class SourceRule:
    """From which tier on a source may be used, which level's office decides on it, and whether it is money."""

    least_tier: int
    office: str = ""
    is_money: bool = True


SOURCES = {
    # The tier bounds the money (domain.md 4.7). What is given in kind has a stated value and stays out of the ledger.
    Source.SUBSIDY: SourceRule(least_tier=2, office="street"),
    Source.DISTRICT: SourceRule(least_tier=3, office="district"),
    Source.SELF_RAISED: SourceRule(least_tier=1),
    Source.SPONSOR: SourceRule(least_tier=1),
    Source.IN_KIND: SourceRule(least_tier=1, is_money=False),
}

CASH = tuple(source for source, rule in SOURCES.items() if rule.is_money)
"""Sources that are money, in the order and with the fills of every bar; cards and totals have a column for each."""

PUBLIC = tuple(source for source, rule in SOURCES.items() if rule.office)
"""Sources that an office decides on."""


def bars_of(amounts: Mapping[str, int]) -> list[tuple[str, int]]:
    """(label, fen) of each source in one order, empty ones too: so that every page draws a source alike."""
    return [(str(source.label), amounts.get(source, 0)) for source in Source]


class Stage(models.TextChoices):
    """The whole way of one project; ``lifecycle`` says who leaves each stage and how."""

    SUBMITTED = "submitted", _("等待初审")
    RETURNED = "returned", _("退回修改")
    COSIGNING = "cosigning", _("征集附议")
    COSIGNED = "cosigned", _("等待表决")
    VOTING = "voting", _("居民表决")
    CONSULTING = "consulting", _("民主商议")
    DECIDING = "deciding", _("集体决议")
    ANNOUNCED = "announced", _("立项公示")
    HANDLING = "handling", _("分级办理")
    RAISING = "raising", _("筹集资金")
    FUNDED = "funded", _("资金公示")
    PROCURING = "procuring", _("询价比选")
    AWARDED = "awarded", _("成交公示")
    DELIVERING = "delivering", _("正在实施")
    ACCEPTING = "accepting", _("等待验收")
    ACCEPTED = "accepted", _("验收公示")
    RATING = "rating", _("满意度评议")
    REWORK = "rework", _("整改")
    RATED = "rated", _("满意度公示")
    SETTLING = "settling", _("结算公示")
    ENDING = "ending", _("了结")
    ARCHIVED = "archived", _("已归档")
    RESERVED = "reserved", _("储备库")
    DECLINED = "declined", _("未通过")
    WITHDRAWN = "withdrawn", _("已撤回")
    MERGED = "merged", _("已并入")
    NOT_PASSED = "not_passed", _("表决未通过")
    LAPSED = "lapsed", _("已失效")
    CANCELLED = "cancelled", _("已取消")


ENDED = (
    Stage.ARCHIVED,
    Stage.DECLINED,
    Stage.WITHDRAWN,
    Stage.MERGED,
    Stage.NOT_PASSED,
    Stage.LAPSED,
    Stage.CANCELLED,
)
"""Stages nobody holds any more."""


class Tier(models.IntegerChoices):
    """Who helps: the residents themselves, the street and community, the district (domain.md 3)."""

    FIRST = 1, _("一级")
    SECOND = 2, _("二级")
    THIRD = 3, _("三级")


LIBRARY = {
    # 项目库: every proposal that was decided on.
    "reserve": (Stage.RESERVED,),
    "running": (
        Stage.ANNOUNCED,
        Stage.HANDLING,
        Stage.RAISING,
        Stage.FUNDED,
        Stage.PROCURING,
        Stage.AWARDED,
        Stage.DELIVERING,
        Stage.ACCEPTING,
        Stage.ACCEPTED,
        Stage.RATING,
        Stage.REWORK,
        Stage.RATED,
        Stage.SETTLING,
        Stage.ENDING,
    ),
    "done": (Stage.ARCHIVED,),
}

OPEN = (Stage.COSIGNING, Stage.VOTING, Stage.ANNOUNCED, Stage.RAISING, Stage.DELIVERING, Stage.RATING)
"""What a resident may take part in now, for the home page."""

READING = (Stage.SUBMITTED, Stage.COSIGNING, Stage.COSIGNED)
"""While signed lists are read: also one that came along by merging, and what is left of one that was enough already."""
