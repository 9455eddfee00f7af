"""Two have read a sheet differently: whoever may decide between them is told."""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.notifications.actions import tell_all
from minshi.notifications.selectors import holders
from minshi.paper.models import Line
from minshi.residents.models import Role
from proposals import told
from proposals.lifecycle import holder_place


@action
def ask_third(line: Line, url: str, *roles: str, by: User | None = None) -> None:
    """Tell whoever reads such sheets (by default clerk and chief), but not the two who have read this one."""
    place = line.sheet.place
    places = {Role.CHIEF: place}
    readers = {
        user.pk: user
        for role in roles or (Role.CLERK, Role.CHIEF)
        for user in holders(role, places.get(Role(role)) or holder_place(place, "community"))
        if not user.is_any((line.first_by_id, line.second_by_id))
    }
    title = _("请第三个人核对：%(about)s") % {"about": line.sheet.about}
    words = _("两个人看得不一样，请您照着照片再看一次")
    tell_all(readers.values(), title, words, url, event=told.PAPER_THIRD.name, matter=f"line:{line.pk}")
