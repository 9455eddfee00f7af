"""The paper's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PaperConfig(AppConfig):
    name = "minshi.paper"
    label = "paper"
    verbose_name = _("纸质表")
