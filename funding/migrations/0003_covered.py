"""Contracts that are about to be signed, or changed, pin from now on how much of the price must be there."""

from django.db import migrations

PIN = """
UPDATE proposals_proposal SET terms = terms || jsonb_build_object('signing.covered', '1/1')
WHERE stage IN ('awarded', 'delivering') AND NOT terms ? 'signing.covered'
"""


class Migration(migrations.Migration):
    dependencies = [("funding", "0002_money_back")]

    operations = [migrations.RunSQL(PIN, migrations.RunSQL.noop)]
