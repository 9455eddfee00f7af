"""Closing: the retained part, what is left over, accounts by two people, the keeper, the archive."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from evaluation.actions import accounts, aftercare
from evaluation.actions.archive import archive as seal_archive
from evaluation.replay import pictures, works
from evaluation.replay.projects import Project
from funding import actions as funding
from funding.models import MilestoneKind
from minshi.residents.models import Role
from proposals import actions as proposals


def settle(project: Project) -> Iterator[datetime]:
    """The result's notice has passed and released the retained part; then the statement and its notice."""
    proposal, clerk = project.proposal, project.staff(Role.CLERK)
    yield from project.past_gate()
    yield from works.pay(project, proposal.contracts.get(ended_at=None), MilestoneKind.RETENTION)
    yield project.on("surplus")
    for number, refund in enumerate(accounts.return_surplus(proposal, by=clerk), start=1):
        if refund.returned_at is None:
            funding.pay_refund(refund, voucher=f"演退{proposal.number}-{number}", by=project.staff(Role.CASHIER))
            funding.confirm_refund(refund, by=clerk)
    made = accounts.make_accounts(proposal, by=clerk)
    yield project.on("confirm_accounts", days=0.6)
    accounts.confirm_accounts(made, by=project.staff(Role.CASE_OFFICER))
    yield project.on("settle", days=0.6)
    accounts.settle(proposal, by=clerk)


def archive(project: Project) -> Iterator[datetime]:
    """Pictures of what was made, who keeps it, and the sealed file once the accounts' notice has passed."""
    proposal, clerk, spec = project.proposal, project.staff(Role.CLERK), project.story["aftercare"]
    yield project.on("aftercare")
    proposals.add_photo(proposal, pictures.yard(project.rng.randrange(8)), caption="做好以后", moment="after", by=clerk)
    aftercare.set_aftercare(
        proposal,
        keeper=project.story["keeper"],
        duties=spec["duties"],
        fund_fen=spec["yuan"] * 100,
        fund_note=spec["note"],
        phone="0871-00000000",
        by=clerk,
    )
    yield from project.past_gate()
    yield project.on("archive")
    seal_archive(proposal, by=clerk)
