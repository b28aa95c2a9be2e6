"""Erasing what is over, at the terminal: proposed, then approved by somebody else."""

from collections import Counter

import click
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lianxin.accounts.models import User
from lianxin.cases.actions import approve_erasure, erase_again, hold_case, lift_hold, propose_erasure
from lianxin.cases.actions.moving import the_clock
from lianxin.cases.data_files import file_in_force
from lianxin.cases.models import Case, Erasure
from lianxin.cases.queries.reach import in_sight
from lianxin.cases.retention import RULES, due_now, retention
from lianxin.organizations.invitations import oldest_administrator
from lianxin.ui.terminal import refuse, say

AS = click.option("--as", "username", metavar="USERNAME", help=str(_("In whose name it is recorded.")))


@click.command("retention", help=str(_("Propose what is to be erased by the rules of retention, or carry a proposal out.")))
@click.option("--dry-run", is_flag=True, help=str(_("Only list what is due; propose nothing.")))
@click.option("--approve", "batch", type=int, metavar="BATCH", help=str(_("Carry out the proposal of that number.")))
@click.option("--again", is_flag=True, help=str(_("After a restore: erase again what had been erased before.")))
@AS
def erase_due(dry_run: bool, batch: int | None, again: bool, username: str | None) -> None:
    if sum([dry_run, batch is not None, again]) > 1:
        refuse(gettext("Choose one of --dry-run, --approve and --again."))
    if dry_run:
        said = {"version": retention().version, "file": file_in_force("retention")}
        say(gettext("By the rules of %(version)s (%(file)s):") % said)
        _list(Counter(one.rule for one in due_now()))
    elif again:
        say(gettext("%(n)s cases were erased again.") % {"n": erase_again(actor=the_clock())})
    elif batch is not None:
        _approve(batch, username)
    else:
        erasure = propose_erasure(actor=_somebody(username) if username else the_clock())
        if erasure is None:
            say(gettext("Nothing is due by the rules of %(version)s.") % {"version": retention().version})
            return
        _list(Counter(erasure.tombstones.values_list("rule", flat=True)))
        say(
            gettext("Nothing is erased yet. To carry it out: lianxin cases retention --approve %(batch)s --as USERNAME")
            % {"batch": erasure.pk}
        )


def _approve(batch: int, username: str | None) -> None:
    erasure = Erasure.objects.filter(pk=batch).first()
    if erasure is None:
        refuse(gettext("There is no proposal %(batch)s.") % {"batch": batch})
    try:
        done = approve_erasure(actor=_somebody(username), erasure=erasure)
    except ValidationError as refused:
        refuse(f"{refused.messages[0]} (--as USERNAME)" if refused.code == "erasure_two" else refused.messages[0])
    say(gettext("Erased: %(n)s tombstones stand in the ledger.") % {"n": done})


def _list(due: Counter[str]) -> None:
    for rule in RULES:
        click.echo(f"{rule}\t{due[rule]}")


@click.command("hold", help=str(_("Keep everything of a case from being erased, or let it go again.")))
@click.argument("case", type=int, metavar="CASE")
@click.option("--reason", required=True, help=str(_("Why; it is recorded.")))
@click.option("--lift", is_flag=True, help=str(_("The hold is over.")))
@AS
def hold(case: int, reason: str, lift: bool, username: str | None) -> None:
    found = Case.objects.filter(in_sight(), pk=case).first()
    if found is None:
        refuse(gettext("There is no case %(case)s.") % {"case": case})
    try:
        (lift_hold if lift else hold_case)(actor=_somebody(username), case=found, reason=reason)
    except ValidationError as refused:
        refuse(refused.messages[0])
    say(gettext("Recorded."))


def _somebody(username: str | None) -> User:
    user = User.objects.filter(username=username, is_active=True).first() if username else oldest_administrator()
    if user is None:
        refuse(gettext("Nobody signs in as “%(name)s”.") % {"name": username or ""})
    return user
