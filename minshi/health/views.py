"""``/healthz``: one look at everything that must be alive."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minshi.clock import Instant
from minshi.deadlines.models import Deadline, SweeperState
from minshi.health import hearts, looking

LATE = timedelta(seconds=60)
"""The promise: within a minute while any worker lives."""


def deadlines_are() -> dict[str, Any]:
    """Whether they are stopped after a jump of the clock, how many keep failing, how many are late."""
    still = Deadline.objects.open()
    return {
        "stopped": SweeperState.objects.filter(stopped_at__isnull=False).exists(),
        "failing": still.filter(failures__gt=0).count(),
        "late": Deadline.objects.due(Instant() - LATE).filter(failures=0).count(),
    }


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """200 when all is well, 503 with what is not. ``?only=web`` is for the balancer: it leaves out the other
    processes, since the site goes on taking votes without them. ``?only=alive`` asks for nothing but an answer, also
    while the database is away: whoever keeps this process asks that."""
    if request.GET.get("only") == "alive":
        return JsonResponse({"ok": True})
    found: dict[str, Any] = {"database": "ok", "unapplied_migrations": 0, "heartbeats": {}, "silent": []}
    well = True
    try:
        executor = MigrationExecutor(connection)
        found["unapplied_migrations"] = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
        if not found["unapplied_migrations"]:
            found["heartbeats"] = hearts.ages()
            found["silent"] = hearts.silent(found["heartbeats"])
            found["deadlines"] = deadlines_are()
            found["looked"] = looking.last()
            well = not found["silent"] and not any(found["deadlines"].values()) and looking.is_well(found["looked"])
    except DatabaseError:  # also a pool that gives no connection: psycopg wraps it
        found["database"] = "unreachable"
        hearts.drop_broken_connections()
    web_is_well = found["database"] == "ok" and not found["unapplied_migrations"]
    # Elsewhere than in production one may run the site alone: the others are reported and nothing more.
    ignored = request.GET.get("only") == "web" or settings.ENV != "production"
    found["ok"] = web_is_well and (ignored or well)
    return JsonResponse(found, status=200 if found["ok"] else 503)
