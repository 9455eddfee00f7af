"""The desk speaks Chinese: every column and every line of a page is named in the words people use."""

from __future__ import annotations

import re

import pytest
from django.contrib import admin
from django.contrib.admin.utils import flatten, label_for_field
from django.db.models import Model

from deliberation.models import Motion
from minshi.desk.admin import ScopedAdmin

CHINESE = re.compile("[\u4e00-\u9fff]")
SITES = {model: site for model, site in admin.site._registry.items() if isinstance(site, ScopedAdmin)}
OF_THEIR_OWN = {"residents.Residence"}
"""What their pages show depends on who looks; the form says it."""


def shown(site: ScopedAdmin) -> list[str]:
    return [*site.list_display, *flatten(site.fields or ())]


def unnamed(model: type[Model], site: ScopedAdmin) -> list[str]:
    return [str(name) for name in shown(site) if not CHINESE.search(str(label_for_field(name, model, site)))]


@pytest.mark.parametrize(("model", "site"), SITES.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_every_column_has_a_chinese_name(model: type[Model], site: ScopedAdmin) -> None:
    assert not unnamed(model, site)


@pytest.mark.parametrize(("model", "site"), SITES.items(), ids=lambda each: getattr(each, "__name__", ""))
def test_every_page_says_what_it_shows(model: type[Model], site: ScopedAdmin) -> None:
    """Without a list Django shows every field there is, keys, fen and exclusive ends among them."""
    assert site.fields or model._meta.label in OF_THEIR_OWN
    names = [name for name in shown(site) if isinstance(name, str)]
    assert not [name for name in names if name.endswith("_fen") or name in ("due_at", "closes_at", "publish_by")]


def test_a_column_without_a_name_is_noticed() -> None:
    class Careless(ScopedAdmin):
        list_display = ("question", "stage_since")

    assert unnamed(Motion, Careless(Motion, admin.site)) == ["stage_since"]
