"""``/healthz``: one look at everything that must be alive."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minshi.health import hearts, signs


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
        if found["unapplied_migrations"]:
            found["wrong"] = ["migrations"]
        else:
            found |= signs.all_of_them()
            found["wrong"] = list(signs.wrong(found))
            found["sealing"] = "late" if "sealing" in found["wrong"] else "ok"
            well = not found["wrong"]
    except DatabaseError:  # also a pool that gives no connection: psycopg wraps it
        found |= {"database": "unreachable", "wrong": ["database"]}
        hearts.drop_broken_connections()
    web_is_well = found["database"] == "ok" and not found["unapplied_migrations"] and found.get("writes", True)
    # Elsewhere than in production one may run the site alone: the others are reported and nothing more.
    ignored = request.GET.get("only") == "web" or settings.ENV != "production"
    found["ok"] = web_is_well and (ignored or well)
    return JsonResponse(found, status=200 if found["ok"] else 503)
