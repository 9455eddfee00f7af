"""归档: the file is complete or the project stays open; closing seals it piece by piece."""

from __future__ import annotations

from django.utils.translation import gettext as _
from rules import has_perm

from evaluation import catalogue
from evaluation.actions.aftercare import plan_checks
from evaluation.actions.sealing import seal
from evaluation.models import Archive
from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.lifecycle.machine import lock, what_blocks_gate
from minshi.refusals import NotAllowed, Refused, refuse_if
from proposals.actions import advance
from proposals.models import Proposal, Stage


@action
def archive(proposal: Proposal, *, by: User) -> Archive:
    """Seal the complete file and plan the checks. Raises ``Refused`` with every missing piece by name."""
    if not has_perm("evaluation.run", by, proposal):
        raise NotAllowed(_("只有这里的社区工作人员可以归档"))
    lock(proposal)
    if proposal.stage != Stage.SETTLING:
        raise Refused(_("现在是“%(stage)s”，结算公示以后才能归档") % {"stage": Stage(proposal.stage).label})
    refuse_if([*what_blocks_gate(proposal, "archive"), *catalogue.missing(proposal)])
    sealed = _seal_all(proposal, by)
    advance(proposal, "archive", by=by, evidence={"files": sealed.files_count, "digest": sealed.digest})
    plan_checks(proposal.aftercare)
    return sealed


@action
def seal_ended(proposal: Proposal, *, by: User) -> Archive:
    """The file of a project that stopped on its way, by the catalogue of endings; part of the step that ends it."""
    refuse_if(catalogue.missing(proposal))
    return _seal_all(proposal, by)


def _seal_all(proposal: Proposal, by: User) -> Archive:
    found = list(catalogue.documents(proposal))
    refuse_if(_("“%(title)s”里有照片的文件找不到了，请先补上") % {"title": each.title} for each in found if each.lacks)
    for document in found:
        last = seal(proposal, document, by=by)
    last.refresh_from_db(fields=["seal"])
    return Archive.objects.create(proposal=proposal, files_count=last.ordinal, digest=last.seal, by=by)
