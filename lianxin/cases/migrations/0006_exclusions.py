from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cases', '0005_batch'),
    ]

    operations = [
        migrations.AddField(
            model_name='exclusion',
            name='ground',
            field=models.CharField(choices=[('duplicate', 'the same matter stands in another case'), ('elsewhere', "not within the county's power"), ('legal', 'before a court, an arbitrator or another authority'), ('not_found', 'looked for and not found, and nobody could be reached'), ('force', "disaster or season: in nobody's power"), ('mistake', 'entered by mistake, or as a test')], default='', max_length=12),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='exclusion',
            name='lifted',
            field=models.OneToOneField(null=True, on_delete=models.deletion.PROTECT, related_name='+', to='cases.casestep'),
        ),
        migrations.AddConstraint(
            model_name='exclusion',
            constraint=models.UniqueConstraint(condition=models.Q(('decided', None)), fields=('case',), name='exclusion_asked_once'),
        ),
        migrations.AddConstraint(
            model_name='exclusion',
            constraint=models.UniqueConstraint(condition=models.Q(('agreed', True), ('lifted', None)), fields=('case',), name='exclusion_in_force_once'),
        ),
    ]
