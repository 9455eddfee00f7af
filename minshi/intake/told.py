"""What people are told of registers that came as files."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from minshi.notifications.catalogue import Event

CARRIED_OUT = Event("intake.carried_out", _("导入户册的人：办成了，或者为什么没有办成"))
