"""The faces app: no tables, only what pages are drawn with."""

from django.apps import AppConfig


class FacesConfig(AppConfig):
    name = "minshi.faces"
    label = "faces"
    verbose_name = "页面"
