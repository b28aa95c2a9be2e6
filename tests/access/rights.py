"""Who may do what, typed a second time from the product's table, by hand and without looking at access.py.

Reach: `own` unit, `branch` (with its groups, which have no officers of their own), `subtree` beneath it, or the `installation` (a
permission without any unit). Every cell not named is “no”.
"""

from tests.world import UNITS

MEMBER = {"standing.view", "scheme.view"}
CLAIMANT = MEMBER | {"case.view", "case.claim", "case.record"}
SECRETARY = CLAIMANT | {"entry.view", "record.view", "people.view", "gathering.record", "visit.receive", "entry.correct"}
SECRETARY |= {"case.handle"}
TOWNSHIP = CLAIMANT | {"entry.view", "record.view", "people.view", "people.reveal"}
TOWNSHIP |= {"import.records", "election.hold", "entry.correct", "post.give"}
TOWNSHIP |= {"case.handle", "case.dispatch", "case.call_back"}
COUNTY = (TOWNSHIP - {"case.claim"}) | {"import.units", "tree.change", "scheme.publish", "export", "approve", "case.exclude"}
INSPECTOR = MEMBER | {"entry.view", "record.view", "inspection.record", "case.view"}
AUDITOR = MEMBER | {"entry.view", "log.view", "verify"}

ROLES: dict[str, list[tuple[str, str, set[str]]]] = {
    # role: what it holds, as (unit, reach, permissions)
    "county_officer": [("152221", "subtree", COUNTY)],
    "inspector": [("152221", "subtree", INSPECTOR)],
    "auditor": [("152221", "subtree", AUDITOR)],
    "administrator": [("152221", "installation", {"accounts.manage"})],
    "township_officer": [("152221200", "subtree", TOWNSHIP)],
    "secretary": [("152221200203-1", "branch", SECRETARY)],
    "deputy_secretary": [("152221200203-1", "branch", SECRETARY)],
    "clerk": [("152221200203-1", "branch", SECRETARY)],
    "head": [("152221200203", "own", MEMBER)],
    "member": [("152221200203-1", "branch", CLAIMANT)],
    "volunteer": [("152221200203-1", "own", CLAIMANT | {"case.handle"})],
    "contact_leader": [("152221200203-1", "own", MEMBER | {"entry.view", "record.view", "visit.record"})],
    "department_handler": [("152221200203", "own", MEMBER | {"entry.view", "case.view", "case.handle"})],
    "sibling_officer": [("152221100", "subtree", TOWNSHIP)],
    "sibling_secretary": [("152221100003-1", "branch", SECRETARY)],
    "other_county_officer": [("150302", "subtree", COUNTY)],
    "other_secretary": [("150302001002-1", "branch", SECRETARY)],
    "former_officer": [],
    "two_posts": [("152221200203-1", "branch", SECRETARY), ("152221100", "subtree", INSPECTOR)],
    "closed_account": [],
    "stranger": [],
}
SIGNED_OUT = ("stranger", "closed_account")

NAMES = {code: name for code, name, *_ in UNITS}
KINDS = {code: kind for code, _, kind, *_ in UNITS}
PARENTS = {code: parent for code, _, _, _, parent in UNITS}


def line_up(code: str | None) -> list[str]:
    """A unit and all above it."""
    line = []
    while code is not None:
        line.append(code)
        code = PARENTS[code]
    return line


def covers(held: tuple[str, str, set[str]], unit: str) -> bool:
    where, reach, _ = held
    if reach == "subtree":
        return where in line_up(unit)
    its_group = reach == "branch" and KINDS[unit] == "group" and PARENTS[unit] == where
    return its_group or (unit == where and reach != "installation")


def may(role: str, permissions: str, units: set[str] | None) -> bool:
    """Whether the role has one of the permissions (joined by `|`) on one of the units; without units, anywhere."""
    wanted = set(permissions.split("|"))
    return any(held[2] & wanted and (units is None or any(covers(held, unit) for unit in units)) for held in ROLES[role])


def reach_of(role: str) -> set[str]:
    """Units of which the role may see anything at all."""
    return {unit for unit in NAMES for held in ROLES[role] if covers(held, unit)}


def foreign_to(role: str) -> set[str]:
    """Units whose very names the role must not meet: neither within reach nor above it nor where a post is held."""
    held = {where for where, _, _ in ROLES[role]}
    above = {code for unit in reach_of(role) | held for code in line_up(unit)}
    return set(NAMES) - above


def relation(role: str, unit: str) -> str:
    """How a unit stands to the role: own, child, sibling (or cousin), above, other county."""
    for where, _, _ in ROLES[role]:
        if unit == where:
            return "own"
        if where in line_up(unit):
            return "child"
        if unit in line_up(where):
            return "above"
    homes = [where for where, _, _ in ROLES[role]]
    return "sibling" if any(line_up(home)[-1] == line_up(unit)[-1] for home in homes) else "other county"
