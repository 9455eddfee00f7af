"""What staff may do with a thing: each action of a stage as a form with reasons, never a raw field edit."""

from __future__ import annotations

from typing import Any, ClassVar

import rules
from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from minshi.accounts.models import User


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

    def __init__(self, *args: Any, subject: Any, by: User, **kwargs: Any) -> None:
        self.subject = subject
        self.by = by
        super().__init__(*args, **kwargs)

    @classmethod
    def open_to(cls, subject: Any) -> bool:
        return True

    @classmethod
    def worded(cls, text: object, subject: Any) -> str:
        """Label and help as they are said of one subject."""
        return str(text)

    @classmethod
    def offered(cls, subject: models.Model, user: User) -> bool:
        return cls.open_to(subject) and bool(rules.has_perm(cls.permission, user, subject))

    def facts(self) -> list[tuple[Any, Any]]:
        """(label, text) of what one must have before one's eyes to decide; above the form."""
        return []

    def said(self) -> str:
        """What is told once it is done."""
        return str(self.done)

    def run(self, subject: Any, by: User) -> object:
        raise NotImplementedError


class ReasonField(forms.CharField):
    """Why: required, a few lines, shown in public."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", _("理由"))
        kwargs.setdefault("help_text", _("对方和大家都看得到"))
        kwargs.setdefault("max_length", 1000)
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3}))
        super().__init__(**kwargs)
