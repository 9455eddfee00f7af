"""``{% load i18n %}``, with what never varies looked up once for each language instead of on every page.

Django's own tag asks the catalogue each time a node is drawn: a page has hundreds of such sentences.
"""

from __future__ import annotations

from django import template
from django.template.base import Parser, Token
from django.templatetags import i18n
from django.utils.translation import get_language

register = template.Library()
register.tags.update(i18n.register.tags)
register.filters.update(i18n.register.filters)


class SaidOnce(template.Node):
    """A sentence without variables; with ``as`` it is put into the context, else drawn."""

    child_nodelists = ()

    def __init__(self, sentence: i18n.TranslateNode, name: str | None) -> None:
        self.sentence, self.name = sentence, name
        self.said: dict[str | None, str] = {}

    def render(self, context: template.Context) -> str:
        language = get_language()
        said = self.said.get(language)
        if said is None:
            said = self.said[language] = self.sentence.render(context)
        if self.name is None:
            return said
        context[self.name] = said
        return ""


@register.tag("translate")
@register.tag("trans")
def translate(parser: Parser, token: Token) -> template.Node:
    sentence = i18n.do_translate(parser, token)
    expression = sentence.filter_expression
    is_constant = isinstance(expression.token, str) and expression.token[0] in "\"'" and not expression.filters
    if not is_constant or sentence.message_context or sentence.noop:
        return sentence
    name, sentence.asvar = sentence.asvar, None
    return SaidOnce(sentence, name)
