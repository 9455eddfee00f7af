"""卷内目录: what a complete file holds, by kind of project and by the way it went.

Every document is made of what is public already: names were masked when they were written. Whoever lets their whole
name be shown is masked here all the same: a seal is for good, the consent may be taken back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deliberation.models import Ballot, Decision, Meeting, MeetingStage, Motion, MotionStage, PartyStudy
from evaluation.models import ASPECTS, Aftercare, Answer, CallBack, Check, FinalAccounts, Survey, SurveyStage
from evaluation.rules import percent
from evaluation.selectors import undone_callbacks
from funding.models import (
    Acceptance,
    Change,
    Contract,
    Ending,
    Enquiry,
    Grant,
    GrantStage,
    LogEntry,
    LogPhoto,
    Panelist,
    Plan,
)
from funding.selectors import books, buys_nothing, last_ending, plan_of
from minshi.clock import CHINA
from minshi.disclosure.models import GATES, Notice, Remark
from minshi.lifecycle.models import StepRecord
from minshi.masking import mask_names
from minshi.paper.models import Line, Sheet
from minshi.residents.naming import name_of
from proposals.models import PUBLIC, Kind, Proposal, Source
from proposals.selectors import notices_of


@dataclass(frozen=True)
class Document:
    """One piece of the file."""

    kind: str
    title: str
    content: dict[str, Any]

    @property
    def lacks(self) -> bool:
        """Whether a picture that it names is not there to be sealed."""
        return _lacks_a_picture(self.content)


@dataclass(frozen=True)
class Piece:
    """A kind of document: whether this project must have it, and how it is put together."""

    kind: str
    title: Any
    collect: Callable[[Proposal], Iterable[Document]]
    needed: Callable[[Proposal], bool] = lambda proposal: True


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue before sealing."""

    title: str
    count: int
    needed: bool

    @property
    def missing(self) -> bool:
        return self.needed and not self.count


def catalogue_of(proposal: Proposal) -> list[Entry]:
    """What is there and what is missing; some thirty queries: not for a page that is not kept."""
    return [
        Entry(str(piece.title), len(list(piece.collect(proposal))), piece.needed(proposal))
        for piece in pieces_of(proposal)
    ]


def missing(proposal: Proposal) -> list[str]:
    """Every missing piece as a sentence; nothing when the file is complete."""
    reasons = [
        gettext("缺少：%(piece)s") % {"piece": piece.title}
        for piece in pieces_of(proposal)
        if piece.needed(proposal) and not any(True for _document in piece.collect(proposal))
    ]
    if open_ones := sum(notice.objections_open for notice in notices_of(proposal)):
        reasons.append(gettext("还有 %(count)d 条异议没有答复，也没有由本人撤回") % {"count": open_ones})
    if undone := undone_callbacks(proposal):
        reasons.append(gettext("还有 %(count)d 条差评没有回访整改") % {"count": undone})
    return reasons


def documents(proposal: Proposal) -> Iterator[Document]:
    for piece in pieces_of(proposal):
        yield from piece.collect(proposal)


# --- How a value is written -----------------------------------------------------------------------


def _at(moment: datetime | None) -> str:
    return moment.astimezone(CHINA).isoformat(timespec="seconds") if moment else ""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return _at(value)
    return value.isoformat() if isinstance(value, date) else value


def _of(subject: Any, *names: str) -> dict[str, Any]:
    """Fields by name, choices with what they mean to a reader."""
    written = {}
    for name in names:
        display = getattr(subject, f"get_{name}_display", None)
        written[name] = str(display()) if display else _plain(getattr(subject, name))
    return written


def _lacks_a_picture(content: Any) -> bool:
    """Whether a picture named in it was not there to be sealed."""
    if isinstance(content, dict):
        if "file" in content and content.get("sha256") == "":
            return True
        content = list(content.values())
    return isinstance(content, list) and any(_lacks_a_picture(part) for part in content)


def _picture(file: FieldFile) -> dict[str, str]:
    """The picture's own name and checksum; the picture itself lies beside the documents in the download."""
    try:
        with file.open("rb") as stream:
            return {"file": file.name or "", "sha256": hashlib.sha256(stream.read()).hexdigest()}
    except FileNotFoundError:
        return {"file": file.name or "", "sha256": ""}


# --- The pieces -----------------------------------------------------------------------------------


def _versions(proposal: Proposal) -> Iterator[Document]:
    for version in proposal.versions.all():
        words = _of(
            version,
            "number",
            "need",
            "plan",
            "spot",
            "households",
            "people",
            "cost_fen",
            "shares",
            "keeper",
            "why",
            "at",
        )
        facts = _of(proposal, "number", "title", "kind", "category", "channel", "submitted_at")
        facts["proposer_public"] = mask_names(proposal.proposer_public, name_of(proposal.proposer))
        content = {"project": facts, "place": proposal.place.full_name, "version": words}
        yield Document("version", gettext("提议（第 %(n)d 版）") % {"n": version.number}, content)


def _photos(proposal: Proposal) -> Iterator[Document]:
    shown = [{**_of(photo, "caption", "moment", "at"), **_picture(photo.image)} for photo in proposal.photos.all()]
    site = LogPhoto.objects.filter(entry__proposal=proposal).select_related("entry").order_by("pk")
    shown += [{"moment": "site", "at": _at(photo.entry.at), "caption": "", **_picture(photo.image)} for photo in site]
    if shown:
        yield Document("photos", gettext("照片"), {"photos": shown})


def _is_physical(proposal: Proposal) -> bool:
    return proposal.kind != Kind.SERVICE


def _cosigns(proposal: Proposal) -> Iterator[Document]:
    counted = proposal.cosigns.counted()
    count = counted.count()
    channels = sorted({str(cosign.get_channel_display()) for cosign in counted})
    if count:
        sheets = Sheet.objects.filter(lines__cosigns__proposal=proposal).exclude(stub="").distinct()
        digests = sorted(_sheet_digest(sheet.stub) for sheet in sheets)
        facts = {"households": count, "channels": channels, "sheets": digests}
        yield Document("cosigns", gettext("附议"), facts)


def _sheet_digest(photo: FieldFile) -> str:
    """Of a sheet with doors, signatures or a vote on it nothing but this goes into the file.

    Salted with the random name that its photo was given, which no public page says.
    """
    try:
        with photo.open("rb") as stream:
            return hashlib.sha256((photo.name or "").encode() + stream.read()).hexdigest()
    except FileNotFoundError:
        return ""


def _votes(proposal: Proposal) -> Iterator[Document]:
    motions = Motion.objects.filter(proposal=proposal, stage=MotionStage.PUBLISHED).select_related(
        "notice", "roll", "bylaw"
    )
    for motion in motions.order_by("ordinal"):
        facts = _of(
            motion,
            *("ordinal", "purpose", "question", "quorum", "threshold", "by_area", "is_poll", "opens_at", "closes_at"),
            *(
                "electorate",
                "agree",
                "against",
                "abstain",
                "on_paper",
                "unreachable",
                "passed",
                "digest",
                "published_at",
            ),
        )
        facts["units"] = motion.roll.get_kind_display()
        facts |= {"rule": str(motion.bylaw)} if motion.bylaw else {}
        facts["notice"] = motion.notice.number if motion.notice else ""
        facts["ballots"] = sorted(map(_ballot_digest, motion.ballots.all()))
        lines = Line.objects.valid().filter(paper_ballot__unit__roll=motion.roll_id).select_related("sheet")
        halves = [half for line in lines for half in (line.sheet.stub, line.words) if half]
        facts["sheets"] = sorted(map(_sheet_digest, halves))
        yield Document("vote", gettext("表决结果（第 %(n)d 次）") % {"n": motion.ordinal}, facts)


def _ballot_digest(ballot: Ballot) -> str:
    """Salted with the check number that its household alone knows to be its own."""
    return hashlib.sha256(f"{ballot.check_number}{ballot.choice}".encode()).hexdigest()


def _minutes(proposal: Proposal) -> Iterator[Document]:
    held = Meeting.objects.filter(proposal=proposal, stage=MeetingStage.RECORDED).order_by("ordinal")
    for meeting in held.prefetch_related("resolutions", "attendances"):
        facts = _of(
            meeting, "ordinal", "begins_at", "venue", "agenda", "chair", "expected", "present", "minutes", "dissent"
        )
        facts["resolutions"] = [
            _of(said, "ordinal", "text", "present", "agree", "against", "abstain", "passed")
            for said in meeting.resolutions.all()
        ]
        facts["parties"] = [_of(side, "party", "came", "who") for side in meeting.attendances.all()]
        yield Document("minutes", gettext("议事会纪要（第 %(n)d 次）") % {"n": meeting.ordinal}, facts)


def _studies(proposal: Proposal) -> Iterator[Document]:
    for study in PartyStudy.objects.filter(proposal=proposal).order_by("pk"):
        yield Document("study", gettext("党组织前置研究"), _of(study, "opinion", "text", "held_on", "sat", "at"))


def _decisions(proposal: Proposal) -> Iterator[Document]:
    for decision in Decision.objects.filter(proposal=proposal).order_by("pk").prefetch_related("marks"):
        facts = _of(decision, "outcome", "tier", "tier_reason", "reason", "sat", "dissent", "at")
        facts["marks"] = [_of(mark, "criterion", "points", "note") for mark in decision.marks.all()]
        yield Document("decision", gettext("集体决议"), facts)


def _handlings(proposal: Proposal) -> Iterator[Document]:
    cards = [
        {
            **_of(card, "tier", "role", "received_at", "due_at", "ended_at", "outcome", "reason"),
            "place": card.place.name,
        }
        for card in proposal.handlings.select_related("place").order_by("pk")
    ]
    if cards:
        yield Document("handling", gettext("分级派单"), {"cards": cards})


def _plans(proposal: Proposal) -> Iterator[Document]:
    for plan in Plan.objects.filter(proposal=proposal).prefetch_related("lines"):
        lines = {str(line.get_source_display()): line.amount_fen for line in plan.lines.all()}
        facts = {**_of(plan, "number", "cost_fen", "why", "at"), "lines_fen": lines}
        yield Document("plan", gettext("资金方案（第 %(n)d 稿）") % {"n": plan.number}, facts)


def _has_public_money(proposal: Proposal) -> bool:
    plan = plan_of(proposal)
    return bool(plan and any(source in PUBLIC for source in plan.amounts()))


def _grants(proposal: Proposal) -> Iterator[Document]:
    rows = Grant.objects.filter(proposal=proposal, stage=GrantStage.PLACED).select_related("pot").order_by("pk")
    for grant in rows:
        steps = [_step(record) for record in StepRecord.objects.of(grant).order_by("id")]
        facts = {**_of(grant, "source", "amount_fen", "needs_district", "stage"), "pot": str(grant.pot), "steps": steps}
        yield Document("grant", gettext("资金审批：%(source)s") % {"source": grant.get_source_display()}, facts)


def _has_own_money(proposal: Proposal) -> bool:
    plan = plan_of(proposal)
    own = {Source.SELF_RAISED, Source.SPONSOR} & set(plan.amounts()) if plan else set()
    return bool(own) or not _is_bought(proposal)


def _is_bought(proposal: Proposal) -> bool:
    """Where all was given in kind there are neither quotes nor contract nor payments, but what was given is kept."""
    return not buys_nothing(proposal)


def _income(proposal: Proposal) -> Iterator[Document]:
    """By voucher, and households unnamed: a seal is for good, the consent to be named may be withdrawn."""
    kept = books(proposal)
    lines = [line for line in kept.income if line.source in (Source.SELF_RAISED, Source.SPONSOR)]
    if lines or kept.in_kind:
        facts = {
            "received": [_received(line) for line in lines],
            "in_kind": [_of(given, "what", "value_fen", "confirmed_at") for given in kept.in_kind],
        }
        yield Document("income", gettext("自筹、赞助收款登记"), facts)


def _received(line: Any) -> dict[str, Any]:
    is_household = line.source == Source.SELF_RAISED
    return {**_movement(line), "who": str(_("受益住户")) if is_household else line.who}


def _movement(line: Any) -> dict[str, Any]:
    return _of(line, "at", "what", "who", "voucher", "fen", "key")


def _quotes(proposal: Proposal) -> Iterator[Document]:
    rows = Enquiry.objects.filter(proposal=proposal).order_by("pk")
    for enquiry in rows.prefetch_related("quotes__supplier", "recusals", "awards__judges", "awards__notice"):
        facts = _of(enquiry, "needs", "at", "closes_at")
        facts["quotes"] = [
            {"supplier": str(quote.supplier), **_of(quote, "price_fen", "days", "warranty_months", "note", "at")}
            for quote in enquiry.quotes.all()
        ]
        facts["recusals"] = [_of(recusal, "name_public", "reason") for recusal in enquiry.recusals.all()]
        facts["awards"] = [
            {
                **_of(award, "reason", "few_reason", "at", "annulled_at"),
                "quote": award.quote_id and str(award.quote.supplier),
                "judges": [judge.name_public for judge in award.judges.all()],
                "notice": award.notice.number,
            }
            for award in enquiry.awards.all()
        ]
        if facts["awards"]:
            yield Document("quotes", gettext("询价比选"), facts)


def _contracts(proposal: Proposal) -> Iterator[Document]:
    for contract in Contract.objects.filter(proposal=proposal).select_related("supplier").order_by("pk"):
        facts = _of(
            contract,
            *("first_price_fen", "price_fen", "days", "warranty_months", "integrity"),
            *("signed_at", "started_at", "finished_at", "ended_at"),
        )
        facts["supplier"] = str(contract.supplier)
        facts["milestones"] = [_of(part, "kind", "percent", "amount_fen") for part in contract.milestones.all()]
        if contract.file:
            facts["picture"] = _picture(contract.file)
        yield Document("contract", gettext("合同"), facts)


def _changes(proposal: Proposal) -> Iterator[Document]:
    for change in Change.objects.filter(contract__proposal=proposal):
        facts = _of(change, "what", "reason", "old_price_fen", "new_price_fen", "new_days", "stage")
        yield Document("change", gettext("变更"), facts)


def _logs(proposal: Proposal) -> Iterator[Document]:
    entries = LogEntry.objects.filter(proposal=proposal).order_by("at", "pk")
    lines = [_of(entry, "at", "text", "problem", "by_public") for entry in entries]
    if lines:
        yield Document("log", gettext("进度日志"), {"entries": lines})


def _acceptances(proposal: Proposal) -> Iterator[Document]:
    rows = Acceptance.objects.filter(proposal=proposal).order_by("pk").prefetch_related("items", "panel")
    for held in rows:
        facts = _of(held, "round", "held_on", "passed", "opinion", "at")
        facts["items"] = [_of(item, "text", "passed", "note") for item in held.items.all()]
        facts["panel"] = [_of(member, *_seat(member)) for member in held.panel.all()]
        yield Document("acceptance", gettext("验收（第 %(n)d 次）") % {"n": held.round}, facts)


def _seat(member: Panelist) -> tuple[str, ...]:
    """As before for everybody but neighbours who do not benefit."""
    return ("name_public", "side", "neighbour_of") if member.neighbour_of else ("name_public", "side")


def _payments(proposal: Proposal) -> Iterator[Document]:
    spending = [_movement(line) for line in books(proposal).spending]
    if spending:
        yield Document("payments", gettext("付款和凭证"), {"payments": spending})


def _surveys(proposal: Proposal) -> Iterator[Document]:
    rows = Survey.objects.filter(proposal=proposal, stage=SurveyStage.CLOSED).select_related("notice")
    for survey in rows.order_by("round").prefetch_related("callbacks"):
        facts = _of(
            survey,
            *("round", "asked", "needed", "opens_at", "closes_at", "extended_at", "answers_count", "satisfied"),
            *("levels", "aspects", "on_paper", "verdict", "closed_at", "ruling", "ruling_reason", "hold_settled_at"),
        )
        facts |= {"percent": percent(survey), "notice": survey.notice.number if survey.notice else ""}
        facts["callbacks"] = sorted(map(_callback_digest, survey.callbacks.all()))
        facts["answers"] = sorted(map(_answer_digest, survey.answers.all()))
        lines = Line.objects.valid().filter(paper_answer__unit__roll=survey.roll_id).select_related("sheet")
        halves = [half for line in lines for half in (line.sheet.stub, line.words) if half]
        facts["sheets"] = sorted(map(_sheet_digest, halves))
        yield Document("survey", gettext("满意度测评（第 %(n)d 轮）") % {"n": survey.round}, facts)


def _answer_digest(answer: Answer) -> str:
    facts = {name: getattr(answer, name) for name in ("level", *ASPECTS, "advice")}
    written = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(answer.salt.bytes + written.encode()).hexdigest()


def _callback_digest(called: CallBack) -> str:
    """Of a call-back nothing but this goes into the file: who was discontent, with what, is nobody's business.

    Salted with the address that its household alone knows, so that it proves the row and tells nothing.
    """
    facts = _of(called, "level", "stage", "task", "findings", "measures", "outcome", "contested")
    written = json.dumps(facts, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(called.token.bytes + written.encode()).hexdigest()


def _accounts(proposal: Proposal) -> Iterator[Document]:
    rows = FinalAccounts.objects.filter(proposal=proposal, notice__isnull=False).select_related("notice")
    for made in rows.order_by("ordinal"):
        facts = _of(
            made, "ordinal", "figures", "raised_fen", "spent_fen", "returned_fen", "remark", "made_at", "confirmed_at"
        )
        yield Document("accounts", gettext("结算"), {**facts, "notice": made.notice.number if made.notice else ""})


def aftercare_document(agreed: Aftercare) -> Document:
    facts = _of(agreed, "keeper", "duties", "fund_fen", "fund_note", "phone", "at")
    return Document("aftercare", gettext("移交管护协议"), facts)


def _aftercare(proposal: Proposal) -> Iterator[Document]:
    if agreed := Aftercare.objects.filter(proposal=proposal).first():
        yield aftercare_document(agreed)


def check_document(check: Check) -> Document:
    title = gettext("管护回看（%(n)d 个月）") % {"n": check.months}
    return Document("check", title, _of(check, "months", "begins_at", "due_at", "in_order", "finding", "at"))


def _notice_of(kind: str) -> Callable[[Proposal], Iterator[Document]]:
    """The announcements of one kind, with the objections and answers beside them."""

    def collect(proposal: Proposal) -> Iterator[Document]:
        for notice in reversed(notices_of(proposal)):
            if notice.kind == kind and notice.withdrawn_by_id is None:
                yield _notice_document(notice)

    return collect


def _notice_document(notice: Notice) -> Document:
    facts = _of(
        notice,
        *("number", "kind", "title", "basis", "course", "table", "body", "issuer", "contact", "households"),
        *("posted_at", "starts_on", "ends_at", "counted", "objections_total", "objections_open", "reopened_at"),
    )
    facts["objections"] = [
        _of(said, "number", "name", "channel", "facts", "request", "level", "answer", "outcome", "answered_at")
        for said in notice.objections.order_by("ordinal")
    ]
    remarks = Remark.objects.filter(objection__notice=notice).select_related("objection__notice").order_by("pk")
    if notice.objections_total and remarks:
        facts["remarks"] = [
            {"objection": said.objection.number}
            | _of(said, "level", "reason", "as_role", "at", "second_as", "second_at", "dropped_at")
            for said in remarks
        ]
    if notice.reopened_at:
        facts["rulings"] = [
            _of(said, "level", "confirms", "reason", "as_role", "at", "second_as", "second_at", "dropped_at")
            for said in notice.rulings.all()
        ]
    return Document("notice", f"{notice.get_kind_display()} {notice.number}", facts)


def _other_notices(proposal: Proposal) -> Iterator[Document]:
    for notice in reversed(notices_of(proposal)):
        if notice.kind not in GATES or notice.withdrawn_by_id is not None:
            yield _notice_document(notice)


def _records(proposal: Proposal) -> Iterator[Document]:
    steps = [_step(record) for record in StepRecord.objects.of(proposal).order_by("id")]
    yield Document("records", gettext("全过程办理记录"), {"steps": steps})


def _step(record: StepRecord) -> dict[str, Any]:
    return _of(record, "at", "verb", "label", "source", "target", "as_role", "reason", "evidence")


def _endings(proposal: Proposal) -> Iterator[Document]:
    for ending in Ending.objects.filter(proposal=proposal, confirmed_by__isnull=False).order_by("pk"):
        steps = [_step(record) for record in StepRecord.objects.of(ending).order_by("id")]
        facts = _of(ending, "outcome", "reason", "work_fen", "work", "asked_at", "stage")
        if ending.file:
            facts["picture"] = _picture(ending.file)
        returned = [_movement(line) for line in books(proposal).returned]
        yield Document("ending", gettext("了结记录"), {**facts, "steps": steps, "returned": _unnamed(returned)})


def _unnamed(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A seal is for good, the consent to be named may be withdrawn."""
    return [{**line, "who": ""} for line in lines]


def _never(proposal: Proposal) -> bool:
    return False


PIECES = (
    # forms.md 31: in the order of the way.
    Piece("version", _("提议"), _versions),
    Piece("photos", _("照片（实物工程类至少一张现场照片）"), _photos, _is_physical),
    Piece("cosigns", _("附议"), _cosigns),
    Piece("vote", _("居民表决结果"), _votes),
    Piece("minutes", _("议事会纪要"), _minutes),
    Piece("study", _("党组织前置研究意见"), _studies),
    Piece("decision", _("集体决议"), _decisions),
    Piece("notice", _("立项公示（期满）"), _notice_of("initiation")),
    Piece("handling", _("分级派单"), _handlings),
    Piece("plan", _("资金方案"), _plans),
    Piece("grant", _("资金审批"), _grants, _has_public_money),
    Piece("income", _("自筹、赞助收款登记"), _income, _has_own_money),
    Piece("notice", _("资金公示（期满）"), _notice_of("funding")),
    Piece("quotes", _("询价比选记录"), _quotes, _is_bought),
    Piece("notice", _("成交公示（期满）"), _notice_of("award"), _is_bought),
    Piece("contract", _("合同"), _contracts, _is_bought),
    Piece("change", _("变更"), _changes, _never),
    Piece("log", _("进度日志"), _logs),
    Piece("acceptance", _("验收单"), _acceptances),
    Piece("notice", _("验收公示（期满）"), _notice_of("acceptance")),
    Piece("payments", _("付款和凭证"), _payments, _is_bought),
    Piece("survey", _("满意度测评汇总和差评回访"), _surveys),
    Piece("notice", _("满意度公示（期满）"), _notice_of("satisfaction")),
    Piece("accounts", _("经复核的结算"), _accounts),
    Piece("notice", _("结算公示（期满）"), _notice_of("accounts")),
    Piece("aftercare", _("移交管护协议"), _aftercare),
    Piece("notice", _("其他公告"), _other_notices, _never),
    Piece("records", _("全过程办理记录"), _records),
)

OF_AN_ENDING = (
    # What a project left behind that stopped on its way: whatever there is, and how it was brought to its end.
    *(replace(piece, needed=_never) for piece in PIECES if piece.kind not in ("aftercare", "records")),
    Piece("ending", _("了结记录"), _endings),
    Piece("records", _("全过程办理记录"), _records),
)


def pieces_of(proposal: Proposal) -> tuple[Piece, ...]:
    """The catalogue of the way, or that of an ending."""
    return OF_AN_ENDING if last_ending(proposal) else PIECES
