"""How gatherings prove their entries."""

from collections.abc import Collection, Iterator

from lianxin.gatherings.models import GatheringVersion
from lianxin.ledger.proof import Proof, ProvedRow, declare


def gatherings(entries: Collection[int]) -> Iterator[ProvedRow]:
    for version in GatheringVersion.objects.filter(entry__in=entries).select_related("gathering"):
        place, gathering = f"gatherings_gatheringversion {version.pk}", version.gathering
        yield ProvedRow(place, version.entry_id, version.commitment, gathering.subject, gathering.unit_id)


declare(Proof("gatherings.gatherings", gatherings))
