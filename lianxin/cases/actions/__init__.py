"""The door for changing cases. Each action is one transaction, one move of workflow.py, one entry."""

from lianxin.cases.actions.catalogue import seed_catalogue, set_items
from lianxin.cases.actions.days import set_day
from lianxin.cases.actions.erasure import (
    approve_erasure,
    approve_in_county,
    ask_erasure,
    decline_erasure,
    erase_again,
    forget_old,
    hold_case,
    lift_hold,
    propose_erasure,
)
from lianxin.cases.actions.exclusions import ask_exclusion, decide_exclusion, lift_exclusion
from lianxin.cases.actions.handling import (
    answer_resident,
    ask_extension,
    ask_part,
    call_off_part,
    decide_extension,
    do_part,
    handle_case,
    leave_group,
    pause_case,
    plan_case,
    resume_case,
    sort_case,
)
from lianxin.cases.actions.intake import Received, Report, add_note, join_case, object_to_decline, record_case, report_case
from lianxin.cases.actions.keys import digest_of_key, make_api_key, revoke_api_key
from lianxin.cases.actions.leading import (
    claim_case,
    decide_lead,
    decline_case,
    designate_lead,
    release_case,
    return_case,
    transfer_lead,
)
from lianxin.cases.actions.moving import allowed_move, may_ever_move, may_move
from lianxin.cases.actions.past import PastCase, PastMove, Telling, tell_cases
from lianxin.cases.actions.phones import may_open_phones, reveal_phone
from lianxin.cases.actions.timers import turn_all
from lianxin.cases.actions.verdicts import call_in_vain, give_verdict, record_call_back, reopen_case, withdraw_report

__all__ = [
    "PastCase",
    "PastMove",
    "Received",
    "Report",
    "Telling",
    "add_note",
    "allowed_move",
    "answer_resident",
    "approve_erasure",
    "approve_in_county",
    "ask_erasure",
    "ask_exclusion",
    "ask_extension",
    "ask_part",
    "call_in_vain",
    "call_off_part",
    "claim_case",
    "decide_exclusion",
    "decide_extension",
    "decide_lead",
    "decline_case",
    "decline_erasure",
    "designate_lead",
    "digest_of_key",
    "do_part",
    "erase_again",
    "forget_old",
    "give_verdict",
    "handle_case",
    "hold_case",
    "join_case",
    "leave_group",
    "lift_exclusion",
    "lift_hold",
    "make_api_key",
    "may_ever_move",
    "may_move",
    "may_open_phones",
    "object_to_decline",
    "pause_case",
    "plan_case",
    "propose_erasure",
    "record_call_back",
    "record_case",
    "release_case",
    "reopen_case",
    "report_case",
    "resume_case",
    "return_case",
    "reveal_phone",
    "revoke_api_key",
    "seed_catalogue",
    "set_day",
    "set_items",
    "sort_case",
    "tell_cases",
    "transfer_lead",
    "turn_all",
    "withdraw_report",
]
