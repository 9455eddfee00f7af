"""The clerk's pages: what came on paper is entered for whoever wrote it, with a receipt for them."""

from __future__ import annotations

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from minshi.faces.photos import first_of
from minshi.paper.numbers import shown
from minshi.policy import selectors as policy
from minshi.refusals import NotAllowed, answering
from minshi.signin.freshness import needs_fresh_code
from proposals import actions, selectors
from proposals.forms import DoorWishForm, PaperProposeForm, WishBookForm
from proposals.models import Wish
from proposals.rules import enters_paper, walks_round
from proposals.views.proposing import SAID


def _refuse_others(user: User) -> None:
    if not enters_paper(user):
        raise NotAllowed(_("只有社区工作人员可以代录纸质提议和心愿"))


@never_cache
@needs_fresh_code
def propose_for(request: HttpRequest) -> HttpResponse:
    """A paper proposal; its receipt is shown to be written down for whoever proposes."""
    user = user_of(request)
    _refuse_others(user)
    form = PaperProposeForm(request.POST or None, request.FILES or None, by=user)
    entered = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        photo: UploadedFile | None = first_of(data["sheet"])
        with answering(form, stub="sheet"):
            entered = actions.submit_for(
                data["door"],
                data["name"],
                **{name: data[name] for name in SAID if name != "place"},
                place=form.where(),
                cost_fen=data["cost"],
                shares=form.shares(),
                parts=data["parts"],
                doors=data["doors"],
                photos=data["photos"],
                photo=photo,
                by=user,
            )
            messages.success(request, _("已登记，编号 %(number)s，请抄给提出人") % {"number": entered.number})
            return redirect("project", entered.number)
    return render(request, "proposals/propose_for.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
def wish_book(request: HttpRequest) -> HttpResponse:
    """A page of a 心愿本 on one screen; afterwards a receipt for each."""
    user = user_of(request)
    _refuse_others(user)
    if request.method == "GET" and (done := _entered_by(user, request.GET.get("sheet", ""))):
        return render(request, "proposals/wish_book_done.html", {"receipts": done})
    form = WishBookForm(request.POST or None, request.FILES or None, by=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form, photo="photos", stub="photos", receipt="lines", name="lines"):
            entered = actions.enter_wishes(
                data["place"], data["lines"], photo=first_of(data["photos"]), receipt_id=data["receipt"], by=user
            )
            return redirect(f"{reverse('wish_book')}?sheet={entered[0].sheet_id}")
    if form.errors:
        form.renew()
    return render(request, "proposals/wish_book.html", {"form": form}, status=422 if form.errors else 200)


@never_cache
@needs_fresh_code
def wish_at_door(request: HttpRequest) -> HttpResponse:
    """A wish said at the door. The page keeps what was typed in the browser until it was sent; without JavaScript it is
    a form like any other."""
    user = user_of(request)
    if not walks_round(user):
        raise NotAllowed(_("只有走访这里的网格员、楼栋长等组织人和社区工作人员可以上门记心愿"))
    form = DoorWishForm(request.POST or None, request.FILES or None, by=user)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        with answering(form, lines="text", place="door"):
            wished = actions.wish_at_door(data.pop("door"), data.pop("name"), **data, by=user)
            messages.success(request, _("已登记，心愿编号 %(number)d，请告诉许愿人") % {"number": wished.pk})
            return redirect(f"{reverse('wish_at_door')}?sent={wished.pk}")
    context = {
        "form": form,
        "whose": salted_hmac("wishes at the door", str(user.pk)).hexdigest()[:16],
        "days": policy.value("drafts.days", None),
        "urgent": selectors.urgent_terms(selectors.home_place()),
    }
    return render(request, "proposals/wish_at_door.html", context, status=422 if form.errors else 200)


def _entered_by(user: User, sheet: str) -> list[tuple[Wish, str]]:
    """The wishes of a page this person entered, each with its receipt."""
    if not (sheet.isascii() and sheet.isdigit() and len(sheet) < 19):
        return []
    rows = Wish.objects.filter(sheet=int(sheet), entered_by=user).order_by("pk")
    return [(wished, shown(wished.slip_number or "")) for wished in rows]
