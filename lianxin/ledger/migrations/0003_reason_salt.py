from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_initial")]

    operations = [
        migrations.AddField("reason", "salt", models.CharField(default="", max_length=16), preserve_default=False),
    ]
