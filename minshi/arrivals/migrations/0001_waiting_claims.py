"""Who waited for a confirmation before it had a day to come by gets one now: the community's, a week away."""

from datetime import timedelta
from typing import Any

from django.db import migrations
from django.db.migrations.state import StateApps

from minshi.clock import Now


def wait_for_word(apps: StateApps, schema_editor: Any) -> None:
    # By the connection that migrates: the application's may not be the owner's.
    using = schema_editor.connection.alias
    homes, places, deadlines = (
        apps.get_model(app, model)._base_manager.using(using)
        for app, model in (("residents", "Residence"), ("territory", "Territory"), ("deadlines", "Deadline"))
    )
    claims = homes.filter(until=None, confirmed_at=None, person__isnull=False)
    communities = dict(places.filter(level="community").values_list("path", "path")) if claims else {}
    for claim in claims.select_related("household__place").order_by("pk"):
        parts = claim.household.place.path.split("/")[:-1]
        above = ["/".join(parts[: end + 1]) + "/" for end in range(len(parts))]
        deadlines.create(
            subject_type="residents.residence",
            subject_id=claim.pk,
            kind="claim",
            due=Now() + timedelta(days=7),
            role="clerk",
            place_path=next((path for path in above if path in communities), claim.household.place.path),
            title=f"确认住户：{claim.household.label or claim.household.place.name}",
            url="/residents/confirm/",
        )


class Migration(migrations.Migration):
    dependencies = [
        ("deadlines", "0001_initial"),
        ("residents", "0002_representation"),
        ("territory", "0001_initial"),
    ]

    operations = [migrations.RunPython(wait_for_word, migrations.RunPython.noop)]
