"""The door for reading cases: the user first, everything within their reach, else Http404. Residents' own: public_queries.py."""

from lianxin.cases.queries.reach import case_for, cases_for, claimants_for, pool_for, readable_for, reporter_by

__all__ = ["case_for", "cases_for", "claimants_for", "pool_for", "readable_for", "reporter_by"]
