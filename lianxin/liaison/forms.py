"""What people type at a contact point: at most five fields, and nothing that is known already."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from lianxin.ledger.submissions import DayField, OnceForm, ReasonField, WordsField
from lianxin.liaison import queries
from lianxin.liaison.actions import may_record_visit
from lianxin.liaison.models import VisitKind
from lianxin.liaison.workflow import move_from, moves_named
from lianxin.organizations.access import INSPECTION_RECORD, PEOPLE_VIEW, VISIT_RECEIVE, VISIT_RECORD, AnyUser, may
from lianxin.organizations.models import Person, Unit
from lianxin.organizations.names import person_of


class PointForm(OnceForm):
    """A form about one contact point. Which one is asked only where there are several."""

    unit = forms.ChoiceField(label=_("Contact point"))

    beside: ClassVar[Mapping[str, str]] = {**OnceForm.beside, "not_a_point": "day", "no_words": "matter"}

    def __init__(self, *args: Any, points: Sequence[Unit], asked: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, **options)
        self.points = points
        if len(points) == 1:
            del self.fields["unit"]
            return
        chosen = str(asked.get("unit", ""))
        choices = [(point.code, point.name) for point in points]
        field = cast(forms.ChoiceField, self.fields["unit"])
        field.initial = chosen
        field.choices = choices if chosen in dict(choices) else [("", _("Choose a contact point")), *choices]

    @property
    def point(self) -> Unit | None:
        """The chosen point; the only one, where there is no choice."""
        code = self.cleaned_data.get("unit") if "unit" in self.fields else self.points[0].code
        return next((point for point in self.points if point.code == code), None)


class VisitForm(PointForm):
    """A visit to a contact point, recorded by who came or by the point that received it."""

    kind = forms.ChoiceField(label=_("What was done"), choices=VisitKind.choices, widget=forms.RadioSelect)
    day = DayField()
    visitor = forms.ModelChoiceField(label=_("Who came"), queryset=Person.objects.none(), empty_label=None)
    findings = WordsField(
        label=_("What was found"), help_text=_("A sentence or two, where there is something to say."), required=False
    )
    another = forms.BooleanField(label=_("There were two on that day"), required=False, widget=forms.HiddenInput)

    beside: ClassVar[Mapping[str, str]] = {**PointForm.beside, "same_day": "another"}

    def __init__(self, *args: Any, user: AnyUser, asked: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, points=queries.points_to_record(user), asked=asked, **options)
        self.user = user
        self.me = person_of(user)
        self._offer_kinds(str(asked.get("kind", "")))
        self._offer_visitors()

    def _offer_kinds(self, asked: str) -> None:
        kinds = queries.may_record_kinds(self.user)
        field = cast(forms.ChoiceField, self.fields["kind"])
        field.choices = [(kind.value, kind.label) for kind in kinds]
        field.initial = asked if asked in VisitKind.values else kinds[-1].value
        if len(kinds) == 1:
            del self.fields["kind"]

    def _offer_visitors(self) -> None:
        """Who comes records for themselves; only a point that received somebody says whom."""
        receiving = [point for point in self.points if may(self.user, VISIT_RECEIVE, point)]
        self.leaders = queries.leaders_of(receiving)
        if self.me and any(may(self.user, VISIT_RECORD, p) or may(self.user, INSPECTION_RECORD, p) for p in self.points):
            self.leaders = [self.me, *(leader for leader in self.leaders if leader != self.me)]
        field = cast("forms.ModelChoiceField[Person]", self.fields["visitor"])
        field.queryset = Person.objects.filter(pk__in=[leader.pk for leader in self.leaders])
        field.initial = self.leaders[0].pk if self.leaders else None
        if len(self.leaders) < 2:
            del self.fields["visitor"]

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        said.setdefault("kind", VisitKind.INSPECTION.value if "kind" not in self.fields else None)
        said.setdefault("visitor", self.leaders[0] if self.leaders and "visitor" not in self.fields else None)
        if self.point is None or said["kind"] is None:
            return said
        if not may_record_visit(self.user, self.point, said["kind"]):
            self.add_error("kind" if "kind" in self.fields else None, _("You can record an inspection there, nothing else."))
        if not self.leaders:
            self.add_error(None, _("Nobody is contact leader there yet. Ask the county office to name one."))
        return said

    @property
    def said(self) -> dict[str, Any]:
        """What `record_visit` takes."""
        return {**super().said, "unit": self.point}


class CorrectVisitForm(OnceForm):
    """The same once more, with what stands filled in, and why."""

    kind = forms.ChoiceField(label=_("What was done"), choices=VisitKind.choices, widget=forms.RadioSelect)
    day = DayField()
    visitor = forms.ModelChoiceField(label=_("Who came"), queryset=Person.objects.none(), empty_label=None)
    findings = WordsField(label=_("What was found"), required=False)
    reason = ReasonField(label=_("Why is it corrected?"))

    beside: ClassVar[Mapping[str, str]] = {**OnceForm.beside, "not_a_point": "day"}

    def __init__(self, *args: Any, user: AnyUser, page: queries.VisitPage, **options: Any) -> None:
        standing = page.versions[0]
        kind = queries.VISIT_KINDS[standing.entry.kind]
        stands = {"kind": kind, "day": standing.entry.happened_on, "visitor": standing.visitor_id, "findings": standing.findings}
        super().__init__(*args, **{"initial": stands, **options})
        self.came = standing.visitor
        leaders = {leader.pk for leader in queries.leaders_of([page.visit.unit])} | {self.came.pk}
        field = cast("forms.ModelChoiceField[Person]", self.fields["visitor"])
        field.queryset = Person.objects.filter(pk__in=leaders)
        if len(leaders) < 2 or not may(user, PEOPLE_VIEW, page.visit.unit):
            del self.fields["visitor"]

    @property
    def said(self) -> dict[str, Any]:
        """What `correct_visit` takes."""
        return {"visitor": self.came, **super().said}


class ProblemForm(PointForm):
    """A practical problem that the leader handled."""

    day = DayField(label=_("Day it was handled"))
    matter = WordsField(label=_("What was the problem"))
    remedy = WordsField(label=_("What was done about it"), required=False)

    def __init__(self, *args: Any, user: AnyUser, asked: Mapping[str, Any], **options: Any) -> None:
        super().__init__(*args, points=queries.own_points(user), asked=asked, **options)
        self.me = person_of(user)

    def clean(self) -> dict[str, Any]:
        if self.me is None:
            raise ValidationError(_("Your account is not tied to a person. Ask the administrator."))
        return self.cleaned_data

    @property
    def said(self) -> dict[str, Any]:
        """What `handle_problem` takes."""
        return {**super().said, "unit": self.point, "leader": self.me}


class MoveForm(OnceForm):
    """What a move of a problem needs: words, a reason, or nothing but the button."""

    day = DayField(label=_("Day it was handled"))
    matter = WordsField(label=_("What was the problem"))
    remedy = WordsField(label=_("What was done about it"), required=False)
    reason = ReasonField()

    beside: ClassVar[Mapping[str, str]] = PointForm.beside

    def __init__(self, *args: Any, name: str, page: queries.ProblemPage, **options: Any) -> None:
        last = page.last_words
        move = move_from(page.problem.state, name) or moves_named(name)[0]
        stands: dict[str, Any] = {"matter": last.matter, "remedy": last.remedy}
        if move.reason:
            stands["day"] = last.entry.happened_on
        super().__init__(*args, **{"initial": stands, **options})
        if not move.words:
            for name in ("day", "matter", "remedy"):
                del self.fields[name]
        if not move.reason:
            del self.fields["reason"]
