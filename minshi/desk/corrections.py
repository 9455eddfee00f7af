"""What residents ask to have put right about themselves, answered at the desk; what they let be shown."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.desk.admin import ScopedAdmin, until
from minshi.desk.deskwork import DeskForm
from minshi.desk.views import done_by_another
from minshi.faces.photos import PhotosField, first_of
from minshi.masking import mask_name
from minshi.mydata import actions
from minshi.mydata.models import Consent, Correction
from minshi.residents.models import Role
from minshi.residents.rules import STAND_INS, roles_of

DUE = until("due_at", _("答复期限"))
done_by_another(actions.CORRECTION, Correction, "home__person__user", roles=(Role.CLERK, Role.CASE_OFFICER))


class Grant(DeskForm):
    name = "grant"
    label = _("更正")
    help = _("核对过本人的证件再更正；不留证件号码。")
    permission = "mydata.answer"

    def facts(self) -> list[tuple[Any, Any]]:
        home = self.subject.home
        if self.subject.about:
            return [
                (_("申请的人"), home.person.name if home.person else "—"),
                (_("申请什么"), self.subject.about),
                (_("门牌"), home.household.door),
            ]
        return [
            (_("现在登记的"), home.person.name if home.person else "—"),
            (_("应该是"), self.subject.name),
            (_("门牌"), home.household.door),
        ]

    @classmethod
    def open_to(cls, subject: Correction) -> bool:
        return subject.answered_at is None and bool(subject.name)

    def run(self, subject: Correction, by: User) -> object:
        return actions.answer_correction(subject, granted=True, by=by)


class Done(Grant):
    name = "done"
    label = _("办好了")
    help = _("核对过本人再办；写明办了什么，对方会看到。")
    answer = forms.CharField(label=_("办了什么"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: Correction) -> bool:
        return subject.answered_at is None and bool(subject.about)

    def run(self, subject: Correction, by: User) -> object:
        return actions.answer_correction(subject, granted=True, answer=self.cleaned_data["answer"], by=by)


class Refuse(Grant):
    name = "refuse"
    label = _("不更正")
    help = _("对方会看到理由。")
    answer = forms.CharField(label=_("为什么不更正、不办"), max_length=200, widget=forms.Textarea(attrs={"rows": 3}))

    @classmethod
    def open_to(cls, subject: Correction) -> bool:
        return subject.answered_at is None

    def run(self, subject: Correction, by: User) -> object:
        return actions.answer_correction(subject, granted=False, answer=self.cleaned_data["answer"], by=by)


@admin.register(Correction)
class CorrectionAdmin(ScopedAdmin):
    place_path = "home__household__place__path"
    desk_forms = (Grant, Done, Refuse)
    list_display = ("where", "asked_at", DUE, "answered_at", "is_granted")
    list_select_related = ("home__household__place", "home__person")
    fields = ("where", "name", "about", "asked_at", DUE, "answered_at", "is_granted", "answer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """What somebody asks in words of their own data is read by whoever answers it, or stands in for them."""
        read = Q(about="")
        for held in roles_of(request.user):  # type: ignore[arg-type]
            if held.role in (Role.CLERK, *STAND_INS[Role.CLERK]):
                read |= Q(home__household__place__path__startswith=held.path)
        return super().get_queryset(request).filter(read)

    @admin.display(description=_("在哪里"))
    def where(self, asked: Correction) -> str:
        return asked.home.household.label or asked.home.household.place.name


class TakeBack(DeskForm):
    name = "take-back"
    label = _("凭纸质申请收回")
    help = _("本人签字的申请拍下来。登记以后，公开的地方马上隐去，编号不变；本人会收到消息。")
    permission = "mydata.take_back"
    done = _("已收回，公开的地方马上隐去")
    renamed: ClassVar[dict[str, str]] = {"photo": "photos", "stub": "photos"}
    photos = PhotosField(label=_("拍下申请"), most=1)

    @classmethod
    def open_to(cls, subject: Consent) -> bool:
        return subject.withdrawn_at is None

    def facts(self) -> list[tuple[Any, Any]]:
        return [(_("公开什么"), self.subject.get_what_display()), (_("事情"), self.subject.title)]

    def run(self, subject: Consent, by: User) -> object:
        return actions.take_back_on_paper(subject, photo=first_of(self.cleaned_data["photos"]), by=by)


@admin.register(Consent)
class ConsentAdmin(ScopedAdmin):
    place_path = "place__path"
    desk_forms = (TakeBack,)
    list_display = ("title", "what", "whose", "given_at", "withdrawn_at")
    list_filter = ("what",)
    list_select_related = ("person",)
    search_fields = ("title",)
    fields = ("title", "what", "whose", "place", "version", "given_at", "withdrawn_at")

    @admin.display(description=_("同意的人"))
    def whose(self, agreed: Consent) -> str:
        return mask_name(agreed.person.name)
