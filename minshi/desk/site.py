"""The admin as the staff's desk. Configured apart from the app: the admin loads its site before models exist."""

from __future__ import annotations

from django.contrib.admin.apps import AdminConfig


class MinshiAdminConfig(AdminConfig):
    default_site = "minshi.desk.index.Desk"
