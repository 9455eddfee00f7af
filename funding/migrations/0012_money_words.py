from django.contrib.postgres.indexes import GinIndex
from django.db import migrations

from minshi.guards.operations import AddIndexMeanwhile, LoadGuard
from minshi.searching import Bigrams, Together


class Migration(migrations.Migration):
    """What the desk searches by word; nobody waits while the indexes are built."""

    atomic = False

    dependencies = [("funding", "0011_taken_back")]

    operations = [
        LoadGuard("guards", "bigrams.sql"),  # for the indexes
        AddIndexMeanwhile(
            "contribution", GinIndex(Bigrams(Together("voucher", "name_public")), name="contribution_bigrams")
        ),
        AddIndexMeanwhile("inkind", GinIndex(Bigrams(Together("name_public", "what")), name="in_kind_bigrams")),
        AddIndexMeanwhile("refund", GinIndex(Bigrams(Together("name_public", "voucher")), name="refund_bigrams")),
        AddIndexMeanwhile("payment", GinIndex(Bigrams(Together("invoice", "voucher")), name="payment_bigrams")),
        AddIndexMeanwhile("supplier", GinIndex(Bigrams("name"), name="supplier_bigrams")),
    ]
