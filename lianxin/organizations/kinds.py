"""What organizations write into the ledger."""

from django.utils.translation import gettext_lazy as _

from lianxin.ledger.kinds import Kind, declare

declare(
    Kind("organizations.unit_founded", _("founded"), {"parent": str, "facts": str}, countable=False),
    Kind("organizations.unit_moved", _("moved"), {"from": str, "to": str}, countable=False),
    Kind("organizations.unit_merged", _("merged"), {"into": str}, countable=False),
    Kind("organizations.unit_closed", _("closed"), countable=False),
    Kind("organizations.unit_renamed", _("renamed"), countable=False),
    Kind("organizations.designation_given", _("designated"), {"designation": str, "until": str}, countable=False),
    Kind("organizations.designation_ended", _("designation ended"), {"designation": str}, countable=False),
    Kind("organizations.fact_set", _("fact set"), {"key": str, "value": str}, countable=False),
    Kind(
        "organizations.person_registered",
        _("person registered"),
        {"person": int, "membership": str, "title": str, "until": str},
        countable=False,
    ),
    Kind("organizations.member_joined", _("member joined"), {"person": int, "membership": str}, countable=False),
    Kind("organizations.member_left", _("member left"), {"person": int, "membership": str}, countable=False),
    Kind("organizations.post_given", _("post given"), {"person": int, "title": str, "until": str}, countable=False),
    Kind("organizations.post_ended", _("post ended"), {"person": int, "title": str}, countable=False),
    Kind("organizations.election_held", _("election held"), {"seats": int, "one_shoulder": bool, "elected": str}),
    Kind("organizations.phone_revealed", _("phone opened"), {"person": int}, countable=False, logged=True),
    Kind(
        "organizations.exported",
        _("list exported"),
        {"table": str, "rows": int, "form": str, "request": int},
        countable=False,
        files=True,
        logged=True,
    ),
    Kind("organizations.export_requested", _("export requested"), {"table": str, "rows": int}, countable=False, logged=True),
    Kind("organizations.export_approved", _("export approved"), {"request": int}, countable=False, logged=True),
    Kind("organizations.export_declined", _("export declined"), {"request": int}, countable=False, logged=True),
)
