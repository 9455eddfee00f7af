"""The site object of the admin."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class Desk(UnfoldAdminSite):
    site_title = _("民生小实事")
    site_header = _("民生小实事 · 工作台")
    index_title = _("工作台")
    index_template = "desk/index.html"

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Only pages that keep to territories: those of the libraries (groups, second factors) show everything."""
        if hasattr(admin_class, "desk_forms"):
            super().register(model_or_iterable, admin_class, **options)
