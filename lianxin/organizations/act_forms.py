"""What the forms have in common by which the tree and its people are changed: each says what will follow before it is saved.

A form declares its words, who may use it, its fields and the action it calls; the fields bear the names of the action's
arguments. `consequences` are plain sentences, `act` calls the action and gives its entry. See tree_forms.py, people_forms.py.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import OnceForm, ReasonField
from lianxin.organizations.models import Unit
from lianxin.ui.dates import full_day

Words = str | Promise


def why() -> ReasonField:
    """Why the tree or its people are changed."""
    return ReasonField(label=_("Reason"), help_text=_("A document number or a few words. It stays beside the record."))


class ActForm(OnceForm):
    """One act on one unit, from a day on."""

    heading: ClassVar[Words]
    button: ClassVar[Words]
    permission: ClassVar[str]
    proof: ClassVar[bool] = False
    """Whether it hands out rights, and so wants a fresh proof of who sits there."""
    action: ClassVar[Callable[..., Any]]
    """Gives the entry, or the row that was made."""
    day_is: ClassVar[str] = "day"
    """What the action calls the day."""
    follows: ClassVar[Sequence[Words]] = ()
    """What will follow, in sentences that speak of `words`."""

    beside: ClassVar[Mapping[str, str]] = {
        **OnceForm.beside,
        **dict.fromkeys(("closed_before_opened", "moved_later", "worked_later"), "day"),
        **dict.fromkeys(("too_early", "election_later", "ends_before_start", "post_over"), "day"),
        **dict.fromkeys(("beneath_itself", "same_parent", "parent_not_open"), "to"),
        **dict.fromkeys(("code_taken", "wrong_code"), "code"),
        **dict.fromkeys(("wrong_name", "same_name"), "name"),
        **dict.fromkeys(("wrong_fact", "derived_fact", "unknown_fact"), "value"),
        **dict.fromkeys(("already_designated", "not_designated"), "designation"),
        **dict.fromkeys(("post_held", "member_already", "no_member"), "person"),
        "same_unit": "into",
        "too_few": "secretary",
        "too_many": "members",
        "phone": "phone",
    }

    def __init__(self, *args: Any, user: AbstractBaseUser, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.unit = user, unit
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and starting values that depend on the user and the unit."""

    @property
    def words(self) -> dict[str, object]:
        """What the sentences of `follows` speak of. Only for a valid form."""
        return {"unit": self.unit.name, "day": full_day(self.cleaned_data["day"])}

    def consequences(self) -> list[str]:
        """What will follow, in plain sentences. Only for a valid form."""
        words = self.words
        return [str(sentence) % words for sentence in self.follows]

    @property
    def said(self) -> dict[str, Any]:
        # The unit is read again: actions change the object they are given.
        said = {"unit": Unit.objects.get(pk=self.unit.pk), **super().said}
        said[self.day_is] = said.pop("day")
        return said

    def act(self) -> Entry:
        """Do it, and give its entry. Raises ValidationError as the action does."""
        made = type(self).action(actor=self.user, **self.said)
        return made if isinstance(made, Entry) else Entry.objects.get(subject=made.subject)

    @property
    def candidates(self) -> Sequence[tuple[str, str]]:
        """(code, words) offered for the field that names a unit."""
        return ()
