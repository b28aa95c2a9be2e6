"""Schemes that between them use every clause, option and combination, for comparing engines with the oracle."""

from lianxin.schemes.loader import load_scheme
from lianxin.schemes.scheme import Scheme

HEAD = """
scheme: {key}
title: {{zh: 甲, en: A}}
version: "1"
effective: {{from: 2000-01-01}}
closes: 10d
"""

TEXTS = {
    "counts": """
subject: {kind: branch}
period: year
part_year: prorate
clauses:
  - {id: plain, title: {zh: 甲, en: A}, count: {kind: a.done, at_least: 2}, part_year: keep}
  - {id: daily, title: {zh: 甲, en: A}, count: {kind: b.done, at_least: 5, once_per: day}}
  - {id: about, title: {zh: 甲, en: A}, count: {kind: a.done, at_least: 3, once_per: subject}}
  - {id: whole, title: {zh: 甲, en: A}, count: {kind: b.done, at_least: 1}, part_year: whole_units}
also_counts:
  - {kind: c.done, as: a.done}
verdict: {at_least: 2, of: [plain, daily, about, {any: [whole, {all: [plain, about]}]}]}
""",
    "cells": """
subject: {designation: contact_point}
period: year
part_year: whole_units
clauses:
  - {id: monthly, title: {zh: 甲, en: A}, each: {unit: month, kind: a.done, at_least: 1}}
  - {id: quarterly, title: {zh: 甲, en: A}, each: {unit: quarter, kind: b.done, at_least: 2, once_per: day}, part_year: keep}
  - {id: groups, title: {zh: 甲, en: A}, each: {unit: quarter, kind: c.done, at_least: 1}, per: group, applies: {fact: size, at_least: 3}}
  - {id: halves, title: {zh: 甲, en: A}, each: {unit: half, kind: c.done, at_least: 1}, applies: {designation: weak}}
  - {id: days, title: {zh: 甲, en: A}, each: {unit: month, kind: b.done, at_least: 2, once_per: day}, per: group}
  - {id: dense, title: {zh: 甲, en: A}, each: {unit: month, kind: c.done, at_least: 31, once_per: day}, part_year: keep}
verdict: {all: [monthly, quarterly, groups, halves]}
score: {share: cells}
""",
    "terms": """
subject: {kind: [branch, village], field: village}
period: year
clauses:
  - {id: fixed, title: {zh: 甲, en: A}, every: {kind: a.done, years: 2, remind: [6mo, 1mo]}}
  - {id: stated, title: {zh: 甲, en: A}, every: {kind: c.done, years: {fact: size}, seed: founded, remind: [3mo]}}
verdict: {any: [fixed, stated]}
""",
    "shares": """
subject: {fact: size, at_least: 2}
period: quarter
part_year: keep
na: rescale
clauses:
  - {id: rate, title: {zh: 甲, en: A}, points: 30, ratio: {of: {kind: a.done}, to: {kind: b.done, once_per: day}, zero_at: 20, full_at: 90}}
  - {id: sums, title: {zh: 甲, en: A}, points: 20, ratio: {of: {kind: a.done, sum: quantity}, to: {fact: size}, at_least: 150, full_at: 200}}
  - {id: large, title: {zh: 甲, en: A}, points: 10, value: {fact: size, at_least: 4}}
  - {id: word, title: {zh: 甲, en: A}, points: 7, value: {fact: kind, in: [good, fair]}, applies: {fact: kind, equals: good}}
  - {id: mean, title: {zh: 甲, en: A}, points: 10, judged: {kind: c.done, pick: mean, if_missing: pending, out_of: 7}}
  - {id: latest, title: {zh: 甲, en: A}, points: 10, judged: {kind: c.done, pick: latest, if_missing: unmet}}
  - {id: bands, title: {zh: 甲, en: A}, points: 15, count: {kind: b.done, bands: [[1, 5], [2, 10], [4, 15]]}}
veto:
  - {id: bad, title: {zh: 甲, en: A}, count: {kind: d.done, at_least: 2}, effect: {score: 30}}
  - {id: lost, title: {zh: 甲, en: A}, when: {clause: large, state: unmet}, effect: {stars_max: 2}}
score: {scale: 100, cap: 95, decimals: 0, rounding: half_up}
levels:
  - {stars: 3, at_least: 50.5, needs: {large: met}}
  - {stars: 2, at_least: 20}
  - {stars: 1, at_least: 0}
""",
    "drawn": """
subject: {kind: [branch, township]}
period: year
part_year: prorate
clauses:
  - {id: life, title: {zh: 甲, en: A}, points: 40, from: {scheme: cells, use: share}}
  - {id: met, title: {zh: 甲, en: A}, points: 20, from: {scheme: counts, use: met}, applies: {field: village}}
  - {id: beneath, title: {zh: 甲, en: A}, points: 20, from: {scheme: counts, use: met, over: subtree}}
  - {id: cells_beneath, title: {zh: 甲, en: A}, points: 10, from: {scheme: cells, use: share, over: subtree}}
  - {id: quarterly, title: {zh: 甲, en: A}, points: 33, each: {unit: quarter, kind: a.done, at_least: 1}, part_year: keep}
  - {id: unheard, title: {zh: 甲, en: A}, points: 5, count: {kind: nobody.declared, at_least: 1}}
veto:
  - {id: late, title: {zh: 甲, en: A}, when: {clause: quarterly, alert: due_soon}, effect: {stars_max: 1}}
score: {scale: 100, cap: 100, decimals: 1, rounding: half_up}
levels:
  - {stars: 2, at_least: 30}
  - {stars: 1, at_least: 0}
""",
    "monthly": """
subject: {field: [village, community]}
period: month
part_year: prorate
clauses:
  - {id: daily, title: {zh: 甲, en: A}, count: {kind: a.done, at_least: 3, once_per: day}}
  - {id: judged, title: {zh: 甲, en: A}, judged: {kind: b.done, pick: latest, if_missing: unmet}}
verdict: {all: [daily, judged]}
""",
}

KINDS = frozenset({"a.done", "b.done", "c.done", "d.done"})


def pool() -> dict[str, Scheme]:
    return {key: load_scheme(HEAD.format(key=key) + text, f"{key}.yaml") for key, text in TEXTS.items()}
