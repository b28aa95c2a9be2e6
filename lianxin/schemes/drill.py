"""From a figure to its entries: the same clause, the same frame, compiled to the list instead of the count.

Every entry that could have counted is listed with one word: `counted`, or why not. The counted ones are exactly those the figure
counts (of a clause with cells: those that made its cells met, so many as each cell asks).
"""

from lianxin.schemes import calendar
from lianxin.schemes.compiler import (
    ENTRIES,
    SCOPE,
    Compiler,
    Relation,
    either,
    flag,
    has_bit,
    ibis,
    lit,
    number_in,
    render,
    seen,
    years_after,
)
from lianxin.schemes.engines import Compiled, Dialect
from lianxin.schemes.frame import Frame
from lianxin.schemes.scheme import Clause, Each, Every, Judged, Scheme, Tally, Veto, When, tallies_of
from lianxin.schemes.standings import COUNTED

COLUMNS = ("id", "unit_id", "kind", "happened_on", "recorded_at", "quantity", "subject", "why")


def compile_drill(scheme: Scheme, clause: str, frame: Frame, dialect: Dialect, kinds: frozenset[str]) -> Compiled:
    """The statement that lists the entries behind one clause, of the units put into its scope."""
    found = scheme.clause(clause) or next(veto for veto in scheme.vetoes if veto.id == clause)
    compiler = Compiler(scheme, frame, {}, kinds, scoped=True, dialect=dialect)
    return render(compiler.plan, _listed(compiler, found, frame).select(*COLUMNS), dialect, scoped=True)


def compile_credit(scheme: Scheme, clause: str, frame: Frame, dialect: Dialect, kinds: frozenset[str]) -> Compiled:
    """The statement that counts those entries, (unit_id, unit_path, acts): by the place they were done at."""
    found = scheme.clause(clause)
    assert found is not None
    compiler = Compiler(scheme, frame, {}, kinds, scoped=True, dialect=dialect)
    done = _listed(compiler, found, frame)
    done = done.filter(done.why == COUNTED)
    return render(compiler.plan, done.group_by(["unit_id", "unit_path"]).agg(acts=done.count()), dialect, scoped=True)


def _listed(compiler: Compiler, clause: Clause | Veto, frame: Frame) -> Relation:
    test = clause.test
    assert not isinstance(test, When)
    tally: Tally = tallies_of(test)[0]
    owing = _owing(compiler, clause) if isinstance(clause, Clause) and isinstance(test, Each) else None
    e = ENTRIES.filter(ENTRIES.kind.isin(list(tally.kinds)), seen(ENTRIES))
    if not isinstance(test, Every):
        e = e.filter(e.happened_on >= lit(frame.period.first), e.happened_on <= lit(frame.period.last))
    beneath = isinstance(clause, Clause) and bool(clause.per)
    e = e.filter(e.unit_id.isin(owing.unit_id if beneath and owing is not None else SCOPE.id))
    unknown_yet = (e.recorded_at > lit(frame.known)) | ~seen(e, frame) if frame.known else lit(False)
    corrected = e.valid_to.notnull() & ((e.valid_to <= lit(frame.known)) if frame.known else lit(True))
    ruled_out = ibis.cases(
        (corrected, "corrected"), (unknown_yet, "late"), (e.happened_on > lit(frame.day), "after"), else_=ibis.null("string")
    )
    cells = list(enumerate(calendar.cells(frame.period, test.unit))) if isinstance(test, Each) else []
    cell = ibis.cases(*((e.happened_on <= lit(span.last), at) for at, span in cells), else_=0) if cells else lit(0)
    same = {"day": e.happened_on.cast("string"), "subject": ibis.ifelse(e.subject == "", "#" + e.id.cast("string"), e.subject)}
    e = compiler._step("candidates", e.mutate(out=ruled_out, cell=cell, same=same.get(tally.once_per, e.id.cast("string"))))
    twin = ibis.row_number().over(ibis.window(group_by=[e.unit_id, e.cell, e.same, e.out], order_by=[e.happened_on, e.id]))
    e = compiler._step("twins", e.mutate(twin=twin))
    why = ibis.cases(
        (e.out.notnull(), e.out), (e.twin > 0, "same_day" if tally.once_per == "day" else "same_subject"), else_=COUNTED
    )
    e = compiler._step("judged_alone", e.mutate(why=why))
    newest = ibis.row_number().over(ibis.window(group_by=[e.unit_id, e.why], order_by=[e.happened_on.desc(), e.id.desc()]))
    if isinstance(test, Every) or (isinstance(test, Judged) and test.pick == "latest"):
        e = compiler._step("newest", e.mutate(newest=newest))
        e = e.mutate(why=ibis.ifelse((e.why == COUNTED) & (e.newest > 0), "earlier", e.why))
        if isinstance(test, Every):
            e = _lapsed(compiler, compiler._step("latest", e), test, frame)
    elif isinstance(test, Each) and owing is not None:
        in_cell = ibis.row_number().over(ibis.window(group_by=[e.unit_id, e.cell, e.why], order_by=[e.happened_on, e.id]))
        size = ibis.window(group_by=[e.unit_id, e.cell])
        e = compiler._step("in_cells", e.mutate(in_cell=in_cell, done=flag(e.why == COUNTED).sum().over(size)))
        owes = owing.rename(owner="unit_id")
        both = e.left_join(owes, e.unit_id == owes.owner)
        owed = ibis.cases(
            *((both.cell == at, flag(has_bit(ibis.coalesce(both.owes, 0), compiler.bit(span)))) for at, span in cells), else_=0
        )
        e = compiler._step("owed_cells", both.select(*[e[column] for column in e.columns], owed=owed))
        word = ibis.cases(
            (e.why != COUNTED, e.why),
            (e.owed == 0, "not_owed"),
            (e.done < test.at_least, "cell_short"),
            (e.in_cell >= test.at_least, "surplus"),
            else_=COUNTED,
        )
        e = e.mutate(why=word)
    return compiler._step("listed", e)


def _lapsed(compiler: Compiler, e: Relation, test: Every, frame: Frame) -> Relation:
    """Of what comes every so many years: the last one no longer counts once the next is overdue."""
    years = lit(test.years) if isinstance(test.years, int) else None
    if years is None:
        facts = compiler._facts()
        assert facts is not None
        stated = facts.select(owner="unit_id", years=number_in(facts[f"fact_{test.years}"], compiler.dialect))
        both = e.left_join(stated, e.unit_id == stated.owner)
        e = compiler._step("with_years", both.select(*[e[column] for column in e.columns], years=both.years))
        years = ibis.ifelse((e.years >= 1) & (e.years <= 20), e.years, ibis.null("int64"))
    overdue = years_after(e.happened_on.cast("string"), years) < frame.day.isoformat()
    return e.mutate(why=ibis.ifelse((e.why == COUNTED) & overdue, "lapsed", e.why))


def _owing(compiler: Compiler, clause: Clause) -> Relation:
    """(unit_id, owes): which cells each unit owes, as bits. Of a clause `per` a kind: the units of that kind right beneath those
    of the scope, and of the scope those with none."""
    selections = (compiler.scheme.subject,) if clause.applies.empty else (compiler.scheme.subject, clause.applies)
    active = compiler._activity("subjects", selections, [clause])
    own = active.select("unit_id", owes=compiler.owed(active, clause).cast("int64"))
    if not clause.per:
        return own
    table = compiler.owing_beneath(clause)
    beneath = table.select("unit_id", owes=table.owes.cast("int64"))
    all_ = own.filter(own.unit_id.notin(table.parent_id)).union(beneath)
    all_ = compiler._step("owing_all", all_)
    return compiler._step("owing", all_.group_by("unit_id").agg(owes=either(all_.owes, compiler.dialect, compiler.every_month())))
