"""The rolls' app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RollsConfig(AppConfig):
    name = "minshi.rolls"
    label = "rolls"
    verbose_name = _("名册")
