from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

from proposals.models import Bigrams

BIGRAMS = """
CREATE FUNCTION bigrams(words text) RETURNS text[] LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(words), place, 2)), '{}')
    FROM generate_series(1, length(words) - 1) AS place
$$;
"""


class Migration(migrations.Migration):
    """What pages read: small pictures, a project by its number, titles by two characters."""

    dependencies = [("proposals", "0003_historicalwish_due_basis_wish_due_basis")]
    operations = [
        migrations.AddField(
            model_name="photo",
            name="small",
            field=models.ImageField(blank=True, upload_to="proposals/", verbose_name="小图"),
        ),
        migrations.AlterField(
            model_name="card", name="number", field=models.CharField(max_length=16, unique=True)
        ),
        migrations.RunSQL(BIGRAMS, "DROP FUNCTION bigrams(text)"),
        migrations.AddIndex(model_name="card", index=GinIndex(Bigrams("title"), name="card_title_bigrams")),
    ]
