"""What staff may do with a thing: each action of a stage as a form with reasons, never a raw field edit."""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from typing import Any, ClassVar

import rules
from django import forms
from django.contrib import messages
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User
from minshi.deadlines.models import Deadline
from minshi.faces.words import filled
from minshi.lifecycle import permits
from minshi.policy import selectors as policy
from minshi.residents.models import Role
from minshi.residents.rules import RESIDENT, acting_title, roles_of
from minshi.territory.models import Territory


class DeskForm(forms.Form):
    """One action of one kind of subject. Subclasses name it and call the action in ``run``.

    ``permission`` is asked with (user, subject); ``open_to`` says whether the subject is where the action
    makes sense. The form gets ``subject`` and ``by`` so that it can offer choices.
    """

    name: ClassVar[str] = ""
    label: ClassVar[Any] = ""
    permission: ClassVar[str] = ""
    help: ClassVar[Any] = ""
    done: ClassVar[Any] = _("已办理")
    renamed: ClassVar[dict[str, str]] = {}
    """Fields that the form calls otherwise than the action does, by the action's name."""
    after: ClassVar[tuple[str, ...]] = ()
    """Who had the first parts, as the subject has their keys: this part is another human's."""

    def __init__(self, *args: Any, subject: Any, by: User, **kwargs: Any) -> None:
        self.subject = subject
        self.by = by
        super().__init__(*args, **kwargs)

    @classmethod
    def open_to(cls, subject: Any) -> bool:
        return True

    @classmethod
    def worded(cls, text: object, subject: Any) -> str:
        """Label and help as they are said of one subject, with the numbers that hold for it: {handback.times}."""
        pinned = getattr(subject, "terms", None) or {}
        place = getattr(subject, "territory", None) or getattr(subject, "place", None)
        return filled(text, lambda name: pinned[name] if name in pinned else policy.value(name, place))

    @classmethod
    def offered(cls, subject: models.Model, user: User) -> bool:
        may = cls.open_to(subject) and bool(rules.has_perm(cls.permission, user, subject))
        return may and not user.is_any(cls.hands_before(subject))

    @classmethod
    def hands_before(cls, subject: Any) -> list[int | None]:
        """The accounts of whoever had the first parts of what this step ends."""
        return [attrgetter(path)(subject) for path in cls.after]

    @classmethod
    def why_not(cls, subject: models.Model, user: User) -> str:
        """Why this person may not take this step now, said to them; empty when they may."""
        if not cls.open_to(subject):
            return cls._moved_on(subject)
        if not rules.has_perm(cls.permission, user, subject):
            return " ".join(filter(None, (cls.whose(user, subject), holder_said(subject))))
        return "" if cls.offered(subject, user) else cls.not_by_them(subject, user)

    @classmethod
    def _moved_on(cls, subject: Any) -> str:
        words = {"step": cls.worded(cls.label, subject), "thing": subject}
        if not hasattr(subject, "get_stage_display"):
            return _("“%(thing)s”现在用不着“%(step)s”：已经办过，或者还没有轮到。") % words
        words["stage"] = subject.get_stage_display()
        return _("“%(thing)s”现在是“%(stage)s”，不能办理“%(step)s”。") % words

    @classmethod
    def whose(cls, user: User, subject: Any = None) -> str:
        """Whose step it is, and as whom this person stands here."""
        yours = "、".join(held.label for held in roles_of(user)) or str(RESIDENT)
        words = {"step": cls.worded(cls.label, subject), "who": permits.holder(cls.permission), "you": yours}
        return _("“%(step)s”由%(who)s办理，您是%(you)s。") % words

    @classmethod
    def not_by_them(cls, subject: Any, user: User) -> str:
        """For a step that is this office's, and not this person's."""
        return _("“%(step)s”要由另一个人办理：前面的一步是您办的，或者这件事是您提议的。") % {
            "step": cls.worded(cls.label, subject)
        }

    def facts(self) -> list[tuple[Any, Any]]:
        """(label, text) of what one must have before one's eyes to decide; above the form."""
        return []

    def said(self) -> str:
        """What is told once it is done."""
        return str(self.done)

    def said_as(self) -> int:
        return messages.SUCCESS

    def run(self, subject: Any, by: User) -> object:
        raise NotImplementedError


class OneWord(DeskForm):
    """One word on a thing: ``act`` is told the thing, what was filled in under the fields' own names, and who."""

    act: ClassVar[Callable[..., object]]

    def run(self, subject: Any, by: User) -> object:
        return type(self).act(subject, **self.cleaned_data, by=by)


def holder_said(subject: models.Model) -> str:
    """With whom the thing is now, as a sentence; empty where nobody is waited for."""
    waits = Deadline.objects.tasks().of(subject).order_by("due").first()
    if waits is None or waits.role not in Role:
        return ""
    place = Territory.objects.filter(path=waits.place_path).first()
    holder = acting_title(place, waits.role) if place else Role(waits.role).label
    return _("现在等%(holder)s办理。") % {"holder": holder}


class ReasonField(forms.CharField):
    """Why: required, a few lines, shown in public."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("理由"))
        kwargs.setdefault("help_text", _("对方和大家都看得到"))
        kwargs.setdefault("max_length", 1000)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**kwargs)
