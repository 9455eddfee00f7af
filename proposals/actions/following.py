"""Following a project, or a place with all its projects."""

from __future__ import annotations

from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.lifecycle.action import action
from minshi.notifications import following
from minshi.refusals import Refused
from minshi.territory.models import Territory
from proposals.models import Proposal
from proposals.rules import is_near


@action
def follow_project(proposal: Proposal, *, by: User) -> None:
    following.follow(proposal, by=by)


@action
def follow_place(place: Territory, *, by: User) -> None:
    """Each step of each of its projects; of a place too wide nobody would read them."""
    if not is_near(place):
        raise Refused(_("这里太大，一天会有很多条；请关注社区、院落，或者单个项目"))
    following.follow(place, by=by)


@action
def unfollow(subject: Proposal | Territory, *, by: User) -> None:
    following.stop(following.kind_of(subject), subject.pk, by=by)
