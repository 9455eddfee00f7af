"""Who waited for a confirmation before it had a day to come by gets one now: the community's, a week away."""

from datetime import timedelta
from typing import Any

from django.db import migrations
from django.db.migrations.state import StateApps

from minshi.clock import now


def wait_for_word(apps: StateApps, schema_editor: Any) -> None:
    Residence = apps.get_model("residents", "Residence")
    Territory = apps.get_model("territory", "Territory")
    Deadline = apps.get_model("deadlines", "Deadline")
    claims = Residence.objects.filter(until=None, confirmed_at=None, person__isnull=False)
    communities = dict(Territory.objects.filter(level="community").values_list("path", "path")) if claims else {}
    for claim in claims.select_related("household__place").order_by("pk"):
        parts = claim.household.place.path.split("/")[:-1]
        above = ["/".join(parts[: end + 1]) + "/" for end in range(len(parts))]
        Deadline.objects.create(
            subject_type="residents.residence",
            subject_id=claim.pk,
            kind="claim",
            due=now() + timedelta(days=7),
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
