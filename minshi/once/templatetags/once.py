"""Every form that bears the token against forgery bears a key of its own: site, desk and libraries alike."""

from __future__ import annotations

from uuid import uuid4

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.utils.html import format_html

from minshi.signin.drafts import FORM_KEY

register = template.Library()


class KeyedForm(CsrfTokenNode):
    """In place of Django's ``{% csrf_token %}``. A page that is kept for everybody has no such form."""

    def render(self, context: template.Context) -> str:
        token = super().render(context)
        return token and format_html('{}<input type="hidden" name="{}" value="{}">', token, FORM_KEY, uuid4())


@register.tag
def csrf_token(parser: template.base.Parser, token: template.base.Token) -> KeyedForm:
    return KeyedForm()
