"""The app of files that were sent with a form that was not taken."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class UnsentConfig(AppConfig):
    name = "minshi.unsent"
    label = "unsent"
    verbose_name = _("没有提交成的附件")
