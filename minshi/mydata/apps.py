"""My data's app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MyDataConfig(AppConfig):
    name = "minshi.mydata"
    label = "mydata"
    verbose_name = _("我的信息")

    def ready(self) -> None:
        from minshi.mydata import reactions  # noqa: F401  (registers what is done when a deadline is due)
