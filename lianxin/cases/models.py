"""Cases (诉求): what residents report, who takes it up, and what the residents themselves say of it.

What happened, when and by whom stands in the ledger; here stand words and phones, which an entry must not hold, and where each
case is now. Words may name people, so they are sealed (words.py); a step is never changed. Which moves a case may make stands in
workflow.py, and nothing but a resident's own answer leads to `solved`.
"""

import hashlib
from datetime import date, datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from lianxin.accounts.sealing import seal, unseal
from lianxin.ledger.models import Batch, Entry
from lianxin.ledger.proof import canonical
from lianxin.ledger.versions import Version
from lianxin.organizations.models import Unit, UnitKind


class State(models.TextChoices):
    QUARANTINED = "quarantined", _("waits to be looked at")
    UNCLAIMED = "unclaimed", _("waits to be claimed")
    DISPATCH = "dispatch", _("waits for dispatch")
    LED = "led", _("being worked on")
    CONTESTED = "contested", _("returned, waits for a decision")
    PAUSED = "paused", _("paused")
    HANDLED = "handled", _("handled, waits for the resident's answer")
    SOLVED = "solved", pgettext_lazy("case", "solved")
    PRESUMED = "presumed", _("closed without an answer")
    WITHDRAWN = "withdrawn", _("withdrawn by the resident")
    DECLINED = "declined", _("not taken up")


OPEN_STATES = (State.UNCLAIMED, State.DISPATCH, State.LED, State.CONTESTED, State.PAUSED)
"""Somebody still has work to do."""
TO_CLAIM = (State.UNCLAIMED, State.DISPATCH)
"""Nobody leads yet."""
LED_STATES = (State.LED, State.CONTESTED, State.PAUSED)
"""Somebody leads: also while a return is undecided (首接负责)."""
FINAL_STATES = (State.SOLVED, State.PRESUMED, State.WITHDRAWN, State.DECLINED)


class Mode(models.TextChoices):
    """How a case came to who leads it."""

    CHOICE = "choice", _("claimed by choice")
    GROUP = "group", _("claimed by a group")
    DESIGNATION = "designation", _("designated")


class Source(models.TextChoices):
    WEB = "web", _("reported on the web")
    CODE = "code", _("reported by a village's code")
    HOME_VISIT = "home_visit", _("found on a home visit")
    PHONE = "phone", _("taken by phone")
    OPEN311 = "open311", _("filed by another system")
    IMPORT = "import", _("brought in from a workbook")


class Tier(models.TextChoices):
    """Urgency; how long each may take stands in the rules (tiers.yaml)."""

    DANGER = "danger", _("danger to people")
    SUPPLY = "supply", _("water, power, heat")
    ORDINARY = "ordinary", _("ordinary")
    DIFFICULT = "difficult", _("difficult")


class HandlingMode(models.TextChoices):
    DIRECT = "direct", _("done on the spot")
    AGENT = "agent", _("done on the resident's behalf")
    HELP = "help", _("help to get it done")


class Verdict(models.TextChoices):
    SOLVED = "solved", pgettext_lazy("verdict", "solved")
    PARTLY = "partly", _("partly solved")
    NOT = "not", _("not solved")


class ItemQuerySet(models.QuerySet["Item"]):
    def offered_on(self, day: date) -> Self:
        """What may be chosen on that day."""
        return self.filter(Q(retired_on=None) | Q(retired_on__gt=day))


class Item(models.Model):
    """A line of the catalogue of matters, in three levels: what is asked for, how urgent it is, who is usually responsible."""

    key = models.CharField(max_length=40, unique=True)
    """Stable, `water.supply.outage`: it stands in entries."""
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    level = models.PositiveSmallIntegerField()
    title = models.CharField(max_length=80)
    title_en = models.CharField(max_length=120, blank=True)
    keywords = models.CharField(max_length=500, blank=True)
    """Separated by spaces."""
    tier = models.CharField(max_length=12, choices=Tier, default=Tier.ORDINARY)
    responsible = models.CharField(max_length=20, choices=UnitKind, blank=True)
    """Kind of unit that usually leads."""
    mode = models.CharField(max_length=8, choices=HandlingMode, default=HandlingMode.AGENT)
    retired_on = models.DateField(null=True)
    """From that day no longer offered; cases keep it."""

    objects = ItemQuerySet.as_manager()

    class Meta:
        ordering = ["key"]

    def __str__(self) -> str:
        """What it is called, in the reader's language."""
        english = (get_language() or "zh-hans").startswith("en")
        return self.title_en if english and self.title_en else self.title


class LocalDay(models.Model):
    """A day on which a county works, or does not, other than the country's calendar says (那达慕)."""

    county = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    day = models.DateField()
    works = models.BooleanField()
    name = models.CharField(max_length=60)
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["county", "day"], name="local_day_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


class CaseQuerySet(models.QuerySet["Case"]):
    def open(self) -> Self:
        return self.filter(state__in=OPEN_STATES)

    def to_claim(self) -> Self:
        """Nobody leads it yet."""
        return self.filter(state__in=TO_CLAIM)

    def overdue(self, instant: datetime) -> Self:
        """Its present clock ran out."""
        return self.filter(due_at__lt=instant)

    def left_out(self) -> Self:
        """The adjusted figures leave it out."""
        return self.filter(pk__in=Exclusion.objects.in_force().values("case"))


class Case(models.Model):
    """One matter. Its columns say where it stands now; how it came there stands in its steps and their entries."""

    county = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    place = models.ForeignKey(Unit, models.PROTECT, related_name="cases_here")
    """Village, community, township or county where it is."""
    spot = models.BinaryField(null=True)
    """Sealed: where exactly, in the resident's words."""
    lat = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    long = models.DecimalField(max_digits=8, decimal_places=5, null=True)
    """WGS84, where another system gave them."""
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="cases")
    tier = models.CharField(max_length=12, choices=Tier, default=Tier.ORDINARY)
    source = models.CharField(max_length=12, choices=Source)
    state = models.CharField(max_length=12, choices=State)
    lead = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="cases_led")
    mode = models.CharField(max_length=12, choices=Mode, blank=True)
    about = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    """The unit it complains about: that unit and those beneath it never see the case."""
    round = models.PositiveSmallIntegerField(default=1)
    """How many times it has been taken up: each “no” of a resident begins another."""
    returns = models.PositiveSmallIntegerField(default=0)
    escalated = models.BooleanField(default=False)
    """Returned or redone so often that the county decides."""
    flagged = models.BooleanField(default=False)
    """Something about it asks for a call-back (flags stand in the entries)."""
    reported_at = models.DateTimeField()
    reported_on = models.DateField()
    handled_at = models.DateTimeField(null=True)
    """When it was last handled."""
    ended_at = models.DateTimeField(null=True)
    clock = models.CharField(max_length=12, blank=True)
    """The clock that runs now, and when it runs out; from its clocks, kept here for lists."""
    due_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    """Words, phones and photos were erased then (retention.py)."""
    batch = models.ForeignKey(Batch, models.PROTECT, null=True, related_name="+", db_index=False)
    """The workbook it came in with; nobody sees it before all of that is written (`in_sight`, queries/reach.py)."""

    objects = CaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["county", "state", "-id"], name="case_county_state"),
            models.Index(fields=["county", "-id"], name="case_county"),
            models.Index(fields=["place", "state", "-id"], name="case_place_state"),
            models.Index(fields=["lead", "state", "-id"], name="case_lead_state"),
            models.Index(fields=["item", "-id"], name="case_item"),
            models.Index(fields=["state", "due_at"], name="case_due"),
            models.Index(fields=["county", "reported_on"], name="case_reported"),
            models.Index(fields=["reported_on"], name="case_day"),
            models.Index(fields=["source", "-id"], name="case_source"),
            models.Index(fields=["tier", "-id"], name="case_tier"),
            models.Index(fields=["-id"], name="case_escalated", condition=Q(escalated=True)),
            models.Index(fields=["due_at", "-id"], name="case_pressing", condition=Q(due_at__isnull=False)),
            models.Index(fields=["batch"], name="case_batch", condition=Q(batch__isnull=False)),
            models.Index(
                fields=["place", "reported_on", "due_at", "escalated", "about"],
                name="case_open",
                condition=Q(state__in=("unclaimed", "dispatch", "led", "contested", "paused")),
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}, {self.state}"

    @property
    def subject(self) -> str:
        return f"cases.case:{self.pk}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def sign(self) -> str:
        """The shape and colour it is shown with: a state of lianxin.ui.states."""
        return {
            State.SOLVED: "confirmed",
            State.HANDLED: "waiting",
            State.WITHDRAWN: "superseded",
            State.DECLINED: "superseded",
            State.PRESUMED: "superseded",
        }.get(State(self.state), "waiting")


class Reporter(models.Model):
    """One resident of a case: who reported it, or joined it (“me too”). Known by a receipt; a phone only where it was given.

    Each has a verdict of their own.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="reporters")
    receipt = models.CharField(max_length=64, unique=True)
    """HMAC of the receipt's characters under a key outside the database; the receipt itself is nowhere."""
    phone = models.BinaryField(null=True)
    """Sealed."""
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    language = models.CharField(max_length=10, blank=True)
    network = models.CharField(max_length=64, blank=True)
    """Keyed digest of the address it was sent from, for flags; forgotten after 30 days (retention)."""
    by_proxy = models.BooleanField(default=False)
    """Recorded by a member or clerk on the resident's behalf."""
    joined_at = models.DateTimeField()
    verdict = models.CharField(max_length=8, choices=Verdict, blank=True)
    """The answer of this round, as it stands; none yet: empty."""
    stars = models.PositiveSmallIntegerField(null=True)
    verdict_by = models.CharField(max_length=12, blank=True)
    """`resident`, or `call_back`."""
    left_at = models.DateTimeField(null=True)
    """Withdrew."""
    erasure_asked_at = models.DateTimeField(null=True)
    """Asked that what is kept of them be erased."""
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["case", "id"], name="reporter_case")]

    def __str__(self) -> str:
        return f"reporter {self.pk} of case {self.case_id}"


class CaseStep(Version):
    """One move of a case, with the entry it wrote. Steps are only ever added; their words may be erased, never changed."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    move = models.CharField(max_length=20)
    state = models.CharField(max_length=12, choices=State)
    """Where it left the case."""
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    """On whose behalf; none: a resident's own step, or the clock's."""
    reporter = models.ForeignKey(Reporter, models.PROTECT, null=True, related_name="steps")
    shown = models.BooleanField(default=False)
    """Whether residents read its words."""
    sealed = models.BinaryField(null=True)
    """Its words, sealed; null: none, or erased."""
    erased_at = models.DateTimeField(null=True)
    bound = models.CharField(max_length=64, blank=True)
    """Once its words are erased: what had bound them to the entry. Without words and salt it gives nothing away."""

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["case", "id"], name="step_case")]

    def __str__(self) -> str:
        return f"case {self.case_id} {self.move}, entry {self.entry_id}"

    @property
    def text(self) -> str:
        """Its words, opened. Empty where there were none or they were erased."""
        return unseal(bytes(self.sealed), key="case", bound_to=self.salt) if self.sealed else ""

    def say(self, text: str) -> None:
        """Seal its words; before it is written. Needs the salt, which `write_version` would make."""
        self.sealed = seal(text, key="case", bound_to=self.salt) if text else None

    @property
    def words(self) -> dict[str, object]:
        return {"case": self.case_id, "move": self.move, "state": self.state, "text": self.text}


class Part(models.Model):
    """What an assisting unit was asked to do, by when. The case cannot be handled before each part is done or called off."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="parts")
    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    joint = models.BooleanField(default=False)
    """It claimed the case together with the lead (组团), rather than being asked."""
    asked = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    due_on = models.DateField(null=True)
    done = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    called_off = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    """By the lead; or by the unit itself, which left the group."""

    class Meta:
        indexes = [models.Index(fields=["unit", "case"], name="part_unit_case")]

    def __str__(self) -> str:
        return f"part of case {self.case_id} for {self.unit_id}"

    @property
    def is_open(self) -> bool:
        return self.done_id is None and self.called_off_id is None


STRETCH_ENDS = ("handle", "return", "transfer", "orphan")
"""Moves by which whoever leads a case has worked on it for now: what they had asked for is not decided any more."""


class ExtensionQuerySet(models.QuerySet["Extension"]):
    def waiting(self) -> Self:
        """Not decided, and asked for by whoever leads now, since they do: not in an earlier round, nor before it was returned."""
        ended = CaseStep.objects.filter(case=models.OuterRef("case"), pk__gt=models.OuterRef("asked"), move__in=STRETCH_ENDS)
        return self.filter(~models.Exists(ended), decided=None)


class Extension(models.Model):
    """More time that was asked for; granted or refused by somebody above, or fallen with the stretch of work it was for."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="extensions")
    asked = models.OneToOneField(CaseStep, models.PROTECT, related_name="+")
    days = models.PositiveSmallIntegerField()
    """Working days."""
    decided = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    granted = models.BooleanField(null=True)

    objects = ExtensionQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.days} days more for case {self.case_id}"


class ClockName(models.TextChoices):
    CLAIM = "claim", _("until somebody takes it up")
    RESPOND = "respond", _("until the first answer")
    HANDLE = "handle", _("until it is handled")
    VERDICT = "verdict", _("until the resident has answered")


class CaseClock(models.Model):
    """One clock of a case. When it starts, pauses, is extended, stops and runs out are entries; this is where it stands."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="clocks")
    name = models.CharField(max_length=12, choices=ClockName)
    round = models.PositiveSmallIntegerField(default=1)
    unit = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+")
    """Whose time it is."""
    started_at = models.DateTimeField()
    due_at = models.DateTimeField()
    provisional = models.BooleanField(default=False)
    """The calendar of that year was not known yet: Monday to Friday was taken."""
    paused_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    breached_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["case", "name"], name="clock_case_name"),
            models.Index(fields=["due_at"], name="clock_running", condition=Q(stopped_at=None, paused_at=None, breached_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.name} of case {self.case_id}, due {self.due_at}"


class Added(models.Model):
    """What is added up of cases, as `tally.Count` says of each."""

    answered = models.IntegerField()
    answered_late = models.IntegerField()
    handled = models.IntegerField()
    handled_late = models.IntegerField()
    said = models.IntegerField()
    satisfied = models.IntegerField()
    sent_back = models.IntegerField()
    voices = models.IntegerField()
    stars = models.IntegerField()

    class Meta:
        abstract = True


class Counted(Added):
    """What a case is counted as in the tallies (tally.py): its place, lead, matter and state when it was last counted."""

    case = models.OneToOneField(Case, models.CASCADE, primary_key=True, related_name="+")
    place = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    path = models.CharField(max_length=120)
    """Of the place, as it was then."""
    reported_on = models.DateField()
    month = models.DateField()
    """Its first day."""
    state = models.CharField(max_length=12)
    lead = models.ForeignKey(Unit, models.PROTECT, null=True, related_name="+", db_index=False)
    item = models.ForeignKey(Item, models.PROTECT, null=True, related_name="+", db_index=False)
    answer_due = models.DateTimeField(null=True)
    handle_due = models.DateTimeField(null=True)
    """When the clock of the first answer, of the first handling, runs out; none: it does not run."""

    class Meta:
        indexes = [
            models.Index(fields=["reported_on"], name="counted_day"),
            models.Index(
                fields=["answer_due", "path", "reported_on", "answered", "answered_late", "case"],
                name="counted_answer_due",
                condition=Q(answer_due__isnull=False),
            ),
            models.Index(
                fields=["handle_due", "path", "reported_on", "handled", "handled_late", "case"],
                name="counted_handle_due",
                condition=Q(handle_due__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.case_id}, counted"


class Tally(Added):
    """How many cases of a month lie beneath a county or township: by state, part, lead and matter. Derived; see tally.py."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="+", db_index=False)
    month = models.DateField()
    """Its first day; or its 16th: of its second half alone."""
    kind = models.CharField(max_length=5)
    """`state`, `part` (what stands directly beneath the unit), `lead`, `item`."""
    key = models.CharField(max_length=12)
    reported = models.IntegerField()
    open = models.IntegerField()
    solved = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["unit", "month", "kind", "key"], name="tally_once")]

    def __str__(self) -> str:
        return f"{self.unit_id} {self.month} {self.kind} {self.key}: {self.reported}"


class TallyMark(models.Model):
    """Up to which entry everything is in the tallies, and which workbooks: one row."""

    entry = models.BigIntegerField(default=0)
    batches = models.JSONField(default=list)
    """Those that were visible."""

    def __str__(self) -> str:
        return f"counted up to entry {self.entry}"


class CallBack(models.Model):
    """Somebody of another unit asks the residents whether it is really solved: one in ten at random of
    those whose residents left a phone, and every flagged case."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="call_backs")
    round = models.PositiveSmallIntegerField()
    why = models.CharField(max_length=12)
    """`random`, `flagged`, `proxy`."""
    drawn_at = models.DateTimeField()
    done = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    reached = models.BooleanField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "round"], name="call_back_once_a_round")]

    def __str__(self) -> str:
        return f"call-back of case {self.case_id}"


class Ground(models.TextChoices):
    """Why the adjusted figures may leave a case out. There is no other reason."""

    DUPLICATE = "duplicate", _("the same matter stands in another case")
    ELSEWHERE = "elsewhere", _("not within the county's power")
    LEGAL = "legal", _("before a court, an arbitrator or another authority")
    NOT_FOUND = "not_found", _("looked for and not found, and nobody could be reached")
    FORCE = "force", _("disaster or season: in nobody's power")
    MISTAKE = "mistake", _("entered by mistake, or as a test")


WAITING, IN_FORCE = Q(decided=None), Q(agreed=True, lifted=None)
"""Of an exclusion: asked for and not decided; granted and not lifted."""


class ExclusionQuerySet(models.QuerySet["Exclusion"]):
    def waiting(self) -> Self:
        return self.filter(WAITING)

    def in_force(self) -> Self:
        return self.filter(IN_FORCE)


class Exclusion(models.Model):
    """A case left out (剔除) of the adjusted figures, never of the raw ones: asked for by one person, granted by another."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="exclusions")
    ground = models.CharField(max_length=12, choices=Ground)
    proposed = models.OneToOneField(CaseStep, models.PROTECT, related_name="+")
    decided = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    agreed = models.BooleanField(null=True)
    lifted = models.OneToOneField(CaseStep, models.PROTECT, related_name="+", null=True)
    """From then on it counts again."""

    objects = ExclusionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case"], condition=WAITING, name="exclusion_asked_once"),
            models.UniqueConstraint(fields=["case"], condition=IN_FORCE, name="exclusion_in_force_once"),
        ]

    def __str__(self) -> str:
        return f"exclusion of case {self.case_id}"

    @property
    def sign(self) -> str:
        """The shape and colour it is shown with: a state of lianxin.ui.states."""
        if self.decided_id is None:
            return "waiting"
        return "confirmed" if self.agreed and self.lifted_id is None else "superseded"

    @property
    def word(self) -> str | Promise:
        """How it stands."""
        if self.decided_id is None:
            return _("waits for a decision")
        if not self.agreed:
            return pgettext_lazy("exclusion", "declined")
        return pgettext_lazy("exclusion", "lifted") if self.lifted_id else pgettext_lazy("exclusion", "granted")


class Photo(models.Model):
    """A picture of a step, rebuilt without metadata; its bytes lie in the data folder, the original's hash in the entry."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="photos")
    step = models.ForeignKey(CaseStep, models.PROTECT, related_name="photos")
    name = models.CharField(max_length=64, unique=True)
    """Random; also the name of its file."""
    original = models.CharField(max_length=64)
    """sha256 of what was sent."""
    digest = models.CharField(max_length=64, blank=True)
    """sha256 of the file that is kept."""
    likeness = models.CharField(max_length=64, blank=True)
    """Perceptual hashes, to find a recycled picture."""
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size = models.PositiveIntegerField()
    erased_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"photo {self.pk} of case {self.case_id}"


class ApiKey(models.Model):
    """Another system that may file requests through Open311."""

    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    """HMAC of the key; the key itself is shown once."""
    county = models.ForeignKey(Unit, models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class SavedFilter(models.Model):
    """A way of looking at the list of cases that somebody keeps for themselves."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="saved_filter_name")]

    def __str__(self) -> str:
        return self.name


class Sending(models.Model):
    """A report sent by a phone, saved once however often it arrives: a key the phone made, and where it led."""

    key = models.CharField(max_length=64, unique=True)
    body_hash = models.CharField(max_length=64)
    reporter = models.ForeignKey(Reporter, models.PROTECT, related_name="+")
    received_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.key


class Hold(models.Model):
    """While it lasts, nothing of the case is erased: a dispute, an investigation."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="holds")
    placed = models.OneToOneField(Entry, models.PROTECT, related_name="+")
    lifted = models.OneToOneField(Entry, models.PROTECT, related_name="+", null=True)

    def __str__(self) -> str:
        return f"hold on case {self.case_id}"


class Erasure(models.Model):
    """What one look at the rules (retention.yaml) found to be due: proposed by one, carried out by another."""

    rules = models.CharField(max_length=20)
    """Version of the file."""
    proposed_at = models.DateTimeField()
    proposed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", null=True)

    def __str__(self) -> str:
        return f"erasure {self.pk}"


class Tombstone(models.Model):
    """What was, or is to be, erased of a case by one rule: which rows, never what stood in them."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="tombstones")
    erasure = models.ForeignKey(Erasure, models.PROTECT, related_name="tombstones", null=True)
    """None: a resident asked for it."""
    rule = models.CharField(max_length=20)
    rows = models.JSONField()
    """{steps: [keys], reporters: [keys], photos: [keys], case: bool}"""
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="+", null=True)
    """None: proposed only."""

    class Meta:
        indexes = [models.Index(fields=["case", "rule"], name="tombstone_case")]

    def __str__(self) -> str:
        return f"{self.rule} of case {self.case_id}"

    @property
    def binds(self) -> str:
        """What binds it to its entry."""
        return hashlib.sha256(canonical([self.case_id, self.rule, self.rows]).encode()).hexdigest()


class Bucket(models.Model):
    """How much somebody (an address, a subnet, a village, everybody) sent lately; see flood.py."""

    key = models.CharField(max_length=64, primary_key=True)
    """A keyed digest."""
    full_at = models.DateTimeField(db_index=True)
    """When it is full again; from then on as good as absent."""

    def __str__(self) -> str:
        return f"{self.key[:8]} until {self.full_at}"
