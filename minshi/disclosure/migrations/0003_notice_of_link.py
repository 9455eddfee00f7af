from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("disclosure", "0002_guards"),
        ("territory", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                models.F("link"), models.OrderBy(models.F("posted_at"), descending=True), name="notice_of_link"
            ),
        ),
    ]
