"""Following: to hear of each step of something, once; and how one wants to be told.

Who follows what is nobody's business: it is shown to themselves alone, and nothing is counted by it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext as _

from minshi.accounts.models import User
from minshi.clock import now
from minshi.lifecycle.action import action, in_turn
from minshi.notifications import told
from minshi.notifications.actions import Taken
from minshi.notifications.catalogue import Followed, Lines, WasTold, tables_of
from minshi.notifications.models import Collected, Follow, Manner
from minshi.notifications.rules import start_of_day
from minshi.policy import selectors as policy
from minshi.prefix import bare
from minshi.refusals import Refused
from minshi.territory.models import Territory

MOST_FOLLOWED = 100
MOST_IN_A_DAY = 20
"""Lines of one day's message; what is more is counted."""

# Every follower in one statement; of what they follow the message names the narrowest, by which it is stopped.
# Whoever heard of this step anyway, and whoever took it, is passed over.
TELL_FOLLOWERS = """
WITH followed AS (
    SELECT DISTINCT ON (human) human_of(follow.user_id) AS human,
           wanted.subject_type || ':' || wanted.subject_id AS what
    FROM unnest(%(kinds)s::text[], %(keys)s::bigint[]) WITH ORDINALITY AS wanted (subject_type, subject_id, place)
    JOIN notifications_follow AS follow USING (subject_type, subject_id)
    ORDER BY human, wanted.place
), listening AS (
    SELECT human, what, coalesce(manner.daily, false) AS daily FROM followed
    JOIN accounts_user AS account ON account.id = human AND account.is_active
    LEFT JOIN notifications_manner AS manner ON manner.user_id = human
    WHERE human NOT IN (SELECT human_of(heard) FROM unnest(%(heard)s::bigint[]) AS heard)
), collected AS (
    INSERT INTO notifications_collected (user_id, title, key)
    SELECT human, %(line)s, %(key)s FROM listening WHERE daily
    ON CONFLICT (user_id, key) DO NOTHING
)
INSERT INTO notifications_message (user_id, title, body, url, key, event, matter)
SELECT human, %(title)s, %(body)s, %(url)s, %(key)s, %(event)s, what FROM listening WHERE NOT daily
ON CONFLICT (user_id, key) DO NOTHING
"""

# What was collected goes as it is told: of two rounds at once one takes each line.
TELL_OF_THE_DAY = """
WITH over AS (
    DELETE FROM notifications_collected WHERE at < %(before)s RETURNING id, user_id, title
), day AS (
    SELECT user_id, count(*) AS steps, max(id) AS last, (array_agg(title ORDER BY id))[1:%(most)s] AS titles
    FROM over GROUP BY user_id
)
INSERT INTO notifications_message (user_id, title, body, url, key, event, matter)
SELECT user_id, replace(%(title)s, '{n}', steps::text),
       array_to_string(titles, E'\\n') || CASE WHEN steps > %(most)s THEN E'\\n' || %(more)s ELSE '' END,
       %(url)s, 'followed:' || last, %(event)s, ''
FROM day ON CONFLICT (user_id, key) DO NOTHING
"""


def kind_of(subject: Model | type[Model]) -> str:
    return subject._meta.label_lower


@action
def follow(subject: Model, *, by: User) -> None:
    """From now on each step is told; pressing twice is pressing once."""
    in_turn(by, "follow")
    mine = Follow.objects.filter(user__in=by.keys)
    if mine.filter(subject_type=kind_of(subject), subject_id=subject.pk).exists():
        return
    if mine.count() >= MOST_FOLLOWED:
        raise Refused(_("您已经关注了 %(n)d 个，请先取消几个再关注") % {"n": MOST_FOLLOWED})
    Follow.objects.create(user=by, subject_type=kind_of(subject), subject_id=subject.pk)


@action
def stop(kind: str, key: int, *, by: User) -> None:
    """No step of it is told any more; what was told stays."""
    Follow.objects.filter(user__in=by.keys, subject_type=kind, subject_id=key).delete()


def follows(user: User, subject: Model) -> bool:
    return Follow.objects.filter(user__in=user.keys, subject_type=kind_of(subject), subject_id=subject.pk).exists()


def followed_by(user: User) -> dict[str, list[int]]:
    """The keys of all that somebody follows, by kind, the newest first."""
    found: dict[str, list[int]] = {}
    mine = Follow.objects.filter(user__in=user.keys).order_by("-since", "-pk")
    for kind, key in mine.values_list("subject_type", "subject_id"):
        found.setdefault(kind, []).append(key)
    return found


@action
def want(*, daily: bool, texts: bool, quiet: tuple[int, int] | None, by: User) -> None:
    """How to tell this person from now on; ``quiet``: from the hour, until the hour, in place of their community's."""
    begins, ends = quiet or (None, None)
    Manner.objects.update_or_create(
        user=by, defaults={"daily": daily, "texts": texts, "quiet_from": begins, "quiet_until": ends}
    )


def manner_of(user: User) -> Manner:
    return Manner.objects.filter(user=user).first() or Manner(user=user)


def forget_followed(user: User) -> None:
    """Whoever closes their account follows nothing any more. Part of closing it."""
    for model in (Follow, Manner, Collected):
        model._default_manager.filter(user__in=user.keys).delete()


# --- Telling ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """A step that was taken, with what its table says to whoever follows."""

    subject: Any
    record: Any
    table: Lines
    followed: Followed


def tell_those_who_follow(story: Iterable[Any]) -> None:
    """Of each step that an action took, when all of it has run."""
    happened = list(story)
    heard = [each for each in happened if isinstance(each, WasTold)]
    for taken in happened:
        if isinstance(taken, Taken):
            table = next((each for each in tables_of(taken.record.subject_type) if each.followed), None)
            if table is not None and table.followed is not None:
                _tell_of(Step(taken.subject, taken.record, table, table.followed), heard)


def _tell_of(step: Step, heard: list[WasTold]) -> None:
    record, table = step.record, step.table
    wanted = list(step.followed.of(step.subject, record))
    url = table.url(step.subject)
    names = {table.matter(step.subject), url}
    knows = [
        account
        for each in heard
        if each.record in (None, record.pk) and not names.isdisjoint(each.about)
        for account in each.accounts
    ]
    facts = {"label": record.label, "reason": record.reason, **table.facts(step.subject, record)}
    line = str(step.followed.title) % facts
    with connection.cursor() as cursor:
        cursor.execute(
            TELL_FOLLOWERS,
            {
                "kinds": [kind for kind, _key in wanted],
                "keys": [key for _kind, key in wanted],
                "heard": [*knows, *([record.by_id] if record.by_id else [])],
                "title": (_("您关注的%(what)s") % {"what": line})[:120],
                "line": line[:120],
                "body": str(step.followed.body) % facts,
                "url": bare(url),
                "key": f"step:{record.pk}",
                "event": told.FOLLOWED.name,
            },
        )


def tell_of_place(place: Territory, title: object, url: str, *, key: str, heard: Iterable[int]) -> None:
    """Of what is no step: news of a place, to whoever follows it or a place around it and has not ``heard`` it."""
    above = sorted(place.ancestors(), key=lambda each: len(each.path), reverse=True)
    with connection.cursor() as cursor:
        cursor.execute(
            TELL_FOLLOWERS,
            {
                "kinds": [kind_of(each) for each in above],
                "keys": [each.pk for each in above],
                "heard": list(heard),
                "title": (_("您关注的%(what)s") % {"what": title})[:120],
                "line": str(title)[:120],
                "body": "",
                "url": bare(url),
                "key": key,
                "event": told.FOLLOWED.name,
            },
        )


def last_digest(at: datetime, hour: int) -> datetime:
    """When the day's messages were last due, by the hour at which they leave."""
    today = start_of_day(at) + timedelta(hours=hour)
    return today if today <= at else today - timedelta(days=1)


@action
def tell_of_the_day(*, by: None = None) -> int:
    """One message to each who wants one a day, of all that was collected until the hour it leaves at."""
    hour = int(str(policy.value("follow.digest_hour", None)))
    with connection.cursor() as cursor:
        cursor.execute(
            TELL_OF_THE_DAY,
            {
                "before": last_digest(now(), hour),
                "most": MOST_IN_A_DAY,
                "title": _("您关注的有 {n} 步进展"),
                "more": _("还有别的，点开看"),
                "url": bare(reverse("following")),
                "event": told.DAY_OF_FOLLOWED.name,
            },
        )
        return int(cursor.rowcount)
