"""A picture that was taken back, and taking one back."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.accounts.requests import user_of
from minshi.refusals import NotAllowed, answering
from proposals import actions
from proposals.forms import WithholdForm
from proposals.models import Photo, Proposal, Withholdable


def in_place_of(photo: Withholdable, proposal: Proposal, request: HttpRequest) -> HttpResponse:
    """What stands under the number of a picture that was taken back."""
    context = {"photo": photo, "proposal": proposal}
    return render(request, "proposals/photo_withheld.html", context, status=410)


@login_required
def withhold_photo(request: HttpRequest, pk: int) -> HttpResponse:
    photo = get_object_or_404(Photo.objects.select_related("proposal__place", "by"), pk=pk)
    proposal = photo.proposal

    def take(reason: str, user: User) -> object:
        return actions.withhold_photo(photo, reason=reason, by=user)

    return withholding(request, photo, proposal, photo.by_id, take, proposal.get_absolute_url())


def withholding(
    request: HttpRequest,
    photo: Withholdable,
    proposal: Proposal,
    uploader: int | None,
    take: Callable[[str, User], object],
    back: str,
) -> HttpResponse:
    """The page on which one is taken back, and then ``back``; ``take`` is told why and by whom."""
    user = user_of(request)
    if not actions.may_withhold(user, proposal, uploader):
        raise NotAllowed(_("只有放照片的人、这里的社区工作人员和街道经办可以收回照片"))
    form = WithholdForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with answering(form):
            take(form.cleaned_data["reason"], user)
            messages.success(request, _("已收回，照片马上不再显示"))
            return redirect(back)
    context = {"form": form, "photo": photo, "proposal": proposal, "back": back}
    return render(request, "proposals/withhold_photo.html", context, status=422 if form.errors else 200)
