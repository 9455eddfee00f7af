"""The pages of a project's money and work; each is a thin door to a selector or an action."""

from __future__ import annotations

from typing import Any

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Model
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from funding import actions, selectors
from funding.actions.delivery import LOGGING
from funding.actions.pledges import GIVING, received_from
from funding.forms import FinishForm, LogForm, PledgeForm
from funding.models import (
    Claim,
    Contract,
    Contribution,
    Ending,
    LogPhoto,
    Payment,
    PlanChange,
    Pledge,
    Quote,
    Refund,
    Waiver,
)
from funding.rules import is_in_group
from funding.shares import RULE
from minshi.accounts.models import User
from minshi.accounts.requests import pressing, somebody_of, user_of
from minshi.clock import now
from minshi.faces.kept import State, kept_as, kept_page
from minshi.faces.pictures import answer_with
from minshi.ledger.money import format_yuan
from minshi.lifecycle.action import TWICE
from minshi.lifecycle.machine import why_not
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, Refused, answering
from minshi.residents import speaking
from minshi.residents.rules import home_of, person_of
from minshi.territory.models import Household
from proposals.actions import may_withhold
from proposals.models import Proposal, Stage
from proposals.views.library import PHOTO_KEPT_SECONDS
from proposals.views.withholding import in_place_of, withholding


def _proposal(number: str) -> Proposal:
    return get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)


# --- Pledging --------------------------------------------------------------------------------------


@never_cache
@login_required
def pledge(request: HttpRequest, number: str) -> HttpResponse:
    """One question: how much would your household like to give, if anything."""
    proposal, user = _proposal(number), user_of(request)
    home = home_of(user)
    household = home.household if home else None
    standing = _theirs(proposal, household.pk, user) if household else None
    form = PledgeForm(request.POST or None, initial={"publishes_name": bool(standing and standing.publishes_name)})
    if request.method == "POST":
        if household is None:
            raise NotAllowed(_("还没登记您住在哪一户，请先登记"))
        if form.is_valid() and _pledged(proposal, form, user):
            return redirect("pledge", number)
    context = {
        "proposal": proposal,
        "household": household,
        "pledge": standing,
        "named": None if standing else _named(proposal, user),
        "waits": bool(standing and standing.is_waiting),
        "lines": [(_("认缴"), _("%s 元") % format_yuan(standing.amount_fen))] if standing else [],
        "form": form,
        "reasons": _why_not_pledge(proposal, user),
        "received": bool(household and received_from(proposal, household) and _may_know(proposal, household, user)),
        "found": selectors.coverage(proposal),
        "demo_data": proposal.is_demo,
    }
    return render(request, "funding/pledge.html", context, status=422 if form.errors else 200)


def _pledged(proposal: Proposal, form: PledgeForm, user: User) -> bool:
    home = home_of(user)
    assert home
    data = form.cleaned_data
    with answering(form):
        actions.pledge(proposal, home.household, amount_fen=data["fen"], publishes_name=data["publishes_name"], by=user)
        return True
    return False


def _why_not_pledge(proposal: Proposal, user: User) -> list[str]:
    if proposal.stage not in GIVING:
        return [_("现在是“%s”，不收钱") % Stage(proposal.stage).label]
    home = home_of(user)
    person = person_of(user)
    if home is None or person is None or not person.is_adult:
        # Read already: the database is asked again when something is promised.
        known = "minor" if home else "unconfirmed" if person and person.residence else "unregistered"
        return [str(speaking.WHY_NOT[known]) % {"act": _("认缴")}]
    if not rules.has_perm("funding.pledge", user, proposal):
        return [_("只有受益的住户可以认缴，您家不在这件事的受益户里")]
    return []


def _standing_pledge(proposal: Proposal, user: User) -> Pledge:
    home = home_of(user)
    standing = _theirs(proposal, home.household_id, user) if home else None
    if standing is None:
        raise Http404
    return standing


def _theirs(proposal: Proposal, household: int, user: User) -> Pledge | None:
    """The household's pledge, for whoever lived there when it was made; who moved in later reads nothing of it.

    One that waits on paper comes before the one it will replace.
    """
    kept = Pledge.objects.kept().filter(proposal=proposal, household=household).order_by("-is_waiting")
    promised = kept.select_related("household__place")
    return next((each for each in promised if not speaking.why_not_then(user, household, each.at)), None)


def _named(proposal: Proposal, user: User) -> Pledge | None:
    """What this person's name is shown under, also once it has ended or they live elsewhere."""
    theirs = Pledge.objects.filter(proposal=proposal, giver__person__user__in=user.keys)
    return theirs.filter(publishes_name=True).select_related("household__place").order_by("-pk").first()


def _may_know(proposal: Proposal, household: Household, user: User) -> bool:
    """Whether what arrived from this door came since this person lives behind it."""
    given = Contribution.objects.filter(proposal=proposal, giver__household=household).order_by("pk").first()
    return given is None or not speaking.why_not_then(user, household.pk, given.recorded_at)


@login_required
@require_POST
@pressing(gettext_lazy("撤回，不出了"))
def withdraw_pledge(request: HttpRequest, number: str) -> HttpResponse:
    proposal, user = _proposal(number), user_of(request)
    if _has_just_withdrawn(proposal, user):
        messages.info(request, _("已经撤回了，没有人会问为什么"))
        return redirect("pledge", number)
    actions.withdraw_pledge(_standing_pledge(proposal, user), by=user)
    messages.success(request, _("已撤回，没有人会问为什么"))
    return redirect("pledge", number)


def _has_just_withdrawn(proposal: Proposal, user: User) -> bool:
    """Pressed twice: what the second press would take back is gone, and there is nothing new."""
    mine = Pledge.objects.filter(proposal=proposal, withdrawn_by__in=user.keys, withdrawn_at__gt=now() - TWICE)
    home = home_of(user)
    return mine.exists() and (home is None or _theirs(proposal, home.household_id, user) is None)


@login_required
@require_POST
@pressing(lambda sent: _("同意公开我的姓名") if sent.get("publishes") == "1" else _("改为不公开姓名"))
def publish_name(request: HttpRequest, number: str) -> HttpResponse:
    """Give or take back the consent to show the name."""
    proposal, user = _proposal(number), user_of(request)
    publishes = request.POST.get("publishes") == "1"
    promised = None if publishes else _named(proposal, user)
    actions.publish_name(promised or _standing_pledge(proposal, user), publishes, by=user)
    messages.success(request, _("已公开姓名") if publishes else _("已隐去姓名"))
    return redirect("pledge", number)


# --- For everybody -----------------------------------------------------------------------------------


def _state_of_books(request: HttpRequest, number: str) -> State:
    return State(selectors.state_of_books(number))


@kept_as(_state_of_books)
@require_safe
def books(request: HttpRequest, number: str) -> HttpResponse:
    """Every fen that came in, went out or went back."""
    return kept_page(request, "funding/books.html", lambda: _books(number))


def _books(number: str) -> dict[str, Any]:
    proposal = _proposal(number)
    grants = selectors.grants_of(proposal)
    decisions = selectors.decisions_on(grants)
    return {
        "proposal": proposal,
        "books": selectors.books(proposal),
        "is_in_kind": selectors.buys_nothing(proposal),
        "grants": [(grant, decisions[grant.pk]) for grant in grants],
        "owed": list(Refund.objects.owed().filter(proposal=proposal).order_by("pk")),
        "claims": list(Claim.objects.open().filter(proposal=proposal)),
        "rule": RULE,
        "demo_data": proposal.is_demo,
    }


@require_safe
def suppliers(request: HttpRequest, number: str) -> HttpResponse:
    """Who was asked, what they offered, who chose whom and why, and what the contract says."""
    proposal = _proposal(number)
    enquiry, award = selectors.last_enquiry(proposal), selectors.last_award(proposal)
    group, user = selectors.group_of(proposal), somebody_of(request)
    members = group.members.all() if group and user else ()
    context = {
        "proposal": proposal,
        "group": group,
        "mine": next((each for each in members if user and user.is_same(each.person.user_id)), None),
        "enquiry": enquiry,
        # Before the quoting days are over a price shown would help whoever quotes last.
        "shows_prices": bool(award) or (enquiry is not None and enquiry.closes_at <= now()),
        "award": award,
        "contract": selectors.last_contract(proposal),
        "is_in_kind": (enquiry is None or enquiry.ended_at is not None) and selectors.buys_nothing(proposal),
        "sample_policy": policy.is_default(proposal.place, ["quotes.", "payment.", "group."]),
        "demo_data": proposal.is_demo,
    }
    return render(request, "funding/suppliers.html", context)


@require_safe
def log(request: HttpRequest, number: str) -> HttpResponse:
    """The site board, and the log newest first."""
    proposal = _proposal(number)
    contract = selectors.last_contract(proposal)
    unbought = selectors.unbought_since(proposal) if contract is None or contract.ended_at else None
    if unbought:
        contract = None
    begun = contract.started_at if contract else unbought
    may_write = request.user.is_authenticated and is_in_group(request.user, proposal)
    context = {
        "proposal": proposal,
        "contract": contract,
        "board": selectors.board(proposal, contract, begun) if contract or begun else [],
        "entries": proposal.log_entries.prefetch_related("photos")[:100],
        "may_write": may_write,
        "may_withhold": request.user.is_authenticated and may_withhold(request.user, proposal, None),
        "mine": request.user.keys if request.user.is_authenticated else (),
        "may_start": may_write and proposal.stage == Stage.DELIVERING and contract and contract.started_at is None,
        "may_finish": may_write and proposal.stage == Stage.DELIVERING and begun is not None,
        "demo_data": proposal.is_demo,
    }
    return render(request, "funding/log.html", context)


@require_safe
def acceptance(request: HttpRequest, number: str) -> HttpResponse:
    """Each round of acceptance, item by item."""
    proposal = _proposal(number)
    contract = None if selectors.buys_nothing(proposal) else proposal.contracts.order_by("-pk").first()
    held = proposal.acceptances.filter(contract=contract).order_by("round").select_related("notice")
    rounds = held.prefetch_related("panel", "items")
    context = {"proposal": proposal, "rounds": list(rounds)[::-1], "demo_data": proposal.is_demo}
    return render(request, "funding/acceptance.html", context)


@require_safe
def log_photo(request: HttpRequest, pk: int) -> FileResponse | HttpResponse:
    """Pictures of a public site are public; they hold pixels only."""
    picture = get_object_or_404(LogPhoto.objects.select_related("entry__proposal__place"), pk=pk)
    if picture.withheld_at is not None:
        return in_place_of(picture, picture.entry.proposal, request)
    response = answer_with(picture.image)
    response["Cache-Control"] = f"public, max-age={PHOTO_KEPT_SECONDS}"
    return response


@login_required
def withhold_log_photo(request: HttpRequest, pk: int) -> HttpResponse:
    picture = get_object_or_404(LogPhoto.objects.select_related("entry__proposal__place", "entry__by"), pk=pk)
    proposal = picture.entry.proposal

    def take(reason: str, user: User) -> object:
        return actions.withhold_log_photo(picture, reason=reason, by=user)

    back = reverse("log", args=[proposal.number])
    return withholding(request, picture, proposal, picture.entry.by_id, take, back)


# --- For the project group and staff -------------------------------------------------------------------


@login_required
def add_log(request: HttpRequest, number: str) -> HttpResponse:
    """A line of the log from the phone."""
    proposal, user = _proposal(number), user_of(request)
    if not rules.has_perm("funding.deliver", user, proposal):
        raise NotAllowed(_("只有项目小组成员和社区工作人员可以记现场日志"))
    if proposal.stage not in LOGGING:
        raise Refused(_("现在是“%s”，不用记现场") % Stage(proposal.stage).label)
    form = LogForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.log(proposal, **form.cleaned_data, by=user)
            messages.success(request, _("已记下，大家都看得到"))
            return redirect("log", number)
    context = {"proposal": proposal, "form": form}
    return render(request, "funding/add_log.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
@pressing(gettext_lazy("今天开工"))
def start_work(request: HttpRequest, number: str) -> HttpResponse:
    proposal = _proposal(number)
    actions.start_work(proposal, by=user_of(request))
    messages.success(request, _("已记开工，请把公示牌挂在现场"))
    return redirect("log", number)


@login_required
def finish_work(request: HttpRequest, number: str) -> HttpResponse:
    """The group says it is done and asks for acceptance."""
    proposal, user = _proposal(number), user_of(request)
    if reasons := why_not(proposal, "finish", user):
        raise NotAllowed(*reasons)
    form = FinishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            actions.finish(proposal, reason=form.cleaned_data["reason"], by=user)
            messages.success(request, _("已申请验收"))
            return redirect("project", number)
    context = {"proposal": proposal, "form": form}
    return render(request, "funding/finish.html", context, status=422 if form.errors else 200)


@login_required
@require_safe
def voucher(request: HttpRequest, pk: int) -> FileResponse:
    """The picture of a voucher, for staff of the place only: it may show a name or a number."""
    given = get_object_or_404(Contribution.objects.select_related("proposal__place"), pk=pk)
    if not rules.has_perm("funding.see_voucher", user_of(request), given):
        raise NotAllowed(_("凭证照片只给这里的工作人员核对用"))
    if not given.voucher_photo:
        raise Http404
    response = answer_with(given.voucher_photo)
    response["Cache-Control"] = "private, no-store"
    return response


PAPERS: dict[str, tuple[type[Model], str]] = {
    f"{model._meta.model_name}-{field}": (model, field)
    for model, field in (
        (Contract, "file"),
        (Ending, "file"),
        (PlanChange, "file"),
        (Waiver, "file"),
        (Quote, "file"),
        (Payment, "invoice_photo"),
    )
}
"""What staff of the place may see of money's papers, by the name it has in the address."""


@never_cache
@login_required
@require_safe
def paper(request: HttpRequest, kind: str, pk: int) -> FileResponse:
    """The picture of a contract, a quote, an invoice, a receipt: for staff of the place, to compare and decide."""
    model, field = PAPERS.get(kind, (None, ""))
    if model is None:
        raise Http404
    row: Any = get_object_or_404(model, pk=pk)
    if not rules.has_perm("funding.see_voucher", user_of(request), row):
        raise NotAllowed(_("这张照片只给这里的工作人员核对用"))
    if not getattr(row, field):
        raise Http404
    return answer_with(getattr(row, field))


@never_cache
@login_required
@require_safe
def pledge_photo(request: HttpRequest, pk: int) -> FileResponse:
    """A household's sheet is seen by who registers and reads them there; nobody else."""
    promised = get_object_or_404(
        Pledge.objects.filter(line__isnull=False).select_related("line__sheet", "proposal__place"), pk=pk
    )
    if not rules.has_perm("funding.see_pledge_sheet", user_of(request), promised):
        raise NotAllowed(_("只有登记和核对的人可以看认缴单"))
    assert promised.line
    return answer_with(promised.line.sheet.stub)
