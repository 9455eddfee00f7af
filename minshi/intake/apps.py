"""The app of registers that come as files."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "minshi.intake"
    label = "intake"
    verbose_name = _("户册导入")
