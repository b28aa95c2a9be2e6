from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0003_reason_salt")]

    operations = [migrations.AddField("batch", "visible_at", models.DateTimeField(null=True))]
