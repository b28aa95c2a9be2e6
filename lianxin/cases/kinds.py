"""What cases write into the ledger. Schemes count `cases.solved` (a resident said so), never `cases.handled`.

The fields are ids, codes and numbers only; what people wrote stands sealed in the room's own rows.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from lianxin.ledger.kinds import Kind, declare

_CASE = {"item": str, "tier": str, "place": str, "round": int, "clock": str, "due": str, "provisional": bool}
"""Of every move: the matter, where it is (a unit's code), which round; the clock it started and when that runs out."""

_ANSWER: dict[str, Any] = {"reporter": int, "verdict": str, "stars": int, "by": str, "flag": str}
"""Of a resident's answer: by whom it was given (`resident`, `call_back`), and why it asks for a call-back."""


def _kind(name: str, label: object, *, countable: bool = False, **fields: type) -> Kind:
    return Kind(f"cases.{name}", label, {**_CASE, **fields}, countable=countable)  # type: ignore[arg-type]


declare(
    _kind("reported", _("problem reported by a resident"), countable=True, source=str, reporter=int),
    _kind("recorded", _("resident's problem recorded for them"), countable=True, source=str, reporter=int),
    _kind("joined", _("another resident has the same problem"), reporter=int),
    _kind("noted", _("resident added a note"), reporter=int),
    _kind("released", _("looked at and let in")),
    _kind("declined", _("not taken up")),
    _kind("objected", _("resident objects to its not being taken up"), reporter=int),
    _kind("claimed", _("problem claimed"), countable=True, mode=str),
    _kind("designated", _("lead designated"), countable=True, mode=str, lead=str),
    _kind("sent_to_dispatch", _("nobody claimed it in time")),
    _kind("orphaned", _("its lead was closed"), lead=str),
    _kind("returned", _("returned as not theirs"), proposed=str, returns=int, escalated=bool),
    _kind("lead_decided", _("lead decided"), lead=str),
    _kind("transferred", _("given to another lead"), lead=str),
    _kind("sorted", _("matter named")),
    _kind("planned", _("analysed and planned"), focus=str),
    _kind("answered", _("answer to the resident")),
    _kind("part_asked", _("assistance asked"), part=int, unit=str),
    _kind("part_done", _("assistance given"), countable=True, part=int, flag=str),
    _kind("part_left", _("partner left the group"), part=int),
    _kind("part_called_off", _("assistance no longer needed"), part=int),
    _kind("paused", pgettext_lazy("case", "paused"), until=str),
    _kind("resumed", pgettext_lazy("case", "resumed")),
    _kind("extension_asked", _("more time asked"), days=int, extension=int),
    _kind("extended", _("more time decided"), days=int, extension=int, granted=bool),
    _kind("clock_ran_out", _("time ran out"), unit=str),
    _kind("handled", pgettext_lazy("case", "handled"), countable=True, days=int, flag=str),
    _kind("judged", _("a resident answered"), **_ANSWER),
    _kind("solved", _("solved, the resident says"), countable=True, days=int, **_ANSWER),
    _kind(
        "not_solved", _("not solved, the resident says"), reporter=int, verdict=str, stars=int, by=str, flag=str, escalated=bool
    ),
    _kind("called_in_vain", _("call-back: nobody reached"), call_back=int),
    _kind("called_back", _("call-back: still solved"), call_back=int),
    _kind("presumed", _("closed without an answer")),
    _kind("reopened", _("reopened by the resident"), reporter=int),
    _kind("withdrawn", _("withdrawn by the resident"), reporter=int),
    _kind("left", _("one of several residents withdrew"), reporter=int),
    _kind("exclusion_asked", _("asked to be left out of the adjusted figures"), ground=str),
    _kind("exclusion_decided", _("leaving it out of the adjusted figures decided"), ground=str, exclusion=int, granted=bool),
    _kind("exclusion_lifted", _("counts in the adjusted figures again"), ground=str, exclusion=int),
    Kind("cases.phone_revealed", _("resident's phone opened"), {"reporter": int}, countable=False, logged=True),
    Kind("cases.api_key_made", _("key of another system made"), {"key": int}, countable=False, logged=True),
    Kind("cases.api_key_revoked", _("key of another system revoked"), {"key": int}, countable=False, logged=True),
    Kind(
        "cases.erased",
        _("words, phones or photos erased"),
        {"rule": str, "batch": int, "steps": int, "reporters": int, "photos": int},
        countable=False,
    ),
    Kind("cases.erasure_proposed", _("erasure proposed"), {"batch": int, "stones": int}, countable=False),
    Kind("cases.erasure_declined", _("proposed erasure declined"), {"batch": int, "stones": int}, countable=False),
    Kind("cases.held", _("kept from being erased"), countable=False),
    Kind("cases.hold_lifted", _("may be erased again"), countable=False),
    Kind("cases.day_set", _("local working day set"), {"day": str, "works": bool, "own": bool}, countable=False),
    Kind(
        "cases.catalogue_set",
        _("catalogue of matters set"),
        {"source": str, "added": int, "changed": int, "retired": int},
        countable=False,
    ),
)
