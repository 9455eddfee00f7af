"""The faces app: no tables, only what pages are drawn with."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from minshi.refusals import words_of_moments


class FacesConfig(AppConfig):
    name = "minshi.faces"
    label = "faces"
    verbose_name = _("页面")

    def ready(self) -> None:
        from minshi.faces import checks, labels, typed, words  # noqa: F401  (checks register themselves)

        labels.look_up_once()
        words_of_moments.append(words.cn_datetime)
        labels.keep_near()
        typed.watch()
