"""Cosigning, on a phone and from a sheet of paper."""

from __future__ import annotations

import rules
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.requests import user_of
from minshi.addresses import sent, told
from minshi.faces.photos import first_of
from minshi.faces.pictures import answer_with
from minshi.paper.models import Sheet
from minshi.refusals import NotAllowed, answering
from minshi.residents import speaking
from minshi.residents.models import ORGANISERS, Role
from minshi.residents.rules import person_of, roles_of
from minshi.signin.freshness import needs_fresh_code
from minshi.territory.models import Household
from proposals import actions, selectors
from proposals.actions.cosigning import proposal_of, to_ask, to_type
from proposals.forms import ReadDoorsForm, ReadListForm, SheetForm
from proposals.models import Proposal
from proposals.rules import may_read_list
from proposals.wording import who_benefits


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def cosign(request: HttpRequest, number: str) -> HttpResponse:
    """One question: does your household support putting it forward?"""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card", "merged_into"), number=number)
    if proposal.merged_into is not None and request.method != "POST":  # the poster in the stairwell leads on
        return redirect("cosign", proposal.merged_into.number)
    user = user_of(request)
    person = person_of(user)
    home = person.residence if person else None
    household = home.household if home else None
    reasons: list[str] = []
    if request.method == "POST":
        with answering(lambda refusal: reasons.extend(refusal.reasons)):
            if household is None:
                raise NotAllowed(_("还没登记住在哪一户，请先登记"))
            actions.cosign(proposal, household, by=user)
            messages.success(request, _("已代表您家附议"))
            return redirect("project", proposal.number)
    version = proposal.version
    context = {
        "proposal": proposal,
        "version": version,
        "home": home,
        "household": household,
        "signed": proposal.cosigns.standing().filter(household=household).select_related("line").first(),
        "benefits": household is not None and proposal.beneficiaries().filter(pk=household.pk).exists(),
        "why_not": speaking.why_not(user, act=_("附议"), any_adult=True) if person and not person.is_adult else [],
        "who_benefits": who_benefits(version, proposal.place),
        "enters_paper": rules.has_perm("proposals.record_paper", user, proposal),
        "needed": actions.cosigns_needed(proposal),
        "reasons": reasons,
    }
    return render(request, "proposals/cosign.html", context, status=422 if reasons else 200)


@never_cache
@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def cosign_on_paper(request: HttpRequest, number: str) -> HttpResponse:
    """The chief or the clerk registers a signed list: its photo, and the doors that stand on it."""
    proposal = get_object_or_404(Proposal.objects.select_related("place", "card"), number=number)
    user = user_of(request)
    if not rules.has_perm("proposals.record_paper", user, proposal):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以登记纸质附议"))
    form = SheetForm(request.POST or None, request.FILES or None, doors=proposal.beneficiaries())
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form, photo="photos", stub="photos"):
            sheet = actions.cosign_on_paper(proposal, data["doors"], photo=first_of(data["photos"]), by=user)
            said = _("已登记 %(n)d 户，等另一位照着照片核对以后才算") % {"n": sheet.lines.count()}
            messages.success(request, said)
            return redirect("cosign", proposal.number)
    context = {
        "form": form,
        "proposal": proposal,
        "needed": actions.cosigns_needed(proposal),
        "to_read": selectors.list_to_read(user),
    }
    return render(request, "proposals/cosign_on_paper.html", context, status=422 if form.errors else 200)


@never_cache
@login_required
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def cosign_read(request: HttpRequest) -> HttpResponse:
    """One list per screen: its photo, and which doors signed, without what was read before."""
    user = user_of(request)
    takes_in = any(held.role in (Role.CLERK, *ORGANISERS) for held in roles_of(user))
    if not takes_in and selectors.list_to_read(user) is None:
        raise NotAllowed(_("只有楼栋长等组织人和社区工作人员可以核对纸质附议"))
    sheet = _sent_list(request)
    if sheet is None and request.method == "POST":  # never read into the next list what was typed from another
        raise NotAllowed(_("没有这张签名册了，请重新打开核对的页面，看着照片再录一次"))
    sheet = sheet or selectors.list_to_read(user)
    if sheet is None:
        return render(request, "proposals/cosign_read_done.html", {})
    proposal = proposal_of(sheet)
    if not may_read_list(user, proposal, selectors.hands_on(sheet, user)):
        raise NotAllowed(_("只有这里的楼栋长和社区工作人员可以核对纸质附议"))
    form = _reading_form(request, sheet, proposal)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            if isinstance(form, ReadDoorsForm):
                actions.read_doors(sheet, form.answers(), by=user)
            else:
                actions.read_list(sheet, form.cleaned_data["doors"], by=user)
            messages.success(request, _("已核对；看的不一样的，转另一位来看"))
            return redirect("cosign_read")
    context = {"form": form, "sheet": sheet, "proposal": proposal, "asks": isinstance(form, ReadDoorsForm)}
    return render(request, "proposals/cosign_read.html", context, status=422 if form.errors else 200)


def _sent_list(request: HttpRequest) -> Sheet | None:
    """The list that was on the screen; an unknown one is not there."""
    key = sent("signed_list", request.POST.get("sheet"))
    if key is None:
        return None
    return get_object_or_404(Sheet.objects.filter(lines__cosigns__isnull=False).distinct(), pk=key)


def _reading_form(request: HttpRequest, sheet: Sheet, proposal: Proposal) -> ReadListForm | ReadDoorsForm:
    """A whole list is typed; what two saw differently, or one found later, is asked door by door."""
    user, data, initial = user_of(request), request.POST or None, {"sheet": told("signed_list", sheet.pk)}
    if not to_type(sheet, user) and (lines := to_ask(sheet, user)):
        return ReadDoorsForm(data, lines=lines, initial=initial)
    return ReadListForm(data, doors=_readable(proposal, sheet), initial=initial)


def _readable(proposal: Proposal, sheet: Sheet) -> QuerySet[Household]:
    """Who benefits, and whose line it was when the sheet was registered: a door may be struck off meanwhile."""
    of_place, on_sheet = proposal.beneficiaries().values("pk"), sheet.lines.values("household")
    return Household.objects.filter(Q(pk__in=of_place) | Q(pk__in=on_sheet))


@never_cache
@login_required
@require_safe
def cosign_photo(request: HttpRequest, pk: int) -> FileResponse:
    """A signed list is seen by who takes lists in there; nobody else."""
    lists = Sheet.objects.filter(lines__cosigns__isnull=False).exclude(stub="").distinct()
    sheet, user = get_object_or_404(lists, pk=pk), user_of(request)
    if not may_read_list(user, proposal_of(sheet), selectors.hands_on(sheet, user)):
        raise NotAllowed(_("只有登记和核对的人可以看签名册"))
    return answer_with(sheet.stub)
