"""第二眼: the sheet's photo beside what was typed from it, and what differs put right."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from minshi.faces.pictures import answer_with
from minshi.ledger.money import format_yuan
from minshi.refusals import NotAllowed, answering
from minshi.residents.rules import person_of
from minshi.signin.freshness import needs_fresh_code
from proposals import actions, rules, selectors
from proposals.forms import LookForm, RightWishesForm, RightWordsForm
from proposals.models import CASH, Look, LookState, Proposal, Source, Wish
from proposals.views.proposing import SAID_OF_VERSION, typed_before
from proposals.wording import who_benefits


def _look(pk: int) -> Look:
    return get_object_or_404(Look.objects.select_related("sheet__place", "typed_by", "looked_by"), pk=pk)


@never_cache
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def look(request: HttpRequest, pk: int) -> HttpResponse:
    """One question: is what was typed what stands on the sheet?"""
    found, user = _look(pk), user_of(request)
    entered = selectors.entered_from(found)
    sides = selectors.sides_of(entered)
    reasons, may_correct = rules.why_not_look(user, found, sides), rules.may_correct(user, found, sides)
    if reasons and not may_correct:
        raise NotAllowed(*reasons)
    form = LookForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            seen = actions.look_at_sheet(found, difference=form.cleaned_data["difference"], by=user)
            messages.success(request, str(_SAID[LookState(seen.state)]))
            return redirect("look", pk)
    context = {
        "look": found,
        "form": form,
        "reasons": reasons,
        "may_look": not reasons and (found.state == LookState.WAITING or bool(form.errors)),  # typed, it stays
        "may_correct": may_correct and found.state == LookState.DIFFERS and _is_correctable(entered),
        "entered": [_as_typed(each) for each in entered],
        "next": next((each.pk for each, _due in selectors.looks_waiting_for(user) if each.pk != pk), None),
    }
    return render(request, "proposals/look.html", context, status=422 if form.errors else 200)


def _is_correctable(entered: list[Proposal | Wish]) -> bool:
    return any(rules.may_still_correct(each) for each in entered)


_SAID = {
    LookState.ALIKE: gettext_lazy("已对照，一致"),
    LookState.DIFFERS: gettext_lazy("已记下，请录入的人照原件更正，更正以后再由另一位对照"),
    LookState.NOTED: gettext_lazy("已记下；现在已经不能改原文，不一样的地方会写在页面上"),
}


def _as_typed(entered: Proposal | Wish) -> dict[str, Any]:
    """What stands on the site now, as (label, text)."""
    if isinstance(entered, Wish):
        facts = [(_("姓名"), entered.wisher_name), (_("心愿"), entered.text), (_("具体位置"), entered.spot)]
        facts += [(_("属于哪一类"), entered.get_category_display()), (_("楼栋"), entered.place.name)]
    else:
        version = entered.version
        sums = {source: version.share_fen(source) for source in CASH}
        facts = [
            (_("提议人"), _name_of(entered)),
            (_("给哪里办"), entered.place.name),
            (_("名称"), entered.title),
            (_("现在有什么不方便"), version.need),
            (_("打算怎么做"), version.plan),
            (_("具体在哪里"), version.spot),
            (_("谁受益"), who_benefits(version, entered.place)),
            (_("大约多少人受益"), str(version.people or "")),
            (_("是服务还是工程"), entered.get_kind_display()),
            (_("属于哪一类"), entered.get_category_display()),
            (_("估计费用（元）"), format_yuan(version.cost_fen)),
            *((str(Source(source).label), format_yuan(fen)) for source, fen in sums.items() if fen),
            (_("办好以后谁来管"), version.keeper),
        ]
    return {"thing": entered, "facts": [(label, text) for label, text in facts if text != ""]}


def _name_of(proposal: Proposal) -> str:
    person = person_of(proposal.proposer)
    return person.name if person else ""


@never_cache
@needs_fresh_code
@require_http_methods(["GET", "HEAD", "POST"])
def look_correct(request: HttpRequest, pk: int) -> HttpResponse:
    """What was typed, put right beside the photo."""
    found, user = _look(pk), user_of(request)
    entered = selectors.entered_from(found)
    if not rules.may_correct(user, found, selectors.sides_of(entered)):
        raise NotAllowed(_("由这里的社区工作人员或者能对照原件的人更正"))
    form = _correction_form(request, entered, user)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            if isinstance(form, RightWishesForm):
                actions.correct_wishes(found, form.righted(), why=form.cleaned_data["why"], by=user)
            else:
                _correct_proposal(found, form, user)
            messages.success(request, _("已照原件更正，本人会收到通知；请另一位再对照一次"))
            return redirect("look", pk)
    context = {"look": found, "form": form, "is_book": isinstance(form, RightWishesForm)}
    return render(request, "proposals/look_correct.html", context, status=422 if form.errors else 200)


def _correction_form(
    request: HttpRequest, entered: list[Proposal | Wish], user: User
) -> RightWordsForm | RightWishesForm:
    data = request.POST if request.method == "POST" else None
    proposal = next((each for each in entered if isinstance(each, Proposal)), None)
    if proposal is None:
        wishes = [each for each in entered if isinstance(each, Wish) and rules.may_still_correct(each)]
        return RightWishesForm(data, wishes=wishes, by=user)
    before = {**typed_before(proposal.version), "title": proposal.title, "category": proposal.category}
    return RightWordsForm(data, proposal=proposal, initial=before)


def _correct_proposal(found: Look, form: RightWordsForm, user: User) -> None:
    data = form.cleaned_data
    actions.correct_proposal(
        found,
        **{name: data[name] for name in ("why", "title", "category", *SAID_OF_VERSION)},
        cost_fen=data["cost"],
        shares=form.shares(),
        by=user,
    )


@never_cache
@login_required
@require_safe
def look_photo(request: HttpRequest, pk: int) -> FileResponse:
    """A sheet is seen by who looks at it or puts right what was typed; a proposal's also by who wrote it."""
    found, user = _look(pk), user_of(request)
    entered = selectors.entered_from(found)
    is_theirs = any(isinstance(each, Proposal) and user.is_same(each.proposer_id) for each in entered)
    if not is_theirs and not rules.may_correct(user, found, selectors.sides_of(entered)):
        raise NotAllowed(_("只有录入、对照原件的人和本人可以看"))
    return answer_with(found.sheet.stub)
