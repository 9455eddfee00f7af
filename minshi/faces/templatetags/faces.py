"""Components and filters for pages: ``{% load faces %}``. Each tag fills templates/components/<name>.html."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.db.models.fields.files import FieldFile
from django.forms.boundfield import BoundField
from django.http import HttpRequest, UnreadablePostError
from django.template import loader
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from minshi.faces import words
from minshi.faces.own import in_frame, shown
from minshi.faces.pictures import size_of
from minshi.prefix import prefix
from minshi.prefix import shown as in_site

register = template.Library()

PATTERNS = 6
"""Fills of a bar that differ in more than colour, one for each place in the list; see .p0 and on in minshi.css."""

register.filter("yuan", words.yuan)
register.filter("wan", words.wan)
register.filter("cn_date", words.cn_date, expects_localtime=True)
register.filter("cn_datetime", words.cn_datetime, expects_localtime=True)
register.filter("cn_until", words.cn_until, expects_localtime=True)
register.filter("late_at", words.said_late)

# --- The frame of a page ----------------------------------------------------------------------

PLACES = (
    # (url name, label, on a phone's bottom bar too)
    ("home", _("首页"), True),
    ("projects", _("项目"), False),
    ("wishes", _("心愿"), True),
    ("mine", _("我的事"), True),
    ("notices", _("公示"), True),
    ("how", _("怎么办事"), False),
)


def _places() -> list[dict[str, Any]]:
    found = []
    for name, label, on_phone in PLACES:
        with suppress(NoReverseMatch):
            found.append({"url": reverse(name), "label": label, "on_phone": on_phone})
    return found


@lru_cache(maxsize=256)
def _drawn(part: str, urlconf: str, before: str, **chosen: Any) -> SafeString:
    """A part of the frame as one ready string: it is on every page and takes few forms."""
    context = {"hotline": settings.HOTLINE, "places": _places() if part == "nav" else (), **chosen}
    return SafeString(loader.render_to_string(f"components/frame_{part}.html", context).strip())


def frame_part(part: str, **chosen: Any) -> SafeString:
    """One of templates/components/frame_<part>.html, drawn once for each choice."""
    # While templates are being written they are drawn anew each time.
    draw = _drawn.__wrapped__ if settings.DEBUG else _drawn
    return draw(part, settings.ROOT_URLCONF, prefix(), **chosen)


@lru_cache(maxsize=4)
def _place_urls(urlconf: str, before: str) -> frozenset[str]:
    return frozenset(place["url"] for place in _places())


def _current(path: str) -> str:
    """The bar's address this path belongs to, if any: /wishes/12/ → /wishes/."""
    first = in_site("/" if path == "/" else f"/{path.split('/', 2)[1]}/")
    return first if first in _place_urls(settings.ROOT_URLCONF, prefix()) else ""


@register.simple_tag(takes_context=True)
def frame(context: template.Context, part: str) -> SafeString:
    if part != "nav":
        return frame_part(part)
    request = context.get("request")
    return frame_part(part, current=_current(request.path_info) if request else "")


@register.simple_tag(takes_context=True)
def own(context: template.Context, name: str) -> SafeString:
    """What stands here is the reader's own (minshi/faces/own.py)."""
    return shown(context.get("request"), name)


@in_frame("account")
def account(request: HttpRequest) -> SafeString:
    """Sign in or out. The user is loaded only for who brings a session cookie."""
    user = getattr(request, "user", None) if _has_session(request) else None
    if user is None or not user.is_authenticated:
        return frame_part("account", signed_in=False, staff=False)
    return frame_part("account", signed_in=True, staff=user.is_staff)


@in_frame("notes")
def notes(request: HttpRequest) -> SafeString:
    """Messages, looked for only where there can be some: asking would open the session of every visitor."""
    storage = getattr(request, "_messages", None)
    if storage is None or not (_has_session(request) or "messages" in request.COOKIES or storage.added_new):
        return SafeString("")
    waiting = list(storage)
    return SafeString(loader.render_to_string("components/notes.html", {"notes": waiting}) if waiting else "")


def _has_session(request: HttpRequest) -> bool:
    return settings.SESSION_COOKIE_NAME in request.COOKIES


# --- Components -------------------------------------------------------------------------------


@register.inclusion_tag("components/now_card.html", takes_context=True)
def now_card(
    context: template.Context,
    title: str,
    text: str = "",
    *,
    until: dt.date | None = None,
    days_left: int | None = None,
    moment: dt.datetime | None = None,
    is_act: bool = True,
    note: str = "",
    url: str = "",
    button: str = "",
    method: str = "get",
    kind: str = "waits",
    reasons: Sequence[str] = (),
) -> dict[str, Any]:
    return {
        "csrf_token": context.get("csrf_token"),
        "title": title,
        "text": text,
        "until": until,
        "days_left": days_left,
        "is_act": is_act,
        "late": words.said_late(until, moment) if moment and isinstance(until, dt.datetime) else "",
        "note": note,
        "url": url,
        "button": button,
        "method": method,
        "kind": kind,
        "reasons": reasons,
    }


def _line(*parts: Any) -> str:
    """What is known, in one grey line: 11月3日 · 李*新."""
    return " · ".join(str(part) for part in parts if part)


STATES = {
    "done": _("已完成"),
    "now": _("正在进行"),
    "coming": _("还没到"),
    "stopped": _("到此为止"),
}


@register.inclusion_tag("components/way.html")
def way(entries: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    steps = []
    for entry in entries:
        state = entry.get("state") or "coming"
        line = _line(words.cn_date(entry.get("date")), entry.get("who"), entry.get("note"))
        steps.append({**entry, "state": state, "state_label": STATES[state], "line": line})
    return {"steps": steps}


def _percent(part: int, whole: int) -> str:
    """A length in a drawing; what is said beside it comes from ``words.percent``."""
    return f"{Decimal(part) * 100 / whole:.2f}%" if whole else "0.00%"


@register.inclusion_tag("components/money_bar.html")
def money_bar(
    sources: Iterable[tuple[str, int]],
    *,
    gap: int = 0,
    total: int | None = None,
    caption: str = "",
    url: str = "",
    promised: int = 0,
) -> dict[str, Any]:
    """``sources`` in fen by label, empty ones too, for each keeps its fill; ``promised`` of them has not arrived.

    What is below nothing is written and not drawn. ``total`` is sources plus gap unless the page knows better."""
    filled = [(number, label, fen) for number, (label, fen) in enumerate(sources) if fen]
    raised, gap = sum(fen for *_, fen in filled), max(gap, 0)
    whole = max(sum(max(fen, 0) for *_, fen in filled) + gap, total or 0)
    parts, start = [], 0
    for number, label, fen in filled:
        end = start + max(fen, 0)
        parts.append(
            {
                "label": label,
                "fen": fen,
                "pattern": number % PATTERNS,
                "start": _percent(start, whole),
                "end": _percent(end, whole),
                "width": _percent(end - start, whole),
            }
        )
        start = end
    total = raised + gap if total is None else total
    return {
        "parts": parts,
        "gap": gap,
        "raised": raised - promised,
        "promised": promised,
        "total": total,
        "caption": caption or gettext("预算"),
        "url": url,
    }


@register.inclusion_tag("components/count_bar.html")
def count_bar(
    done: int, total: int, *, unit: str = "", label: str = "", need: int | None = None, note: str = ""
) -> dict[str, Any]:
    return {
        "done": done,
        "total": total,
        "unit": unit or gettext("户"),
        "label": label,
        "need": need,
        "note": note,
        "width": _percent(min(done, total), total) if total else "0%",
        "need_at": _percent(min(need, total), total) if need and total else "",
    }


@register.inclusion_tag("components/totals.html")
def totals(items: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {"items": items}


register.simple_tag(prefix)


@register.simple_tag
def hotline() -> str:
    """For pages that are drawn without a request: something failed before."""
    number: str = settings.HOTLINE
    return number


@register.simple_tag
def badge(text: Any, kind: str = "plain") -> SafeString:
    return format_html('<span class="badge {}">{}</span>', kind, text)


@register.simple_tag
def mark(text: Any) -> SafeString:
    return format_html('<p class="mark">{}</p>', text)


def item(
    title: str, url: str, line: str, *, stage: str = "", waits: str = "", photo: str = "", heading: str = "h3"
) -> SafeString:
    """One of a list, a project or a wish. Written out, as a notice is: lists are long, and most of what pages cost."""
    picture = format_html('<img src="{}" alt="" loading="lazy" width="96" height="72">', photo) if photo else ""
    waiting = format_html(' <span class="wait">{}</span>', waits) if waits else ""
    below = format_html('<p class="soft">{}</p>', line) if line else ""
    return format_html(
        '<article class="card item{}">\n{}<div><{}><a href="{}">{}</a>{} {}</{}>{}</div>\n</article>',
        " waits" if waits else "", picture, heading, url, title, waiting, stage, heading, below,
    )  # fmt: skip


def notice_item(
    title: str, url: str, line: str, *, number: str = "", until: dt.date | None = None, heading: str = "h3"
) -> SafeString:
    """A 公示 in a list."""
    said = [format_html("<p>{}</p>", line)] if line else []
    if until:
        end = gettext("有不同意见，%(end)s 前可以提") % {"end": words.cn_until(until)}
        said.append(format_html('<p class="soft">{}</p>', end))
    if number:
        said.append(format_html('<p class="soft">{} {}</p>', gettext("编号"), number))
    return format_html(
        '<article class="card notice">\n<{}><a href="{}">{}</a></{}>{}\n</article>',
        heading, url, title, heading, SafeString("".join(said)),
    )  # fmt: skip


@register.simple_tag
def project_card(
    title: str,
    url: str,
    *,
    place: str = "",
    stage: str = "",
    stage_kind: str = "plain",
    line: str = "",
    waits: str = "",
    photo: str = "",
    heading: str = "h3",
) -> SafeString:
    drawn = badge(stage, stage_kind) if stage else ""
    return item(title, url, _line(place, line), stage=drawn, waits=waits, photo=photo, heading=heading)


@register.simple_tag
def notice_card(
    title: str,
    url: str,
    *,
    kind: str = "",
    place: str = "",
    number: str = "",
    until: dt.date | None = None,
    note: str = "",
    heading: str = "h3",
) -> SafeString:
    return notice_item(title, url, _line(kind, place, note), number=number, until=until, heading=heading)


@register.inclusion_tag("components/sheet_photo.html")
def sheet_photo(address: str, picture: FieldFile, alt: str) -> dict[str, Any]:
    """The photo of a sheet of paper to read from; where its file is gone the page says so."""
    size = size_of(picture)
    return {"address": address, "alt": alt, "width": size and size[0], "height": size and size[1]}


@register.inclusion_tag("components/empty_state.html")
def empty_state(what: str, do: str = "", *, url: str = "", button: str = "") -> dict[str, Any]:
    return {"what": what, "do": do, "url": url, "button": button}


@register.inclusion_tag("components/pager.html")
def pager(*, newer: str = "", older: str = "") -> dict[str, Any]:
    return {"newer": newer, "older": older}


@register.inclusion_tag("components/steps_progress.html")
def steps_progress(done: int, total: int, *, label: str = "", unit: str = "", poll: str = "") -> dict[str, Any]:
    return {
        "done": done,
        "total": total,
        "label": label,
        "unit": unit or gettext("项"),
        "poll": poll,
        "finished": done >= total,
    }


@register.inclusion_tag("components/receipt.html")
def receipt(
    number: str,
    *,
    at: dt.datetime,
    title: str = "",
    lines: Iterable[tuple[str, Any]] = (),
    check_url: str = "",
    until: dt.date | None = None,
) -> dict[str, Any]:
    return {
        "number": number,
        "at": at,
        "title": title or gettext("已经收到"),
        "lines": lines,
        "check_url": check_url,
        "until": until,
    }


# --- Forms ------------------------------------------------------------------------------------


def _draw(component: str, bound: BoundField, **more: Any) -> SafeString:
    context = {"field": bound, "described_by": bound.aria_describedby or "", **more}
    return loader.render_to_string(f"components/{component}.html", context)


@register.simple_tag
def field(bound: BoundField, legend: str = "") -> SafeString:
    """A form field with its label, help and errors, drawn by what kind of answer it takes."""
    widget = bound.field.widget
    if isinstance(widget, forms.RadioSelect):  # CheckboxSelectMultiple is one too
        return choice_rows(bound, legend)
    if isinstance(widget, forms.FileInput) and widget.allow_multiple_selected:
        return photo_input(bound, legend)
    return _draw("check_row" if isinstance(widget, forms.CheckboxInput) else "field", bound)


@register.simple_tag
def choice_rows(bound: BoundField, legend: str = "", hints: Mapping[Any, str] | None = None) -> SafeString:
    rows = [(option, (hints or {}).get(option.data["value"], "")) for option in bound]
    return _draw("choice_rows", bound, legend=legend, rows=rows)


@register.simple_tag
def photo_input(bound: BoundField, legend: str = "") -> SafeString:
    return _draw("photo_input", bound, legend=legend, kept=kept_files(bound))


@register.filter
def kept_files(bound: BoundField) -> list[Any]:
    """The files of this field that were sent before and are kept: each has its token."""
    sent = bound.data if bound.form.is_bound and isinstance(bound.field, forms.FileField) else None
    files = sent if isinstance(sent, list) else [sent]
    return [file for file in files if getattr(file, "token", None)]


MOST_TYPED = 12
"""Texts of a form that are shown again where the form itself no longer can be."""
NOT_SHOWN = ("csrf", "form_key", "password", "code", "token", "next", "kept_file", "shown_file")


@register.inclusion_tag("components/typed.html", takes_context=True)
def typed_before(context: template.Context) -> dict[str, Any]:
    """What was written in a form that can no longer be sent: shown to be copied, never kept.

    Only words, no choices and numbers; and nothing that the view declared sensitive.
    """
    request: HttpRequest | None = context.get("request")
    if request is None or not (request.method == "POST" or getattr(request, "changed_since", False)):
        return {}
    hidden = getattr(request, "sensitive_post_parameters", ())
    try:
        sent = [] if hidden == "__ALL__" else [(name, str(text)) for name, text in request.POST.items()]
    except UnreadablePostError:
        return {}
    words = [
        text
        for name, text in sent
        if name not in hidden and not any(part in name for part in NOT_SHOWN) and words_in(text)
    ]
    return {"texts": words[:MOST_TYPED], "is_open": context.get("is_open")}


def words_in(text: str) -> bool:
    """Whether somebody wrote it: a sentence or some Chinese, not the value of a choice."""
    return len(text.split()) > 2 or any("\u4e00" <= letter <= "\u9fff" for letter in text)


@register.inclusion_tag("components/form_errors.html")
def form_errors(form: forms.BaseForm) -> dict[str, Any]:
    """What has to be corrected, on top of the form, each line leading to its field."""
    if not form.is_bound or not form.errors:
        return {}
    beside = [bound for bound in form.visible_fields() if bound.errors]
    general = [*form.non_field_errors(), *(text for bound in form.hidden_fields() for text in bound.errors)]
    is_blank = any(isinstance(each.field.widget, forms.PasswordInput) for each in form.visible_fields())
    return {"general": general, "beside": beside, "count": len(general) + len(beside), "passwords": is_blank}


@register.inclusion_tag("components/form.html", name="form", takes_context=True)
def whole_form(
    context: template.Context,
    form: forms.BaseForm,
    *,
    submit: str = "",
    action: str = "",
    note: str = "",
    cancel: str = "",
    danger: bool = False,
) -> dict[str, Any]:
    return {
        "csrf_token": context.get("csrf_token"),
        "form": form,
        "submit": submit or gettext("提交"),
        "action": action,
        "note": note,
        "cancel": cancel,
        "danger": danger,
    }
