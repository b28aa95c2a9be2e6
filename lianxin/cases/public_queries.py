"""The door for reading, for residents: places to choose, similar cases nearby, and by a receipt alone how a case stands."""

from lianxin.cases.queries.alike import alike, case_offered, was_sent
from lianxin.cases.queries.places import choose_place, lies_in, place_around, place_by
from lianxin.cases.queries.reach import reporter_by
from lianxin.cases.queries.story import did_already, may_do, sent_by, story_of

__all__ = [
    "alike",
    "case_offered",
    "choose_place",
    "did_already",
    "lies_in",
    "may_do",
    "place_around",
    "place_by",
    "reporter_by",
    "sent_by",
    "story_of",
    "was_sent",
]
