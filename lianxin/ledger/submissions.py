"""A form is saved once, however often it arrives.

Each form carries a key made with it. A double tap, or the same page sent again on a bad connection, answers like the first time.
Going back, changing something and sending again shows what was saved, and asks: correct that, or save another?

    @requires(GET="visit.record", POST="visit.record")
    def new_visit(request):
        form = VisitForm(request.POST or None, …)
        return respond(
            request, form, lambda: actions.record_visit(actor=actor_of(request), **form.said).entry,
            page="liaison/new_visit.html", …
        )
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext_lazy as _

from lianxin.ledger import clock
from lianxin.ledger.actions import remember_submission, sent_before
from lianxin.ledger.kinds import find_kind
from lianxin.ledger.models import Entry, Reason
from lianxin.ui.dates import full_day
from lianxin.ui.words import words_in

KEY = "submission"
KEY_SHAPE = re.compile(r"[A-Za-z0-9_-]{16,43}")
NOT_SAID = ("csrfmiddlewaretoken", KEY)
"""What a form sends beside what the person said."""
Facts = Sequence[tuple[object, object]]
"""(label, value), as a page lists them."""
DAY_FORMATS = ["%Y-%m-%d", "%Y/%m/%d"]
"""The first is what a browser sends; neither can be read in two ways."""
LONGEST = 1000
LONGEST_REASON = 500


def new_key() -> str:
    return secrets.token_urlsafe(16)


class OnceForm(forms.Form):
    """A form that is saved once. Rooms derive theirs from it."""

    submission = forms.CharField(
        required=False, max_length=43, initial=new_key, widget=forms.HiddenInput(attrs={"autocomplete": "off"})
    )

    beside: ClassVar[Mapping[str, str]] = {"future": "day", "not_open": "day", "closed": "day", "no_reason": "reason"}
    """Which field a refusal of an action belongs to, by its code; any other stands above the form."""

    def __init__(self, data: Any = None, *args: Any, **options: Any) -> None:
        super().__init__(_seen_only(data), *args, **options)

    def clean_submission(self) -> str:
        key: str = self.cleaned_data[KEY]
        if not KEY_SHAPE.fullmatch(key):
            self.data = {**self.data.dict(), self.add_prefix(KEY): new_key()}  # type: ignore[attr-defined]  # a QueryDict
            self.add_error(None, _("This page was incomplete when it was sent, so nothing was saved. Please send it again."))
        return key

    @property
    def said(self) -> dict[str, Any]:
        """What the action takes, beside the actor. A form that fills in what was not asked says so in its own."""
        return {name: value for name, value in self.cleaned_data.items() if name != KEY}

    def refuse(self, refused: ValidationError) -> None:
        """Show why an action could not do what was asked, beside the field it is about; a hidden one shows itself now."""
        name = self.beside.get(str(getattr(refused, "code", "")), "")
        field = self.fields.get(name)
        if field is not None and field.widget.is_hidden:
            field.widget = type(field).widget()
        self.add_error(name if field is not None else None, refused)


def _seen_only(data: Any) -> Any:
    """What was sent, with nothing in place of what nobody could see (`words_in`): it is asked for like what was left empty."""
    unseen = [name for name, value in (data or {}).items() if isinstance(value, str) and value and not words_in(value)]
    if not unseen:
        return data
    data = data.copy()
    for name in unseen:
        data[name] = ""
    return data


class DayField(forms.DateField):
    """The day something happened: today unless said otherwise, never later."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateInput(attrs={"type": "date"}, format=DAY_FORMATS[0])
        standard = {"label": _("Day"), "initial": clock.today, "widget": widget, "input_formats": DAY_FORMATS}
        super().__init__(**{**standard, **options})

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        self.widget.attrs["max"] = clock.today().isoformat()
        return super().get_bound_field(form, field_name)


class WordsField(forms.CharField):
    """A few sentences."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_length": LONGEST, "widget": forms.Textarea(attrs={"rows": 4}), **options})


class ReasonField(forms.CharField):
    """Why something on record is corrected or taken back."""

    def __init__(self, **options: Any) -> None:
        words = {"label": _("Why?"), "help_text": _("Stays beside the old record, which remains readable.")}
        super().__init__(**{**words, "max_length": LONGEST_REASON, **options})


class ReasonForm(OnceForm):
    """Why something is taken back."""

    reason = ReasonField()


@dataclass(frozen=True)
class Outcome:
    """What became of a form that was sent.

    entry: what is saved now, by this sending or by an earlier one; None: the form says why nothing was saved.
    changed: it was saved earlier, saying something else.
    """

    entry: Entry | None
    changed: bool = False


def actor_of(request: HttpRequest) -> AbstractBaseUser:
    """Who acts: the account that is signed in. The gate lets nobody else reach a page that records."""
    return cast(AbstractBaseUser, request.user)


def record_once(request: HttpRequest, form: OnceForm, act: Callable[[], Entry]) -> Outcome:
    """Save what a form says, once: look up its key, check it, `act`, and bind the key to the entry, in one transaction.

    The key comes first: what was saved may have changed what the form offers, so that it would no longer pass.
    Two requests with one key at the same moment: the database lets one key in, the other reads what the first saved.
    """
    actor = actor_of(request)
    said: dict[str, object] = {name: values for name, values in request.POST.lists() if name not in NOT_SAID}
    said["to"] = request.path
    said |= {f"files of {name}": [_digest(file) for file in files] for name, files in request.FILES.lists()}
    sent = request.POST.get(form.add_prefix(KEY), "")
    key = f"{actor.pk}.{sent}"
    saved = sent_before(actor=actor, key=key, body=said) if KEY_SHAPE.fullmatch(sent) else None
    if saved is not None and saved.entry is not None:
        return Outcome(saved.entry, changed=not saved.same)
    if not form.is_valid():
        return Outcome(None)
    for last_attempt in (False, True):
        try:
            with transaction.atomic():
                earlier = sent_before(actor=actor, key=key, body=said)
                if earlier.entry is not None:
                    return Outcome(earlier.entry, changed=not earlier.same)
                entry = act()
                remember_submission(actor=actor, key=key, body=said, entry=entry)
                return Outcome(entry)
        except ValidationError as refused:
            # What stands in the way may be what the same form saved a moment ago, seen on PostgreSQL before its key was.
            earlier = sent_before(actor=actor, key=key, body=said)
            if earlier.entry is not None:
                return Outcome(earlier.entry, changed=not earlier.same)
            form.refuse(refused)
            return Outcome(None)
        except IntegrityError:
            if last_attempt:
                raise
    raise AssertionError("the second attempt returns or raises")


def _digest(file: Any) -> str:
    """What was sent as a file, told in few signs; it is still to be read."""
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def respond(
    request: HttpRequest,
    form: OnceForm,
    act: Callable[[], Entry],
    *,
    page: str,
    context: Mapping[str, Any],
    back: str,
    correct: Callable[[Entry], str] | None = None,
    facts: Callable[[Entry], Facts] | None = None,
    rehearsed: bool = True,
) -> HttpResponse:
    """Answer a form's page: show it, save it and go back to where the person was, or ask what a changed one meant.

    page, context: the template and what it needs beside `form`.
    back: where to go after saving, a safe address.
    correct: the page that corrects a saved entry; none: it cannot be corrected, only looked at, from `back`.
    facts: what to say of a saved entry, and what the reader may read of it; none: its reason.
    rehearsed: off where the act touches more than the database, so that nobody tries it out: then no second one is offered.
    """
    if request.method == "POST":
        outcome = record_once(request, form, act)
        if outcome.entry is not None and outcome.changed:
            stands = (facts or reason_of)(outcome.entry)
            another = act if rehearsed else None
            correcting = correct(outcome.entry) if correct else ""
            return ask_what_was_meant(request, outcome.entry, form, stands, another=another, correct=correcting, back=back)
        if outcome.entry is not None:
            messages.success(request, saved_words(outcome.entry))
            return redirect(back)
    shown = {**context, "form": form, "back": back, "action": sending_address(request)}
    return render(request, page, shown, status=422 if form.errors else 200)


def sending_address(request: HttpRequest) -> str:
    """Where the form is sent: this page, spelt differently. A browser forgets a page that something was sent to, and would fetch
    a new form, with a new key, for whoever goes back."""
    asked = request.GET.copy()
    asked["send"] = "1"
    return f"?{asked.urlencode()}"


def ask_what_was_meant(
    request: HttpRequest,
    entry: Entry,
    form: OnceForm,
    stands: Facts,
    *,
    another: Callable[[], Entry] | None = None,
    correct: str = "",
    back: str = "",
) -> HttpResponse:
    """Something was saved, then changed and sent again: show what stands and what was typed now, offer to correct the one, to
    leave it so, or to save the other, too.

    Only the account that sent the first reads this page: its key is looked up under its own name.
    another: saves a second one; offered where it would be saved. Correcting something twice is no second thing.
    """
    sent = [(name, value) for name, values in request.POST.lists() if name not in NOT_SAID for value in values]
    page = {
        "entry": entry,
        "label": find_kind(entry.kind).label,
        "stands": stands,
        "typed": typed_into(form),
        "another": another is not None and correct != request.path and would_be_saved(form, another),
        "correct": correct,
        "back": back,
        "sent": sent,
        "keys": [new_key(), new_key()],
    }
    return render(request, "ledger/already_saved.html", page, status=409)


def reason_of(entry: Entry) -> Facts:
    """Why, where somebody gave a reason with it."""
    return [(_("Why?"), reason.text) for reason in Reason.objects.filter(entry=entry)]


def typed_into(form: forms.Form) -> Facts:
    """What a form that was sent says, field by field, as whoever typed it reads it."""
    return [(field.label, shown) for field in form.visible_fields() if (shown := _shown(field))]


def _shown(field: forms.BoundField) -> str:
    if isinstance(field.field, forms.FileField):
        files = cast(MultiValueDict[str, Any], field.form.files).getlist(field.html_name)
        return "\n".join(str(file.name) for file in files)
    value = field.value()
    if isinstance(field.field, forms.BooleanField):
        return str(_("yes")) if value else ""
    chosen = [str(each) for each in value] if isinstance(value, list | tuple) else [str(value or "")]
    if isinstance(field.field, forms.ChoiceField):
        words = {str(key): str(label) for key, label in _flat(field.field.choices)}
        chosen = [words.get(each, each) for each in chosen if each]
    return "\n".join(chosen)


def _flat(choices: Any) -> list[tuple[Any, Any]]:
    """Choices without the groups they stand in."""
    groups = ((label if isinstance(label, list | tuple) else [(key, label)]) for key, label in choices)
    return [choice for group in groups for choice in group]


def would_be_saved(form: OnceForm, act: Callable[[], Entry]) -> bool:
    """Whether what a form says could be saved now as one more, if need be once a field is mended. Tried for real, without its
    files, and taken back."""
    form.files = MultiValueDict()
    form.full_clean()
    try:
        if form.is_valid():
            with transaction.atomic():
                act()
                transaction.set_rollback(True)
    except ValidationError as refused:
        form.refuse(refused)
    except (IntegrityError, Http404):
        return False
    return not form.non_field_errors()


def saved_words(entry: Entry) -> str:
    """“Saved: inspection, 特门嘎查党支部, 5 Mar 2026”."""
    label = find_kind(entry.kind).label
    day = full_day(entry.happened_on)
    return str(_("Saved: %(what)s, %(unit)s, %(day)s.")) % {"what": label, "unit": entry.unit.name, "day": day}
