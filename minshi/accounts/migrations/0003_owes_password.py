from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_ascii_phone'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='owes_password',
            field=models.BooleanField(default=False, verbose_name='须换掉初始密码'),
        ),
    ]
