"""What gatherings write into the ledger: one entry per unit that held one, of one kind. Whether it counts as several things
is for the schemes to say."""

from django.utils.translation import gettext_lazy as _

from lianxin.gatherings.models import GatheringKind
from lianxin.ledger.kinds import Kind, declare

declare(
    *(Kind(kind.entry_kind, kind.label) for kind in GatheringKind),
    Kind("gatherings.gathering_voided", _("gathering taken back"), countable=False),
)
