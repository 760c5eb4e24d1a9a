"""The closed lists of cases: reasons to withdraw or return, outcomes, what case systems report."""

from __future__ import annotations

from enum import StrEnum


class WithdrawReason(StrEnum):
    """Why a case is taken back; domain guide, section 10."""

    HANDLED_ON_SITE = "handled_on_site"
    IDENTITY_ERROR = "identity_error"
    UNCLEAR = "unclear"
    PERMITTED = "permitted"
    FORCE_MAJEURE = "force_majeure"
    OTHER = "other"  # needs a note


class ReturnReason(StrEnum):
    """Why a case system sends a case back into review."""

    UNCLEAR = "unclear"
    INCOMPLETE = "incomplete"
    WRONG_PLACE = "wrong_place"
    WRONG_TIME = "wrong_time"
    WRONG_SUBJECT = "wrong_subject"
    NOT_OURS = "not_ours"  # another authority's matter
    DUPLICATE = "duplicate"
    OTHER = "other"  # needs a note


class Outcome(StrEnum):
    """How a case ended; domain guide, section 10."""

    PERSUADED = "persuaded"
    EDUCATED = "educated"
    ORDER_CORRECTION = "order_correction"
    CORRECTED = "corrected"
    NO_PENALTY_MINOR = "no_penalty_minor"
    NO_PENALTY_FIRST = "no_penalty_first"
    FILED = "filed"
    PENALISED = "penalised"
    TRANSFERRED = "transferred"
    CLEANED = "cleaned"
    NOT_FOUND = "not_found"


class Reported(StrEnum):
    """What a case system reports. The first six change the case's state, the rest are its steps."""

    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned"
    CORRECTING = "correcting"
    RECHECK = "recheck"
    STILL_THERE = "still_there"  # the recheck found it again: the lead escalates
    CLOSED = "closed"
    FILED = "filed"
    NOTIFIED = "notified"  # the party was told what is intended and why
    HEARD = "heard"  # the party stated its case, or a hearing was held
    HEARING_WAIVED = "hearing_waived"
    PENALTY_RECORDED = "penalty_recorded"  # only after notified and heard, or waived (LAW-43)
