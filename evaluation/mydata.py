"""Everything kept of one person, gathered for that person alone; what they chose or how they rated stays apart."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import Choices, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deliberation.models import Ballot
from evaluation.models import Answer
from funding.models import Contribution, Pledge
from funding.models.pledges import ContributionStage
from minshi.accounts.models import User
from minshi.disclosure.models import Objection
from minshi.faces.words import cn_datetime
from minshi.ledger.money import format_yuan
from minshi.mydata.models import Consent, Correction
from minshi.notifications.models import Manner, Message
from minshi.residents.models import Person, Residence, Role, RoleGrant
from minshi.rolls import selectors as rolls
from minshi.rolls.models import Channel
from proposals.models import (
    Cosign,
    Draft,
    Proposal,
    Question,
    QuestionStage,
    Resource,
    ResourceRequest,
    Stage,
    Wish,
    WishPhoto,
    WishStage,
    WishSupport,
)
from proposals.models.resources import RequestStage, ResourceStage
from proposals.selectors import drafts_of, followed


def everything_of(user: User) -> dict[str, Any]:
    """By kind, as plain values. Which way a ballot went is with its check number, which the household keeps."""
    # Of the accounts that were joined too: they were the same human's.
    people = list(Person.objects.filter(user__in=user.keys))
    said = {"speaker__in": people}
    doors = list(Residence.objects.filter(person__in=people).values_list("household", flat=True))
    units = [unit for person in people for unit in rolls.units_with(person, doors, owned=True)]
    return {
        "account": {"phone": user.phone or "", "joined": user.date_joined},
        "person": _one(Person.objects.filter(user=user), "name", "is_adult", "born", "consented_at", "consented_to"),
        "residences": _rows(
            Residence.objects.filter(person__in=people),
            *("household__address", "household__label", "since", "until", "confirmed_at", "is_representative"),
        ),
        "roles": _rows(
            RoleGrant.objects.filter(user__in=user.keys), "role", "place__full_name", "since", "until", "revoked_at"
        ),
        "proposals": _rows(Proposal.objects.filter(proposer__in=user.keys), "number", "title", "stage", "submitted_at"),
        "wishes": _rows(Wish.objects.filter(by__in=user.keys), "text", "spot", "stage", "at", "answer", "slip_number"),
        "wish_photos": _rows(WishPhoto.objects.filter(wish__by__in=user.keys), "wish__text", "at", "is_shown"),
        "resources": _rows(Resource.objects.filter(by__in=user.keys), "title", "about", "times", "unit", "stage", "at"),
        "requests": _rows(
            ResourceRequest.objects.filter(by__in=user.keys), "resource__title", "text", "stage", "at", "answer"
        ),
        "questions": _rows(Question.objects.filter(by__in=user.keys), "text", "stage", "at", "answer", "hidden_why"),
        "wanted": _rows(WishSupport.objects.filter(by__in=user.keys), "wish__text", "at"),
        "drafts": [{"text": _written(each), "at": each.at} for each in drafts_of(user)],
        "asked": _rows(
            Correction.objects.filter(home__person__in=people), "name", "about", "asked_at", "answered_at", "answer"
        ),
        "consents": _rows(Consent.objects.filter(person__in=people), "title", "what", "given_at", "withdrawn_at"),
        "signatures": _rows(Cosign.objects.filter(**said), "proposal__number", "channel"),
        "votes": _rows(Ballot.objects.filter(unit__in=units, **said), "motion__question", "channel"),
        "pledges": _rows(Pledge.objects.filter(**said), "proposal__number", "amount_fen", "at", "withdrawn_at"),
        "money": _rows(
            Contribution.objects.filter(giver__person__in=people),
            *("proposal__number", "amount_fen", "stage"),
        ),
        "ratings": _rows(Answer.objects.filter(**said), "survey__proposal__number", "level", "advice"),
        "objections": _rows(Objection.objects.filter(**said), "notice__number", "facts", "request", "at", "answer"),
        "messages": _rows(Message.objects.of(user), "title", "body", "at"),
        "follows": _followed(user),
        "told_how": _one(Manner.objects.filter(user=user), "daily", "texts", "quiet_from", "quiet_until"),
    }


PARTS = {
    "account": _("账号"),
    "person": _("登记"),
    "residences": _("住处"),
    "roles": _("任职"),
    "proposals": _("提议"),
    "wishes": _("心愿"),
    "wish_photos": _("心愿的照片"),
    "resources": _("登记的能人和资源"),
    "requests": _("找能人和资源"),
    "questions": _("提问"),
    "wanted": _("也想要的心愿"),
    "drafts": _("没写完的提议"),
    "asked": _("对自己信息的申请"),
    "consents": _("同意公开的"),
    "signatures": _("附议"),
    "votes": _("投票（投了什么凭核对号查）"),
    "pledges": _("认缴"),
    "money": _("出的钱"),
    "ratings": _("评价"),
    "objections": _("异议"),
    "messages": _("消息"),
    "follows": _("关注"),
    "told_how": _("消息怎么发"),
}
"""What each kind is called, in the order it is read."""

WORDS = {
    "phone": _("手机号"),
    "joined": _("注册时间"),
    "name": _("姓名"),
    "is_adult": _("已满 18 岁"),
    "born": _("出生年月"),
    "consented_at": _("同意告知的时间"),
    "consented_to": _("同意的是第几版"),
    "household__address": _("门牌"),
    "household__label": _("门牌叫法"),
    "since": _("从"),
    "until": _("到"),
    "confirmed_at": _("确认时间"),
    "is_representative": _("户代表"),
    "role": _("角色"),
    "place__full_name": _("地方"),
    "revoked_at": _("撤销时间"),
    "number": _("编号"),
    "title": _("标题"),
    "stage": _("阶段"),
    "submitted_at": _("提出时间"),
    "text": _("内容"),
    "spot": _("地点"),
    "at": _("时间"),
    "answer": _("答复"),
    "slip_number": _("回执号"),
    "proposal__number": _("项目编号"),
    "channel": _("来源"),
    "motion__question": _("表决"),
    "amount_fen": _("金额（元）"),
    "about": _("说明"),
    "times": _("什么时候可以"),
    "unit": _("单位"),
    "resource__title": _("找的是"),
    "hidden_why": _("隐藏的理由"),
    "wish__text": _("心愿"),
    "is_shown": _("公开"),
    "what": _("公开什么"),
    "given_at": _("同意时间"),
    "asked_at": _("申请时间"),
    "answered_at": _("答复时间"),
    "withdrawn_at": _("撤回时间"),
    "survey__proposal__number": _("项目编号"),
    "level": _("打分"),
    "advice": _("建议"),
    "notice__number": _("公示编号"),
    "facts": _("事实"),
    "request": _("要求"),
    "body": _("内容"),
    "daily": _("每天汇总一条"),
    "texts": _("收短信"),
    "quiet_from": _("免打扰从几点"),
    "quiet_until": _("免打扰到几点"),
}


CODES: dict[tuple[str, str], type[Choices]] = {
    ("roles", "role"): Role,
    ("proposals", "stage"): Stage,
    ("wishes", "stage"): WishStage,
    ("resources", "stage"): ResourceStage,
    ("requests", "stage"): RequestStage,
    ("questions", "stage"): QuestionStage,
    ("money", "stage"): ContributionStage,
    ("consents", "what"): Consent.What,
    ("signatures", "channel"): Channel,
    ("votes", "channel"): Channel,
}
"""What is kept as a code and read as a word."""


def readable_copy(kept: dict[str, Any]) -> list[tuple[str, list[list[tuple[str, Any]]]]]:
    """All of it with names that people read; of each kind its rows, of each row what is filled in."""
    return [(str(title), [_readable(kind, row) for row in _rows_of(kept[kind])]) for kind, title in PARTS.items()]


def _rows_of(part: Any) -> list[Any]:
    return part if isinstance(part, list) else [part] if part else []


def _readable(kind: str, row: Any) -> list[tuple[str, Any]]:
    if not isinstance(row, dict):
        return [("", row)]
    return [
        (str(WORDS.get(name, name)), _value(kind, name, value))
        for name, value in row.items()
        if value not in ("", None)
    ]


def _value(kind: str, name: str, value: Any) -> Any:
    if isinstance(value, bool):
        return gettext("是") if value else gettext("否")
    if isinstance(value, datetime):
        return cn_datetime(value)
    if name == "amount_fen":
        return format_yuan(value)
    codes = CODES.get((kind, name))
    return dict(codes.choices).get(value, value) if codes else value


def _followed(user: User) -> list[str]:
    cards, places = followed(user)
    return [*(card.number for card in cards), *(place.full_name for place in places)]


def _written(draft: Draft) -> str:
    """All that was typed into it so far."""
    return "；".join(text for texts in draft.typed.values() for text in texts if text.strip())


def _rows(rows: QuerySet[Any], *names: str) -> list[dict[str, Any]]:
    return list(rows.order_by("pk").values(*names))


def _one(rows: QuerySet[Any], *names: str) -> dict[str, Any]:
    return rows.values(*names).first() or {}
