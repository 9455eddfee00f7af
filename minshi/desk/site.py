"""The admin as the staff's desk."""

from django.contrib.admin.apps import AdminConfig


class MinshiAdminConfig(AdminConfig):
    default_site = "unfold.sites.UnfoldAdminSite"
