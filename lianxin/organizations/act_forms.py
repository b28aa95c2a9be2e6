"""The forms by which the tree and its people are changed. Each says what will follow before it is saved, and saves once.

A form knows the user and the unit it is about; `consequences` are plain sentences, `act` calls the action and gives its entry.
"""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import OnceForm
from lianxin.organizations import actions
from lianxin.organizations.access import (
    ELECTION_HOLD,
    PEOPLE_VIEW,
    POST_GIVE,
    TREE_CHANGE,
    giveable_titles,
    units_for,
)
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import (
    Designation,
    DesignationKind,
    Field,
    Membership,
    MembershipKind,
    Person,
    Post,
    Title,
    Unit,
    UnitKind,
    path_end,
)
from lianxin.organizations.people import people_for, sealed
from lianxin.organizations.terms import anniversary, term_years
from lianxin.organizations.words import fact_value, fact_words
from lianxin.ui.dates import full_day

MOST_CANDIDATES = 400
Words = str | Promise


class DayField(forms.DateField):
    """A day up to today; today unless said otherwise."""

    def __init__(self, **kwargs: Any) -> None:
        today = clock.today
        super().__init__(
            **{"label": gettext_lazy("Day"), "initial": today, **kwargs},
            widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
            input_formats=["%Y-%m-%d", "%Y/%m/%d"],
        )


class ReasonField(forms.CharField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            **{"label": gettext_lazy("Reason"), "max_length": 300, **kwargs},
            help_text=gettext_lazy("A document number or a few words. It stays beside the record."),
        )


class ActForm(OnceForm):
    """One act on one unit."""

    heading: ClassVar[Words]
    button: ClassVar[Words]
    permission: ClassVar[str]
    proof: ClassVar[bool] = False
    """Whether it hands out rights, and so wants a fresh proof of who sits there."""

    def __init__(self, *args: Any, user: AbstractBaseUser, unit: Unit, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.unit = user, unit
        self.prepare()

    def prepare(self) -> None:
        """Fill in choices and starting values that depend on the user and the unit."""

    def consequences(self) -> list[str]:
        """What will follow, in plain sentences. Only for a valid form."""
        return []

    def act(self) -> Entry:
        raise NotImplementedError

    @property
    def candidates(self) -> Sequence[tuple[str, str]]:
        """(code, words) offered for the field that names a unit."""
        return ()

    def refuse(self, refused: ValidationError) -> None:
        """Beside the field it is about, where the form has it."""
        code = str(getattr(refused, "code", ""))
        field = BESIDE.get(code)
        self.add_error(field if field in self.fields else None, refused)

    def _fresh(self) -> Unit:
        """The unit, read again: actions change the object they are given."""
        return Unit.objects.get(pk=self.unit.pk)


BESIDE = {
    **dict.fromkeys(("future", "not_open", "closed", "closed_before_opened", "moved_later", "worked_later"), "day"),
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
    "no_reason": "reason",
    "phone": "phone",
}
"""Which field a refusal belongs to, by its code."""


# --- the tree --------------------------------------------------------------------------------------------------------


class FoundUnit(ActForm):
    heading = gettext_lazy("Found a unit beneath")
    button = gettext_lazy("Found it")
    permission = TREE_CHANGE

    name = forms.CharField(label=gettext_lazy("Name"), max_length=actions.LONGEST_NAME)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=[])
    field = forms.ChoiceField(label=gettext_lazy("Field"), required=False, choices=[("", "–"), *Field.choices])
    code = forms.CharField(
        label=gettext_lazy("Code"), max_length=32, help_text=gettext_lazy("The official division code where there is one.")
    )
    day = DayField(label=gettext_lazy("From which day on"))

    def prepare(self) -> None:
        cast(forms.ChoiceField, self.fields["kind"]).choices = [
            pair for pair in UnitKind.choices if pair[0] not in (UnitKind.COUNTY, self.unit.kind)
        ]
        self.fields["field"].initial = self.unit.field
        self.fields["code"].initial = self._free_code()

    def _free_code(self) -> str:
        taken = set(Unit.objects.filter(code__startswith=f"{self.unit.code}-").values_list("code", flat=True))
        return next(code for number in range(1, len(taken) + 2) if (code := f"{self.unit.code}-{number}") not in taken)

    def consequences(self) -> list[str]:
        said = self.cleaned_data
        words = {"name": said["name"], "day": full_day(said["day"]), "parent": self.unit.name}
        return [_("%(name)s stands beneath %(parent)s from %(day)s on.") % words]

    def act(self) -> Entry:
        said = self.cleaned_data
        unit = actions.found_unit(
            actor=self.user,
            code=said["code"].strip(),
            name=said["name"],
            kind=said["kind"],
            parent=self._fresh(),
            since=said["day"],
            field=said["field"],
        )
        return Entry.objects.get(unit=unit, kind="organizations.unit_founded")


class OtherUnit(ActForm):
    """An act that names a second unit, by code or by name."""

    def other(self, words: str) -> Unit:
        found = units_for(self.user, TREE_CHANGE).filter(Q(code=words) | Q(name=words), closed_on=None)[:4]
        units = list(found)
        if not units:
            raise ValidationError(_("No open unit within your reach has the name or code “%(found)s”.") % {"found": words})
        if len(units) > 1 and not any(unit.code == words for unit in units):
            codes = "、".join(unit.code for unit in units)
            raise ValidationError(_("Several units are called that. Write the code: %(codes)s.") % {"codes": codes})
        return next((unit for unit in units if unit.code == words), units[0])

    def like(self, kind: str) -> Sequence[tuple[str, str]]:
        units = units_for(self.user, TREE_CHANGE).filter(kind=kind, closed_on=None).exclude(pk=self.unit.pk)
        return list(units.order_by("code").values_list("code", "name")[:MOST_CANDIDATES])

    def passing(self, day: date) -> dict[str, object]:
        """How much passes with the unit."""
        inside = {"unit__path__gte": self.unit.path, "unit__path__lt": path_end(self.unit.path)}
        members = Membership.objects.on(day).filter(**inside).values("person").distinct().count()
        units = Unit.objects.beneath(self.unit.path).filter(closed_on=None).exclude(pk=self.unit.pk).count()
        return {"unit": self.unit.name, "units": units, "members": members, "day": full_day(day)}


class MoveUnit(OtherUnit):
    heading = gettext_lazy("Move a unit")
    button = gettext_lazy("Move it")
    permission = TREE_CHANGE

    to = forms.CharField(
        label=gettext_lazy("Beneath which unit"),
        max_length=actions.LONGEST_NAME,
        help_text=gettext_lazy("Its name or its code."),
        widget=forms.TextInput(attrs={"list": "candidates", "autocomplete": "off"}),
    )
    day = DayField(label=gettext_lazy("From which day on"))
    reason = ReasonField()

    @property
    def candidates(self) -> Sequence[tuple[str, str]]:
        above = Unit.objects.filter(pk__in=self.unit.ancestor_ids[-2:-1]).first()
        return self.like(above.kind) if above else ()

    def clean_to(self) -> Unit:
        return self.other(self.cleaned_data["to"].strip())

    def consequences(self) -> list[str]:
        words = {**self.passing(self.cleaned_data["day"]), "to": self.cleaned_data["to"].name}
        return [
            _("%(unit)s stands beneath %(to)s from %(day)s on.") % words,
            _("%(units)s units and %(members)s members move with it.") % words,
            _("Nothing before %(day)s changes: work done until then stays credited where it was done.") % words,
        ]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.move_unit(actor=self.user, unit=self._fresh(), to=said["to"], day=said["day"], reason=said["reason"])


class MergeUnit(OtherUnit):
    heading = gettext_lazy("Merge a unit into another")
    button = gettext_lazy("Merge it")
    permission = TREE_CHANGE

    into = forms.CharField(
        label=gettext_lazy("Into which unit"),
        max_length=actions.LONGEST_NAME,
        help_text=gettext_lazy("Its name or its code."),
        widget=forms.TextInput(attrs={"list": "candidates", "autocomplete": "off"}),
    )
    day = DayField(label=gettext_lazy("From which day on"))
    reason = ReasonField()

    @property
    def candidates(self) -> Sequence[tuple[str, str]]:
        return self.like(self.unit.kind)

    def clean_into(self) -> Unit:
        return self.other(self.cleaned_data["into"].strip())

    def consequences(self) -> list[str]:
        day = self.cleaned_data["day"]
        posts = Post.objects.filter(Q(until=None) | Q(until__gt=day), unit=self.unit).count()
        words = {**self.passing(day), "into": self.cleaned_data["into"].name, "posts": posts}
        return [
            _("%(unit)s is closed from %(day)s on; %(posts)s posts there end.") % words,
            _("%(units)s units and %(members)s members pass over to %(into)s.") % words,
            _("Nothing before %(day)s changes: work done until then stays credited where it was done.") % words,
        ]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.merge_unit(actor=self.user, unit=self._fresh(), into=said["into"], day=said["day"], reason=said["reason"])


class CloseUnit(ActForm):
    heading = gettext_lazy("Close a unit")
    button = gettext_lazy("Close it")
    permission = TREE_CHANGE

    day = DayField(label=gettext_lazy("First day on which it is no longer there"))
    reason = ReasonField()

    def consequences(self) -> list[str]:
        day = self.cleaned_data["day"]
        ending = Q(until=None) | Q(until__gt=day)
        words = {
            "unit": self.unit.name,
            "day": full_day(day),
            "posts": Post.objects.filter(ending, unit=self.unit).count(),
            "members": Membership.objects.filter(ending, unit=self.unit).count(),
        }
        return [
            _("%(unit)s is closed from %(day)s on; it owes nothing after that day.") % words,
            _("%(posts)s posts and %(members)s memberships end with it, and the rights that came with them.") % words,
        ]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.close_unit(actor=self.user, unit=self._fresh(), day=said["day"], reason=said["reason"])


class RenameUnit(ActForm):
    heading = gettext_lazy("Rename a unit")
    button = gettext_lazy("Rename it")
    permission = TREE_CHANGE

    name = forms.CharField(label=gettext_lazy("New name"), max_length=actions.LONGEST_NAME)
    day = DayField(label=gettext_lazy("From which day on"))
    reason = ReasonField()

    def consequences(self) -> list[str]:
        words = {"old": self.unit.name, "new": self.cleaned_data["name"], "day": full_day(self.cleaned_data["day"])}
        return [_("From %(day)s on it is called %(new)s; the days before keep %(old)s.") % words]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.rename_unit(actor=self.user, unit=self._fresh(), name=said["name"], day=said["day"], reason=said["reason"])


class DesignateUnit(ActForm):
    heading = gettext_lazy("Designate a unit")
    button = gettext_lazy("Designate it")
    permission = TREE_CHANGE

    designation = forms.ChoiceField(label=gettext_lazy("As"), choices=DesignationKind.choices, widget=forms.RadioSelect)
    day = DayField(label=gettext_lazy("From which day on"))

    def consequences(self) -> list[str]:
        label = DesignationKind(self.cleaned_data["designation"]).label
        words = {"unit": self.unit.name, "designation": label, "day": full_day(self.cleaned_data["day"])}
        return [_("From %(day)s on %(unit)s counts as %(designation)s, and owes what is asked of one.") % words]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.designate(actor=self.user, unit=self._fresh(), designation=said["designation"], since=said["day"])


class EndDesignation(ActForm):
    heading = gettext_lazy("End a designation")
    button = gettext_lazy("End it")
    permission = TREE_CHANGE

    designation = forms.ChoiceField(label=gettext_lazy("Which"), choices=DesignationKind.choices, widget=forms.RadioSelect)
    day = DayField(label=gettext_lazy("First day on which it no longer holds"))
    reason = ReasonField()

    def prepare(self) -> None:
        held = Designation.objects.known().filter(unit=self.unit, until=None).values_list("designation", flat=True)
        choices = [(word, DesignationKind(word).label) for word in dict.fromkeys(held)]
        self.fields["designation"].widget.choices = choices
        if len(choices) == 1:
            self.fields["designation"].initial = choices[0][0]

    def consequences(self) -> list[str]:
        label = DesignationKind(self.cleaned_data["designation"]).label
        words = {"unit": self.unit.name, "designation": label, "day": full_day(self.cleaned_data["day"])}
        return [_("From %(day)s on %(unit)s no longer counts as %(designation)s; the days before stay as they were.") % words]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.end_designation(
            actor=self.user, unit=self._fresh(), designation=said["designation"], day=said["day"], reason=said["reason"]
        )


class SetFact(ActForm):
    heading = gettext_lazy("Set a fact")
    button = gettext_lazy("Set it")
    permission = TREE_CHANGE

    key = forms.ChoiceField(label=gettext_lazy("Fact"), choices=[])
    value = forms.CharField(
        label=gettext_lazy("Value"), max_length=80, help_text=gettext_lazy("A whole number; for a day, write it as 2026-03-05.")
    )
    day = DayField(label=gettext_lazy("From which day on"))

    def prepare(self) -> None:
        cast(forms.ChoiceField, self.fields["key"]).choices = [(key, fact_words(key)) for key in actions.FACTS]

    def consequences(self) -> list[str]:
        said = self.cleaned_data
        words = {"fact": fact_words(said["key"]), "value": fact_value(said["value"]), "day": full_day(said["day"])}
        return [_("From %(day)s on, %(fact)s: %(value)s. The days before keep what they had.") % words]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.set_fact(actor=self.user, unit=self._fresh(), key=said["key"], value=said["value"], since=said["day"])


# --- elections -------------------------------------------------------------------------------------------------------


class HoldElection(ActForm):
    heading = gettext_lazy("Record an election")
    button = gettext_lazy("Record it")
    permission = ELECTION_HOLD

    day = DayField(label=gettext_lazy("Day of the election"))
    secretary = forms.ModelChoiceField(label=gettext_lazy("Secretary"), queryset=Person.objects.none())
    deputies = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Deputy secretaries"),
        queryset=Person.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    members = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Other committee members"),
        queryset=Person.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Seven at most, secretary and deputies included."),
    )
    approved_early = forms.BooleanField(
        label=gettext_lazy("More than a year before the term ends, approved by the level above"), required=False
    )

    def prepare(self) -> None:
        inside = {"unit__path__gte": self.unit.path, "unit__path__lt": path_end(self.unit.path)}
        today = clock.today()
        held = Q(pk__in=Membership.objects.on(today).filter(**inside).values("person"))
        held |= Q(pk__in=Post.objects.on(today).filter(unit=self.unit, title__in=actions.COMMITTEE_TITLES).values("person"))
        people = Person.objects.filter(held).order_by("initials", "name")
        for name in ("secretary", "deputies", "members"):
            cast("forms.ModelChoiceField[Person]", self.fields[name]).queryset = people

    @property
    def elected(self) -> list[tuple[Person, str]]:
        said = self.cleaned_data
        return [
            (said["secretary"], Title.SECRETARY),
            *((person, Title.DEPUTY_SECRETARY) for person in said["deputies"]),
            *((person, Title.COMMITTEE_MEMBER) for person in said["members"]),
        ]

    def consequences(self) -> list[str]:
        day = self.cleaned_data["day"]
        serving = Post.objects.on(day).filter(unit=self.unit, title__in=actions.COMMITTEE_TITLES)
        years = term_years(self.unit, day)
        words = {
            "posts": serving.count(),
            "day": full_day(day),
            "secretary": self.cleaned_data["secretary"].name,
            "elected": len(self.elected),
            "due": full_day(anniversary(day, years)),
            "years": years,
        }
        return [
            _("%(elected)s persons hold their posts from %(day)s on; %(secretary)s is secretary.") % words,
            _("The %(posts)s posts of the present committee end that day, and the rights that came with them.") % words,
            _("The term lasts %(years)s years; the next election is due by %(due)s.") % words,
        ]

    def act(self) -> Entry:
        return actions.hold_election(
            actor=self.user,
            unit=self._fresh(),
            day=self.cleaned_data["day"],
            elected=self.elected,
            approved_early=self.cleaned_data["approved_early"],
        )


# --- people ----------------------------------------------------------------------------------------------------------


class NamesPerson(ActForm):
    """An act about a person, named by code or by a name that only one person within reach bears."""

    def known(self, words: str, among: "QuerySet[Person]") -> Person:
        people = list(among.filter(Q(code=words) | Q(name=words)).distinct()[:4])
        if not people:
            raise ValidationError(_("Nobody within your reach has the name or code “%(found)s”.") % {"found": words})
        exact = next((person for person in people if person.code == words), None)
        if exact is None and len(people) > 1:
            codes = "、".join(person.code for person in people)
            raise ValidationError(_("Several people are called that. Write the code: %(codes)s.") % {"codes": codes})
        return exact or people[0]


class GivePost(NamesPerson):
    heading = gettext_lazy("Give a post")
    button = gettext_lazy("Give it")
    permission = POST_GIVE
    proof = True

    person = forms.CharField(
        label=gettext_lazy("To whom"), max_length=60, help_text=gettext_lazy("The name, or the code where several bear it.")
    )
    title = forms.ChoiceField(label=gettext_lazy("Post"), choices=[])
    day = DayField(label=gettext_lazy("From which day on"))

    def prepare(self) -> None:
        giveable = giveable_titles(self.user, self.unit)
        offered = [(word, label) for word, label in Title.choices if word in giveable]
        cast(forms.ChoiceField, self.fields["title"]).choices = offered

    def clean_person(self) -> Person:
        return self.known(self.cleaned_data["person"].strip(), people_for(self.user, PEOPLE_VIEW))

    def consequences(self) -> list[str]:
        said = self.cleaned_data
        words = {
            "person": said["person"].name,
            "title": Title(said["title"]).label,
            "unit": self.unit.name,
            "day": full_day(said["day"]),
        }
        return [
            _("%(person)s is %(title)s of %(unit)s from %(day)s on.") % words,
            _("The rights of the post come with it at once, and end with it."),
        ]

    def act(self) -> Entry:
        said = self.cleaned_data
        post = actions.give_post(
            actor=self.user, person=said["person"], unit=self._fresh(), title=said["title"], since=said["day"]
        )
        return Entry.objects.get(subject=f"organizations.post:{post.pk}", kind="organizations.post_given")


class EndPost(ActForm):
    heading = gettext_lazy("End a post")
    button = gettext_lazy("End it")
    permission = POST_GIVE
    proof = True

    post = forms.ModelChoiceField(label=gettext_lazy("Which"), queryset=Post.objects.none())
    day = DayField(label=gettext_lazy("First day without the post"))
    reason = ReasonField()

    def prepare(self) -> None:
        posts = Post.objects.filter(unit=self.unit, title__in=giveable_titles(self.user, self.unit)).select_related("person")
        field = cast("forms.ModelChoiceField[Post]", self.fields["post"])
        field.queryset = posts  # an ended one too, so that a form sent twice answers twice the same
        held = [post for post in posts if post.holds_on(clock.today())]
        field.widget.choices = [(post.pk, f"{post.get_title_display()} · {post.person.name}") for post in held]

    def consequences(self) -> list[str]:
        post, day = self.cleaned_data["post"], self.cleaned_data["day"]
        words = {"person": post.person.name, "title": post.get_title_display(), "day": full_day(day)}
        return [_("From %(day)s on %(person)s is no longer %(title)s; the rights of the post end at once.") % words]

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.end_post(actor=self.user, post=said["post"], day=said["day"], reason=said["reason"])


class TakeIn(NamesPerson):
    heading = gettext_lazy("Take a member in")
    button = gettext_lazy("Take in")
    permission = POST_GIVE

    person = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("Somebody registered already: write their code, so that nobody stands here twice."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("As"), choices=MembershipKind.choices)
    birth_year = forms.IntegerField(label=gettext_lazy("Year of birth"), required=False, min_value=1900, max_value=2100)
    phone = forms.CharField(
        label=gettext_lazy("Phone"),
        required=False,
        max_length=20,
        help_text=gettext_lazy("Kept sealed; shown masked."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    day = DayField(label=gettext_lazy("From which day on"))

    def clean_person(self) -> str | Person:
        words: str = self.cleaned_data["person"].strip()
        return people_for(self.user, PEOPLE_VIEW).filter(code=words).first() or words

    def consequences(self) -> list[str]:
        said = self.cleaned_data
        person = said["person"]
        kind = MembershipKind(said["kind"]).label
        name = person.name if isinstance(person, Person) else person
        words = {"person": name, "unit": self.unit.name, "kind": kind, "day": full_day(said["day"])}
        told = [_("%(person)s belongs to %(unit)s from %(day)s on (%(kind)s).") % words]
        if not isinstance(person, Person):
            told.append(_("%(person)s is registered as a new person.") % words)
            alike = list(people_for(self.user, PEOPLE_VIEW).filter(name=name).values_list("code", flat=True)[:3])
            if alike:
                words = {"codes": "、".join(alike)}
                told.append(_("Somebody of that name is registered already: %(codes)s.") % words)
                told.append(_("Is it the same person? Then go back and write the code."))
        return told

    def act(self) -> Entry:
        said, unit = self.cleaned_data, self._fresh()
        if isinstance(said["person"], Person):
            held = actions.join_unit(actor=self.user, person=said["person"], unit=unit, kind=said["kind"], since=said["day"])
            return Entry.objects.get(subject=f"organizations.membership:{held.pk}", kind="organizations.member_joined")
        code = f"P{secrets.token_hex(6)}"
        phone = sealed(said["phone"], code) if said["phone"] else None
        new = actions.NewPerson(
            code=code,
            name=said["person"],
            unit=unit,
            since=said["day"],
            birth_year=said["birth_year"],
            membership=said["kind"],
            sealed_phone=phone.phone if phone else None,
            phone_index=phone.index if phone else "",
        )
        [person] = actions.register_people(actor=self.user, people=[new])
        return Entry.objects.get(subject=f"organizations.person:{person.pk}", kind="organizations.person_registered")


class LeaveUnit(NamesPerson):
    heading = gettext_lazy("Record that a member left")
    button = gettext_lazy("Record it")
    permission = POST_GIVE

    person = forms.CharField(
        label=gettext_lazy("Who"), max_length=60, help_text=gettext_lazy("The name, or the code where several bear it.")
    )
    day = DayField(label=gettext_lazy("First day on which they no longer belong to it"))
    reason = ReasonField()

    def clean_person(self) -> Person:
        return self.known(self.cleaned_data["person"].strip(), Person.objects.filter(memberships__unit=self.unit))

    def _membership(self) -> Membership:
        held: Membership | None = Membership.objects.filter(
            unit=self.unit, person=self.cleaned_data["person"], until=None
        ).first()
        if held is None:
            raise OrganizationError("no_member", person=self.cleaned_data["person"].name, unit=self.unit.name)
        return held

    def consequences(self) -> list[str]:
        person, day = self.cleaned_data["person"], self.cleaned_data["day"]
        words = {"person": person.name, "unit": self.unit.name, "day": full_day(day)}
        posts = Post.objects.on(day).filter(unit=self.unit, person=person).count()
        told = [_("From %(day)s on %(person)s no longer belongs to %(unit)s.") % words]
        if posts:
            told.append(
                ngettext(
                    "%(count)s post held there goes on; end it as well if need be.",
                    "%(count)s posts held there go on; end them as well if need be.",
                    posts,
                )
                % {"count": posts}
            )
        return told

    def act(self) -> Entry:
        said = self.cleaned_data
        return actions.leave_unit(actor=self.user, membership=self._membership(), day=said["day"], reason=said["reason"])
