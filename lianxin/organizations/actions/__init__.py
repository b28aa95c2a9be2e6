"""The door for changing the tree and who stands where in it. Each action is one transaction and one ledger entry.

Days are half-open: closing a unit on day D means that D is the first day it is no longer there. Nothing is overwritten: a changed
span is closed in knowledge time (`valid_to`) and written anew, so that any past day can be shown as it was known then.

units.py         found, move, merge, close, rename
designations.py  contact points, benchmarks, weak units
facts.py         what schemes may ask of a unit
people.py        people, memberships, posts
elections.py     elections; terms are derived (../terms.py)
committees.py    the facts of committees, worked out after each change of posts
"""

from lianxin.organizations.actions.committees import COMMITTEE_TITLES, settle_batch
from lianxin.organizations.actions.designations import designate, designate_many, end_designation
from lianxin.organizations.actions.elections import hold_election
from lianxin.organizations.actions.facts import DERIVED_FACTS, FACTS, set_fact
from lianxin.organizations.actions.people import (
    NewPerson,
    NewPlace,
    end_post,
    give_post,
    join_unit,
    leave_unit,
    place_people,
    register_people,
    register_person,
)
from lianxin.organizations.actions.units import (
    CODE,
    LONGEST_NAME,
    NewUnit,
    close_unit,
    found_unit,
    found_units,
    merge_unit,
    move_unit,
    rename_unit,
)

__all__ = [
    "CODE",
    "COMMITTEE_TITLES",
    "DERIVED_FACTS",
    "FACTS",
    "LONGEST_NAME",
    "NewPerson",
    "NewPlace",
    "NewUnit",
    "close_unit",
    "designate",
    "designate_many",
    "end_designation",
    "end_post",
    "found_unit",
    "found_units",
    "give_post",
    "hold_election",
    "join_unit",
    "leave_unit",
    "merge_unit",
    "move_unit",
    "place_people",
    "register_people",
    "register_person",
    "rename_unit",
    "set_fact",
    "settle_batch",
]
