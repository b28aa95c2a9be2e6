"""The door for reading cases: the user first, everything within their reach, else Http404. Residents read by their receipt."""

from lianxin.cases.queries.alike import alike, case_offered, was_sent
from lianxin.cases.queries.places import choose_place, lies_in, place_around, place_by
from lianxin.cases.queries.reach import case_for, cases_for, claimants_for, pool_for, readable_for, reporter_by
from lianxin.cases.queries.story import did_already, story_of

__all__ = [
    "alike",
    "case_for",
    "case_offered",
    "cases_for",
    "choose_place",
    "claimants_for",
    "did_already",
    "lies_in",
    "place_around",
    "place_by",
    "pool_for",
    "readable_for",
    "reporter_by",
    "story_of",
    "was_sent",
]
