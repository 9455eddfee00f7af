"""The app of forms that were sent already."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OnceConfig(AppConfig):
    name = "minshi.once"
    label = "once"
    verbose_name = _("交过的表单")
