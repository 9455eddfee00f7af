"""The site object of the admin."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from unfold.sites import UnfoldAdminSite


class Desk(UnfoldAdminSite):
    site_title = _("民生小实事")
    site_header = _("民生小实事 · 工作台")
    index_title = _("工作台")
    index_template = "desk/index.html"
