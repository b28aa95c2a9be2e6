"""`lianxin lake`: the ledger as Parquet."""

from pathlib import Path

import click
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lianxin.ui.terminal import refuse, say


@click.command(help=gettext_lazy("Write the ledger and the tree as Parquet, for analysis apart from the live database."))
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
def lake(folder: Path | None) -> None:
    from lianxin.lake.export import export_lake  # brings DuckDB, which no other command needs

    place = folder or settings.FOLDER.lake
    try:
        counts = export_lake(place)
    except OSError as error:
        refuse(_("%(place)s cannot be written: %(reason)s") % {"place": place, "reason": error.strerror})
    for table, rows in counts.items():
        click.echo(f"{table}\t{rows}")
    say(_("Written to %s.") % place)


commands = [lake]
