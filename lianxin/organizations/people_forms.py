"""The forms by which people come to stand where they stand: elections, posts, memberships."""

import secrets
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lianxin.ledger import clock
from lianxin.ledger.models import Entry
from lianxin.ledger.submissions import DayField
from lianxin.organizations import actions
from lianxin.organizations.access import ELECTION_HOLD, PEOPLE_VIEW, POST_GIVE, giveable_titles
from lianxin.organizations.act_forms import ActForm, why
from lianxin.organizations.errors import OrganizationError
from lianxin.organizations.models import Membership, MembershipKind, Person, Post, Title, subtree
from lianxin.organizations.people import people_for, sealed
from lianxin.organizations.terms import anniversary, term_years
from lianxin.ui.dates import full_day

BY_NAME = _("The name, or the code where several bear it.")


class HoldElection(ActForm):
    heading = _("Record an election")
    button = _("Record it")
    permission = ELECTION_HOLD
    action = actions.hold_election
    follows = (
        _("%(elected)s persons hold their posts from %(day)s on; %(secretary)s is secretary."),
        _("The %(posts)s posts of the present committee end that day, and the rights that came with them."),
        _("The term lasts %(years)s years; the next election is due by %(due)s."),
    )

    day = DayField(label=_("Day of the election"))
    secretary = forms.ModelChoiceField(label=_("Secretary"), queryset=Person.objects.none())
    deputies = forms.ModelMultipleChoiceField(
        label=_("Deputy secretaries"), queryset=Person.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    members = forms.ModelMultipleChoiceField(
        label=_("Other committee members"),
        queryset=Person.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Seven at most, secretary and deputies included."),
    )
    approved_early = forms.BooleanField(
        label=_("More than a year before the term ends, approved by the level above"), required=False
    )

    def prepare(self) -> None:
        today = clock.today()
        held = Q(pk__in=Membership.objects.on(today).filter(subtree(self.unit.path, "unit__")).values("person"))
        held |= Q(pk__in=Post.objects.on(today).filter(unit=self.unit, title__in=actions.COMMITTEE_TITLES).values("person"))
        people = Person.objects.filter(held).order_by("initials", "name")
        for name in ("secretary", "deputies", "members"):
            cast("forms.ModelChoiceField[Person]", self.fields[name]).queryset = people

    @property
    def said(self) -> dict[str, Any]:
        said = super().said
        elected = [
            (said.pop("secretary"), Title.SECRETARY),
            *((person, Title.DEPUTY_SECRETARY) for person in said.pop("deputies")),
            *((person, Title.COMMITTEE_MEMBER) for person in said.pop("members")),
        ]
        return {**said, "elected": elected}

    @property
    def words(self) -> dict[str, object]:
        said = self.said
        years = term_years(self.unit, said["day"])
        return {
            **super().words,
            "posts": Post.objects.on(said["day"]).filter(unit=self.unit, title__in=actions.COMMITTEE_TITLES).count(),
            "secretary": self.cleaned_data["secretary"].name,
            "elected": len(said["elected"]),
            "due": full_day(anniversary(said["day"], years)),
            "years": years,
        }


class PeopleForm(ActForm):
    """An act about a person, named by code or by a name that only one person within reach bears."""

    permission = POST_GIVE

    def known(self, words: str, among: "QuerySet[Person]") -> Person:
        people = list(among.filter(Q(code=words) | Q(name=words)).distinct()[:4])
        if not people:
            raise ValidationError(gettext("Nobody within your reach has the name or code “%(found)s”.") % {"found": words})
        exact = next((person for person in people if person.code == words), None)
        if exact is None and len(people) > 1:
            codes = "、".join(person.code for person in people)
            raise ValidationError(gettext("Several people are called that. Write the code: %(codes)s.") % {"codes": codes})
        return exact or people[0]


class GivePost(PeopleForm):
    heading = _("Give a post")
    button = _("Give it")
    proof = True
    action = actions.give_post
    day_is = "since"
    follows = (
        _("%(person)s is %(title)s of %(unit)s from %(day)s on."),
        _("The rights of the post come with it at once, and end with it."),
    )

    person = forms.CharField(label=_("To whom"), max_length=60, help_text=BY_NAME)
    title = forms.ChoiceField(label=_("Post"), choices=[])
    day = DayField(label=_("From which day on"))

    def prepare(self) -> None:
        giveable = giveable_titles(self.user, self.unit)
        offered = [(word, label) for word, label in Title.choices if word in giveable]
        cast(forms.ChoiceField, self.fields["title"]).choices = offered

    def clean_person(self) -> Person:
        return self.known(self.cleaned_data["person"], people_for(self.user, PEOPLE_VIEW))

    @property
    def words(self) -> dict[str, object]:
        said = self.cleaned_data
        return {**super().words, "person": said["person"].name, "title": Title(said["title"]).label}


class EndPost(PeopleForm):
    heading = _("End a post")
    button = _("End it")
    proof = True
    action = actions.end_post
    follows = (_("From %(day)s on %(person)s is no longer %(title)s; the rights of the post end at once."),)

    post = forms.ModelChoiceField(label=_("Which"), queryset=Post.objects.none())
    day = DayField(label=_("First day without the post"))
    reason = why()

    def prepare(self) -> None:
        posts = Post.objects.filter(unit=self.unit, title__in=giveable_titles(self.user, self.unit)).select_related("person")
        field = cast("forms.ModelChoiceField[Post]", self.fields["post"])
        field.queryset = posts  # an ended one too, so that a form sent twice answers twice the same
        held = [post for post in posts if post.holds_on(clock.today())]
        held.sort(key=lambda post: (post.person.user_id == self.user.pk, post.person.initials, post.pk))  # one's own last
        field.widget.choices = [(post.pk, f"{post.get_title_display()} · {post.person.name}") for post in held]

    @property
    def words(self) -> dict[str, object]:
        post = self.cleaned_data["post"]
        return {**super().words, "person": post.person.name, "title": post.get_title_display()}

    @property
    def said(self) -> dict[str, Any]:
        return {name: value for name, value in super().said.items() if name != "unit"}


class TakeIn(PeopleForm):
    heading = _("Take a member in")
    button = _("Take in")
    day_is = "since"

    person = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("Somebody registered already: write their code, so that nobody stands here twice."),
    )
    kind = forms.ChoiceField(label=_("Membership"), choices=MembershipKind.choices)
    birth_year = forms.IntegerField(label=_("Year of birth"), required=False, min_value=1900, max_value=2100)
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=20,
        help_text=_("Kept sealed; shown masked."),
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    day = DayField(label=_("From which day on"))

    def clean_person(self) -> str | Person:
        words: str = self.cleaned_data["person"]
        return people_for(self.user, PEOPLE_VIEW).filter(code=words).first() or words

    @property
    def words(self) -> dict[str, object]:
        said = self.cleaned_data
        name = said["person"].name if isinstance(said["person"], Person) else said["person"]
        return {**super().words, "person": name, "kind": MembershipKind(said["kind"]).label}

    def consequences(self) -> list[str]:
        words = self.words
        told = [gettext("%(person)s belongs to %(unit)s from %(day)s on (%(kind)s).") % words]
        if not isinstance(self.cleaned_data["person"], Person):
            told.append(gettext("%(person)s is registered as a new person.") % words)
            alike = people_for(self.user, PEOPLE_VIEW).filter(name=words["person"])
            codes = list(alike.values_list("code", flat=True)[:3])
            if codes:
                told.append(gettext("Somebody of that name is registered already: %(codes)s.") % {"codes": "、".join(codes)})
                told.append(gettext("Is it the same person? Then go back and write the code."))
        return told

    def act(self) -> Entry:
        said = self.said
        if isinstance(said["person"], Person):
            joining = {name: said[name] for name in ("person", "unit", "kind", "since")}
            return Entry.objects.get(subject=actions.join_unit(actor=self.user, **joining).subject)
        code = f"P{secrets.token_hex(6)}"
        phone = sealed(said["phone"], code) if said["phone"] else None
        new = actions.NewPerson(
            code=code,
            name=said["person"],
            unit=said["unit"],
            since=said["since"],
            birth_year=said["birth_year"],
            membership=said["kind"],
            sealed_phone=phone.phone if phone else None,
            phone_index=phone.index if phone else "",
        )
        [person] = actions.register_people(actor=self.user, people=[new])
        return Entry.objects.get(subject=person.subject)


class LeaveUnit(PeopleForm):
    heading = _("Record that a member left")
    button = _("Record it")
    action = actions.leave_unit
    follows = (_("From %(day)s on %(person)s no longer belongs to %(unit)s."),)

    person = forms.CharField(label=_("Who"), max_length=60, help_text=BY_NAME)
    day = DayField(label=_("First day on which they no longer belong to it"))
    reason = why()

    def clean_person(self) -> Person:
        return self.known(self.cleaned_data["person"], Person.objects.filter(memberships__unit=self.unit))

    @property
    def words(self) -> dict[str, object]:
        return {**super().words, "person": self.cleaned_data["person"].name}

    def consequences(self) -> list[str]:
        posts = Post.objects.on(self.cleaned_data["day"]).filter(unit=self.unit, person=self.cleaned_data["person"]).count()
        go_on = ngettext(
            "%(count)s post held there goes on; end it as well if need be.",
            "%(count)s posts held there go on; end them as well if need be.",
            posts,
        )
        return super().consequences() + ([go_on % {"count": posts}] if posts else [])

    @property
    def said(self) -> dict[str, Any]:
        said = super().said
        unit, person = said.pop("unit"), said.pop("person")
        held = Membership.objects.filter(unit=unit, person=person, until=None).first()
        if held is None:
            raise OrganizationError("no_member", person=person.name, unit=unit.name)
        return {**said, "membership": held}
