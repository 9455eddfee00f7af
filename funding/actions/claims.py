"""What a giver owes after their money turned out not to have come: opened, covered by others' money."""

from __future__ import annotations

from django.utils.translation import gettext as _

from funding import told
from funding.lifecycle import admin_url
from funding.models import Claim, ClaimEnd, Contribution, Purse
from minshi.clock import now
from minshi.deadlines import actions as deadlines
from minshi.deadlines.models import Deadline
from minshi.ledger.actions import open_account, post
from minshi.ledger.models import Account
from minshi.ledger.money import format_yuan
from minshi.notifications.actions import tell_role
from minshi.residents.models import Role
from proposals.lifecycle import holder_place, period
from proposals.models import Proposal


def account_of(given: Contribution) -> Account:
    """Where the money comes from; its negative balance is what this giver has given to this project."""
    proposal = given.proposal
    if given.giver is not None:
        key, kind = f"giver:{proposal.number}:{given.giver_id}", Account.Kind.HOUSEHOLD
        title = _("%s住户") % given.giver.household.place.name
    else:
        key, kind = f"sponsor:{proposal.number}:{given.sponsor_id}", Account.Kind.SPONSOR
        title = _("赞助单位")
    return open_account(key, kind, title, may_be_negative=True, place_path=proposal.place.path)


def owed_account(claim: Claim) -> Account:
    """Below nothing by what is owed to the purse and not there yet."""
    return open_account(
        f"claim:{claim.proposal.number}:{claim.contribution_id}",
        Account.Kind.OUTSIDE,
        _("%s 追收款") % claim.proposal.number,
        may_be_negative=True,
        place_path=claim.proposal.place.path,
    )


def open_claim(given: Contribution, *, short_fen: int, got_fen: int) -> Claim:
    """What the giver of a contribution that is being reversed owes; what the purse is short of is booked as owed.

    Before the reversal itself: only so the purse can bear it.
    """
    proposal = given.proposal
    claim = Claim.objects.create(
        proposal=proposal,
        contribution=given,
        giver=given.giver,
        sponsor=given.sponsor,
        name_public=given.name_public,
        amount_fen=max(short_fen, got_fen),
        short_fen=short_fen,
        got_fen=got_fen,
    )
    if short_fen:
        purse = Purse.objects.select_related("account").get(proposal=proposal)
        post(
            key=f"claim:{claim.pk}",
            kind="claim",
            postings=[(owed_account(claim), -short_fen), (purse.account, short_fen)],
            memo=_("退票冲正后账上不足，向出资人追收"),
            by=None,
            subject=proposal,
        )
    _ask_for_it(claim)
    return claim


def _ask_for_it(claim: Claim) -> None:
    community = holder_place(claim.territory, "community")
    title = _("追收：%(title)s %(yuan)s 元") % {
        "title": claim.proposal.title,
        "yuan": format_yuan(claim.amount_fen),
    }
    span = period(claim.territory, "receipt.days", now())
    deadlines.schedule(
        claim,
        "funding.claim",
        span.end,
        role=Role.CLERK,
        place_path=community.path,
        title=title,
        url=admin_url(claim),
        basis=span.basis,
        provisional=span.provisional,
    )
    words = _("还回的凭证、核销的文件都由两个人办")
    tell_role(Role.CLERK, community, title, words, admin_url(claim), event=told.CLAIMED.name)


def ask_second(claim: Claim) -> None:
    """It is settled and waits for whoever confirms it; its end stays where it was."""
    place = holder_place(claim.territory, "community")
    title = _("请复核追收：%(title)s %(yuan)s 元") % {
        "title": claim.proposal.title,
        "yuan": format_yuan(claim.amount_fen),
    }
    asked = Deadline.objects.of(claim).filter(kind="funding.claim").latest("pk")
    deadlines.meet(claim)
    deadlines.schedule(
        claim,
        "funding.claim_check",
        asked.due,
        role=Role.SUPERVISOR,
        place_path=place.path,
        title=title,
        url=admin_url(claim),
        since=asked.set_at,
        wakes_at=asked.wakes_at,
        basis=asked.basis,
        provisional=asked.provisional,
    )
    tell_role(Role.SUPERVISOR, place, title, claim.voucher, admin_url(claim), event=told.CLAIM_TO_CONFIRM.name)


def cover_claims(proposal: Proposal) -> None:
    """Money that came in makes up what the purse was short of, the oldest claim first."""
    purse = Purse.objects.select_related("account").get(proposal=proposal)
    for claim in Claim.objects.stopping().filter(proposal=proposal, got_fen=0).order_by("pk"):
        purse.account.refresh_from_db()
        if purse.account.balance_fen < claim.short_fen:
            return
        claim.how, claim.closed_at = ClaimEnd.COVERED, now()
        claim.save(update_fields=["how", "closed_at"])
        post(
            key=f"cover:{claim.pk}",
            kind="cover",
            postings=[(purse.account, -claim.short_fen), (owed_account(claim), claim.short_fen)],
            memo=_("追收的钱已由后来的到账补足"),
            by=None,
            subject=proposal,
        )
        deadlines.meet(claim)
