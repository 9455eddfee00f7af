"""转并与分开: proposals that say the same go on as one, with all who support them, and part again."""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock, take
from minshi.lifecycle.models import StepRecord
from minshi.refusals import Refused, refuse_if
from minshi.residents import speaking
from proposals.actions.benefits import why_for_nobody
from proposals.actions.cosigning import fall_back_if_short, gather_if_enough, has_been_voted_on
from proposals.actions.stages import advance, note_on_card
from proposals.lifecycle import holder_place
from proposals.models import Cosign, Proposal, Stage
from proposals.rules import STILL_AS_TYPED


@action
def merge(proposal: Proposal, into: Proposal, *, by: User, reason: str) -> StepRecord:
    """Join a proposal to another of the same community; its supporters come along, each household once.

    Its page stays and leads on; ``split`` undoes it.
    """
    if into.pk == proposal.pk:
        raise Refused(into=_("不能并入自己"))
    if not holder_place(proposal.place, "community").contains(into.place):
        raise Refused(into=_("只能并入同一个社区的项目"))
    _lock_all(proposal, into)
    if into.stage not in (Stage.SUBMITTED, Stage.COSIGNING):
        raise Refused(
            into=_("“%(title)s”已经是“%(stage)s”，不能再并入") % {"title": into.title, "stage": Stage(into.stage).label}
        )
    standing = list(proposal.cosigns.standing().select_related("household"))
    benefit = set(into.beneficiaries().values_list("pk", flat=True))
    left = [cosign for cosign in standing if cosign.household_id not in benefit]
    record = advance(
        proposal,
        "merge",
        by=by,
        reason=_with_who_stays(reason, len(left)),
        evidence={"into": into.number, "carried": len(standing) - len(left), "left": len(left)},
        merged_into=into,
    )
    carry(proposal, into)
    _note(
        into, "take_in", proposal, _("“%(title)s”并进来，%(n)d 户附议一起过来，每户只算一次"), len(standing) - len(left)
    )
    gather_if_enough(into)
    return record


def _lock_all(*proposals: Proposal) -> None:
    """Two at once, from wherever, lock them in one order."""
    for each in sorted(proposals, key=lambda proposal: proposal.pk):
        lock(each)


def carry(proposal: Proposal, into: Proposal) -> None:
    """Copy to ``into`` the signatures of whoever benefits from it and has not signed it, each human once."""
    benefit = set(into.beneficiaries().values_list("pk", flat=True))
    moved = [
        Cosign(
            proposal=into,
            household_id=cosign.household_id,
            speaker_id=cosign.speaker_id,
            by_id=cosign.by_id,
            line_id=cosign.line_id,
            channel=cosign.channel,
            carried_from=cosign,
        )
        for cosign in _each_human_once(into, list(proposal.cosigns.standing().order_by("pk")))
        if cosign.household_id in benefit
    ]
    Cosign.objects.bulk_create(moved, ignore_conflicts=True)


def _each_human_once(into: Proposal, standing: list[Cosign]) -> list[Cosign]:
    """Of supporters those who have not signed the other one already, by whichever of the accounts that were joined."""
    there = into.cosigns.standing().values_list("speaker_id", flat=True)
    spoken = {entry for same in speaking.entries_of(there).values() for entry in same}
    same = speaking.entries_of(cosign.speaker_id for cosign in standing)
    once = []
    for cosign in standing:
        if cosign.speaker_id is None:  # 未登记
            once.append(cosign)
        elif cosign.speaker_id not in spoken:
            once.append(cosign)
            spoken |= same[cosign.speaker_id]
    return once


def _with_who_stays(reason: str, left: int) -> str:
    """Supporters who do not benefit from the other one cannot sign for it: said in public, with why."""
    if not left or not reason.strip():
        return reason
    return _("%(reason)s（%(n)d 户附议没有并过去：不在那件事的受益户里）") % {"reason": reason.strip(), "n": left}


def _note(into: Proposal, verb: str, other: Proposal, said: str, number: int) -> None:
    """Beside what happened to the other one, its own record says what came, or went."""
    facts = {"title": other.title, "n": number}
    take(into, verb, by=None, reason=said % facts, evidence={"other": other.number, "households": number})
    note_on_card(into)


@action
def split(proposal: Proposal, *, by: User, reason: str) -> StepRecord:
    """It is another matter after all: it stands where it stood, with those who signed it, and its days begin anew.

    Whoever signed both supports both. Raises ``Refused`` once the signatures have had their effect in the other one.
    """
    chain = _where_it_went(proposal)
    _lock_all(proposal, *chain)
    if [each.pk for each in _where_it_went(proposal)] != [each.pk for each in chain]:
        raise Refused(_("刚刚有人改过，请刷新看看"))
    if chain:
        _refuse_after_effect(chain[-1])
    refuse_if(why_for_nobody(proposal))
    back = Cosign.objects.standing().filter(carried_from__proposal=proposal).count()
    is_reviewed = StepRecord.objects.of(proposal).filter(verb="merge", source=Stage.COSIGNING).exists()
    into = {"from": chain[0].number} if chain else {}
    record = advance(proposal, "split_on" if is_reviewed else "split", by=by, reason=reason, evidence=into, parted=True)
    proposal.refresh_from_db(fields=["pinned_households"])
    note_on_card(proposal, **_pinned(proposal))
    for upper in chain:  # who signed another one that was merged came along by that one, too
        for other in upper.merged.order_by("pk"):
            carry(other, upper)
    _note(chain[0], "give_out", proposal, _("“%(title)s”又分开单独办，%(n)d 户附议随它回去"), back)
    gather_if_enough(chain[-1])
    fall_back_if_short(chain[-1])
    gather_if_enough(proposal)
    return record


def _pinned(proposal: Proposal) -> dict[str, int]:
    return {} if proposal.pinned_households is None else {"households": proposal.pinned_households}


def _where_it_went(proposal: Proposal) -> list[Proposal]:
    """What it was merged into, and what that one was merged into, to the one that goes on."""
    chain: list[Proposal] = []
    at = Proposal.objects.filter(pk=proposal.pk).values_list("merged_into", flat=True).first()
    while at is not None:
        chain.append(Proposal.objects.select_related("place").get(pk=at))
        at = chain[-1].merged_into_id
    return chain


def _refuse_after_effect(goes_on: Proposal) -> None:
    if goes_on.stage in STILL_AS_TYPED and not has_been_voted_on(goes_on):
        return
    told = _("“%(title)s”已经是“%(stage)s”，附议已经生效，不能再分开；可以重新提出")
    raise Refused(told % {"title": goes_on.title, "stage": Stage(goes_on.stage).label})
