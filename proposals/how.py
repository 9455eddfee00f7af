"""How a matter gets done here, in plain words with the numbers in force; its page and nothing else."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from minshi.faces.words import filled
from minshi.policy import selectors as policy
from minshi.territory.models import Territory

HOW = (
    # (label, text); in the text the policy's own numbers stand under their names.
    (_("提议"), _("手机上提，或到社区填纸质表，编号一样；也可以先许个心愿。")),
    (
        _("初审"),
        _(
            "楼栋长 {review.days} 个工作日内答复；没答复转社区，再转街道，每级 {review.climb_days} 个工作日，"
            "不会丢。自己提的要别人来审。"
        ),
    ),
    (
        _("附议"),
        _(
            "{cosign.calendar_days} 日内有 {cosign.households} 户或受益户的{cosign.share}（取少的）支持，"
            "就进入表决；不够就到此为止，说明原因。"
        ),
    ),
    (
        _("居民表决"),
        _("每户一票，{canvass.quorum}参加、其中{canvass.threshold}同意才通过；手机、纸票、上门一样算，只算一次。"),
    ),
    (_("民主商议"), _("议事会请六方到场，商定方案、预算、谁来管，纪要公开。")),
    (
        _("集体决议"),
        _("社区党组织先研究，再集体决议、定级，公示至少 {notice.initiation.days} 个工作日。"),
    ),
    (
        _("分级办理"),
        _(
            "一级社区 {handling.tier1.days} 个工作日，二级街道 {handling.tier2.days} 个，三级区里 "
            "{handling.tier3.days} 个；逾期自动升级，三级逾期督办。"
        ),
    ),
    (_("筹钱"), _("补助、自筹、赞助，每一分都能查；出不出钱自愿。")),
    (
        _("实施和验收"),
        _(
            "项目小组货比 {quotes.minimum} 家、签约、记日志；验收组至少 {acceptance.panel} 人，"
            "居民占{acceptance.residents_share}以上。"
        ),
    ),
    (
        _("大家打分"),
        _("{rating.pass}满意，才付尾款；{rating.refuse}到{rating.pass}，整改再评；不到{rating.refuse}，重新验收。"),
    ),
    (_("结算和归档"), _("账目公示 {notice.accounts.days} 个工作日，材料齐了才归档；以后再回看。")),
)
TERMS = (
    "review.",
    "cosign.",
    "canvass.",
    "notice.initiation.days",
    "handling.",
    "quotes.minimum",
    "acceptance.",
    "rating.",
    "notice.accounts.days",
)


def explained(place: Territory | None) -> list[tuple[str, str]]:
    """(label, text) of each part of the way, with what holds in ``place``; one query."""
    terms = policy.terms(TERMS, place)
    return [(str(label), filled(text, terms.__getitem__)) for label, text in HOW]
