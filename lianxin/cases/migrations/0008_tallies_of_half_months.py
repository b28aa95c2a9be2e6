from django.db import migrations


class Migration(migrations.Migration):
    """Tallies know the second halves of months, too: what was counted is forgotten. `lianxin upgrade` counts anew."""

    dependencies = [("cases", "0007_tallies")]
    operations = [
        migrations.RunSQL(
            ["DELETE FROM cases_tally", "DELETE FROM cases_counted", "DELETE FROM cases_tallymark"], migrations.RunSQL.noop
        ),
    ]
