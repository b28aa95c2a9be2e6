"""Strange cases of the demonstration, lived one action at a time: what goes wrong in real life, each at least once.

Returned until the county decides, held back and let in or declined, paused, given more time, orphaned when its lead was merged
away, transferred, about a unit that must not see it; left out of the adjusted figures, or not, or counted again.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from lianxin.accounts.models import User
from lianxin.cases import actions
from lianxin.cases.actions.moving import Asked, locked, make_move, the_residents
from lianxin.cases.models import Case, Exclusion, Item, Reporter, State
from lianxin.demo.cases_life import ANSWERS, VILLAGE_SPOTS, Leads, texts
from lianxin.organizations.models import Unit

Act = Callable[[], None]
WHY = ["不属于本单位职责范围。", "该处由物业管理，请转交。", "设施权属不在本村。"]
OFFICE_WHY = "经核实职责，由该单位牵头。"
LEFT_OUT = {
    "duplicate": "与前一件反映的是同一处。",
    "elsewhere": "属上级部门权限，已转报。",
    "legal": "当事人已向法院起诉。",
    "not_found": "两次到现场未发现，电话也打不通。",
    "force": "封冻期无法施工，开春再办。",
    "mistake": "录入时选错，已另行登记。",
}
"""Why somebody asks that a case be left out, by ground."""
PAUSE = "等待配件到货，到货后继续施工。"
CLAIMED = 27
"""How many of them somebody takes up."""


@dataclass
class Strange:
    """Tells strange cases: `events` by the day on which they happen."""

    leads: Leads
    places: Sequence[Unit]
    merging: Unit
    into: Unit
    """The branch that will be merged away, and a place of the same township."""
    today: date
    second: User
    """Another person of the county office than `leads.office`."""
    rng: random.Random = field(default_factory=lambda: random.Random(13))  # nosec B311  # a story, the same each time
    count: int = 0
    ended: int = 0
    asked: int = 0

    def plan(self, start: date, merged_on: date) -> dict[date, list[Act]]:
        """What happens on which day."""
        events: dict[date, list[Act]] = {}

        def on(day: date, act: Act) -> None:
            events.setdefault(day, []).append(act)

        for number, tell in enumerate(
            (self.returned, self.released, self.objected, self.transferred, self.extended, self.refused)
        ):
            tell(start + timedelta(days=60 + 97 * number), on)
        for number in range(3):
            self.paused(start + timedelta(days=150 + 170 * number), on, 12)
            self.about(start + timedelta(days=100 + 180 * number), on)
        for number in range(5):
            self.declined(start + timedelta(days=45 + 120 * number), on)
        self.orphaned(merged_on, on)
        for number in range(6):  # still so today
            day = self.today - timedelta(days=2 + number % 3)
            self.waiting(day, on)
            self.unclaimed(self.today - timedelta(days=11 + number % 3), on)
            self.contested(day, on)
            self.paused(day - timedelta(days=2), on, 25)
        for days in (6, 8):  # the county has not decided; its unit works on it
            self.returned(self.today - timedelta(days=days), on, still=True)
        return events

    # --- one by one -----------------------------------------------------------------------------------------------------------

    def returned(self, day: date, on: Callable[[date, Act], None], *, still: bool = False) -> None:
        """Three units return it; the third time the county decides, and that stands. still: it is not handled yet."""
        place = self.place()
        branch, team, township = self.near(place)
        tell = self.case(day, on, place)
        on(day, lambda: self.claim(tell[0], branch))
        for number, (old, new) in enumerate(((branch, team), (team, branch), (branch, township))):
            then = day + timedelta(days=1 + 2 * number)
            by = self.actor(township) if number < 2 else self.leads.office
            on(then, lambda old=old: self.give_back(tell[0], old))  # type: ignore[misc]
            if then < self.today - timedelta(days=1):
                on(then + timedelta(days=1), lambda by=by, new=new: self.decide(tell[0], by, new))  # type: ignore[misc]
        if not still:
            self.handled(day + timedelta(days=9), on, tell, township)

    def contested(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Returned, and nobody has decided yet."""
        place = self.place()
        branch = self.near(place)[0]
        tell = self.case(day, on, place)
        on(day, lambda: self.claim(tell[0], branch))
        on(day + timedelta(days=1), lambda: self.give_back(tell[0], branch))
        self.leave_out(day + timedelta(days=1), on, tell, granted=None)

    def released(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Held back when very many reports arrived; it was real."""
        place = self.place()
        tell = self.case(day, on, place, held=True)
        branch, _team, township = self.near(place)
        on(day + timedelta(days=1), lambda: self.look(tell[0], township, "release"))
        on(day + timedelta(days=1), lambda: self.claim(tell[0], branch))
        self.handled(day + timedelta(days=4), on, tell, branch)

    def waiting(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Held back, and nobody has looked yet."""
        self.case(day, on, self.place(), held=True)

    def unclaimed(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Nobody claims it, and nobody has named a lead yet."""
        self.case(day, on, self.place())
        on(day + timedelta(days=9), lambda: _none(actions.turn_all()))

    def declined(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Held back, and no problem anybody here could solve."""
        place = self.place()
        tell = self.case(day, on, place, held=True)
        on(day + timedelta(days=1), lambda: self.look(tell[0], self.near(place)[2], "decline"))

    def objected(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Declined; the resident objects, and it is taken up."""
        place = self.place()
        branch, _team, township = self.near(place)
        tell = self.case(day, on, place, held=True)
        on(day + timedelta(days=1), lambda: self.look(tell[0], township, "decline"))
        on(day + timedelta(days=3), lambda: self.object(tell))
        on(day + timedelta(days=3), lambda: self.claim(tell[0], branch))
        self.handled(day + timedelta(days=6), on, tell, branch)

    def transferred(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Those above give it to another unit; its clocks run on."""
        place = self.place()
        branch, team, township = self.near(place)
        tell = self.case(day, on, place)
        on(day, lambda: self.claim(tell[0], branch))
        reason = "该队有专业设备，转由其办理。"
        on(
            day + timedelta(days=2),
            lambda: _none(actions.transfer_lead(actor=self.actor(township), case=tell[0], lead=team, reason=reason)),
        )
        self.handled(day + timedelta(days=5), on, tell, team)

    def extended(self, day: date, on: Callable[[date, Act], None]) -> None:
        """More time is asked for, and granted."""
        self._more_time(day, on, granted=True)

    def refused(self, day: date, on: Callable[[date, Act], None]) -> None:
        """More time is asked for, and refused."""
        self._more_time(day, on, granted=False)

    def _more_time(self, day: date, on: Callable[[date, Act], None], *, granted: bool) -> None:
        place = self.place()
        branch, _team, township = self.near(place)
        tell = self.case(day, on, place)
        on(day, lambda: self.claim(tell[0], branch))

        def ask() -> None:
            reason = "需要等冻土化开才能施工。"
            extension = actions.ask_extension(actor=self.actor(branch), case=tell[0], days=5, reason=reason)
            why = "情况属实。" if granted else "可先采取临时措施。"
            actions.decide_extension(actor=self.actor(township), extension=extension, granted=granted, reason=why)

        on(day + timedelta(days=3), ask)
        self.handled(day + timedelta(days=8), on, tell, branch)

    def paused(self, day: date, on: Callable[[date, Act], None], days: int) -> None:
        """Waits for a part; the resident reads why, and until when."""
        place = self.place()
        branch = self.near(place)[0]
        tell = self.case(day, on, place)
        until = day + timedelta(days=1 + days)
        on(day, lambda: self.claim(tell[0], branch))
        on(
            day + timedelta(days=1),
            lambda: _none(actions.answer_resident(actor=self.actor(branch), case=tell[0], text=ANSWERS[0])),
        )
        on(
            day + timedelta(days=1),
            lambda: _none(actions.pause_case(actor=self.actor(branch), case=tell[0], text=PAUSE, until=until)),
        )
        if until < self.today:
            on(until, lambda: _none(actions.turn_all()))
            self.handled(until + timedelta(days=1), on, tell, branch)
        else:
            self.leave_out(day + timedelta(days=1), on, tell, granted=False)

    def about(self, day: date, on: Callable[[date, Act], None]) -> None:
        """A complaint about a village: those who belong to it never see it; the county has the township lead."""
        place = self.place()
        township = self.near(place)[2]
        tell = self.case(day, on, place, about=place)
        on(
            day + timedelta(days=1),
            lambda: _none(actions.designate_lead(actor=self.leads.office, case=tell[0], lead=township)),
        )
        self.handled(day + timedelta(days=4), on, tell, township)

    def orphaned(self, day: date, on: Callable[[date, Act], None]) -> None:
        """Its lead is merged away while it works on it: those above name another."""
        tell = self.case(day - timedelta(days=1), on, self.into)
        township = self.leads.townships[self.into.code[:9]]
        on(day - timedelta(days=1), lambda: self.claim(tell[0], self.merging))
        on(day + timedelta(days=1), lambda: _none(actions.turn_all()))
        on(
            day + timedelta(days=2),
            lambda: _none(actions.designate_lead(actor=self.actor(township), case=tell[0], lead=township)),
        )
        self.handled(day + timedelta(days=4), on, tell, township)

    # --- the acts -------------------------------------------------------------------------------------------------------------

    def case(
        self, day: date, on: Callable[[date, Act], None], place: Unit, *, held: bool = False, about: Unit | None = None
    ) -> list[Case]:
        """Report one on that day; it stands in the list from then."""
        made: list[Case] = []
        self.count += 1
        key = self.rng.choice(sorted(texts()))
        spot = self.rng.choice(VILLAGE_SPOTS)
        sending = f"demonstration strange {self.count:05d}"
        text = self.rng.choice(texts()[key]["reports"]).replace("{spot}", spot)

        def report() -> None:
            item = Item.objects.get(key=key)
            said = actions.Report(
                sending, Unit.objects.get(pk=place.pk), text, spot=spot, item=item, tier="ordinary", about=about
            )
            made.append(actions.report_case(report=said, quarantined=held).reporter.case)

        on(day, report)
        return made

    def claim(self, case: Case, unit: Unit) -> None:
        actions.claim_case(actor=self.actor(unit), case=case, unit=unit)

    def give_back(self, case: Case, unit: Unit) -> None:
        actions.return_case(actor=self.actor(unit), case=case, reason=self.rng.choice(WHY))

    def decide(self, case: Case, by: User, lead: Unit) -> None:
        actions.decide_lead(actor=by, case=case, lead=lead, reason=OFFICE_WHY)

    def look(self, case: Case, township: Unit, name: str) -> None:
        """Let in, or declined with a reason the resident reads."""
        text = "内容与本地无关，不予受理。如有异议可提出。" if name == "decline" else ""
        make_move(actor=self.actor(township), case=locked(case), name=name, asked=Asked(text=text))

    def object(self, tell: list[Case]) -> None:
        reporter = Reporter.objects.get(case=tell[0])
        asked = Asked(reporter=reporter, text="就是我们村的事，请再看看。", data={"reporter": reporter.pk})
        make_move(actor=the_residents(), case=locked(tell[0]), name="object", asked=asked)

    def handled(self, day: date, on: Callable[[date, Act], None], tell: list[Case], lead: Unit) -> None:
        """Handled on that day, and answered three days later."""

        def handle() -> None:
            actions.handle_case(actor=self.actor(lead), case=tell[0], text="已到现场办结，请您评价。")

        def answer() -> None:
            case = Case.objects.get(pk=tell[0].pk)
            if case.state == State.HANDLED:
                actions.give_verdict(reporter=Reporter.objects.get(case=case), verdict="solved", stars=4)

        on(day, handle)
        on(day + timedelta(days=3), answer)
        self.ended += 1
        self.leave_out(day + timedelta(days=5), on, tell, granted=True, lifted=self.ended % 2 == 0)

    def leave_out(
        self, day: date, on: Callable[[date, Act], None], tell: list[Case], *, granted: bool | None, lifted: bool = False
    ) -> None:
        """One of the county office asks that the adjusted figures leave it out; two days later another decides, if at all."""
        grounds = sorted(LEFT_OUT)
        ground = grounds[self.asked % len(grounds)]
        self.asked += 1
        found: list[Exclusion] = []

        def ask() -> None:
            case, office = Case.objects.get(pk=tell[0].pk), User.objects.get(pk=self.leads.office.pk)
            found.append(actions.ask_exclusion(actor=office, case=case, ground=ground, reason=LEFT_OUT[ground]))

        def decide() -> None:
            why = "情况属实，同意。" if granted else "理由不充分，照常计入。"
            second = User.objects.get(pk=self.second.pk)
            actions.decide_exclusion(actor=second, exclusion=found[0], granted=bool(granted), reason=why)

        def lift() -> None:
            second = User.objects.get(pk=self.second.pk)
            actions.lift_exclusion(actor=second, exclusion=found[0], reason="情况有变，重新计入。")

        on(day, ask)
        if granted is not None:
            on(day + timedelta(days=2), decide)
        if lifted:
            on(day + timedelta(days=9), lift)

    def place(self) -> Unit:
        """A village whose township has a team."""
        fit = [unit for unit in self.places if unit.kind == "village" and self.leads.teams.get(unit.code[:9])]
        return self.rng.choice(fit)

    def near(self, place: Unit) -> tuple[Unit, Unit, Unit]:
        """Its branch, a team, its township."""
        township = place.code[:9]
        return self.leads.branches[place.code][0], self.leads.teams[township][0], self.leads.townships[township]

    def actor(self, unit: Unit) -> User:
        user = self.leads.actors.get(unit.pk, self.leads.office)
        return User.objects.get(pk=user.pk)  # what it may do is read anew


def _none(_done: object) -> None:
    """What is done gives nothing back here."""
