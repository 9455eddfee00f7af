"""One door, one row: what each address is read as. An unreadable one, or a second spelling, keeps an empty key."""

from itertools import islice

from django.db import migrations, models

from minshi.territory import reading

BATCH = 1000


def read_addresses(apps, schema_editor):
    Household = apps.get_model("territory", "Household")
    Territory = apps.get_model("territory", "Territory")
    db = schema_editor.connection.alias
    names = dict(Territory.objects.using(db).values_list("path", "name"))
    ranks = dict(Territory.objects.using(db).values_list("path", "level__rank"))
    community = apps.get_model("territory", "Level").objects.using(db).filter(code="community").first()
    rows = Household.objects.using(db).select_related("place").only("address", "place__path")
    taken, read = set(), []
    for door in rows.order_by("-is_active", "pk").iterator(chunk_size=BATCH):
        try:
            door.key = reading.read(door.address, within=within(door.place.path, names, ranks, community)).key
        except reading.NoDoor:
            continue
        if (door.place_id, door.key) not in taken:
            taken.add((door.place_id, door.key))
            read.append(door)
    waiting = iter(read)
    while batch := list(islice(waiting, BATCH)):
        Household.objects.using(db).bulk_update(batch, ["key"])


def within(path, names, ranks, community):
    parts = path.split("/")[:-1]
    above = ["/".join(parts[: end + 1]) + "/" for end in range(len(parts))]
    return tuple(names[each] for each in above if community is None or ranks.get(each, 0) > community.rank)


class Migration(migrations.Migration):
    dependencies = [("territory", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="household",
            name="key",
            field=models.CharField(blank=True, default="", editable=False, max_length=40),
        ),
        migrations.RunPython(read_addresses, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name="household",
            constraint=models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("place", "key"),
                name="one_household_per_reading",
            ),
        ),
    ]
