"""The closed lists of review: checks, reject reasons, missing evidence."""

from __future__ import annotations

from enum import StrEnum


class RejectReason(StrEnum):
    """Why a candidate is none of ours; domain guide, section 10."""

    NOT_VIOLATION = "not_violation"
    PERMITTED_ZONE = "permitted_zone"
    PERMITTED_TIME = "permitted_time"
    LICENSED = "licensed"
    MOVING_NOT_DWELLING = "moving_not_dwelling"
    INSIDE_PREMISES = "inside_premises"
    ABANDONED_STALL = "abandoned_stall"
    MITIGATION_WATER_MIST = "mitigation_water_mist"
    WEATHER = "weather"
    OCCLUDED = "occluded"
    BLURRY = "blurry"
    TIME_ERROR = "time_error"
    DUPLICATE = "duplicate"
    CAMERA_MOVED = "camera_moved"
    OUTSIDE_JURISDICTION = "outside_jurisdiction"
    MINOR_PRESENT = "minor_present"
    PRIVACY = "privacy"
    HANDLED_ON_SITE = "handled_on_site"
    OTHER = "other"  # needs a note


class MissingEvidence(StrEnum):
    """What a person wants to see before judging."""

    FIRST_VIEW = "first_view"  # the beginning of the act
    LATER_VIEW = "later_view"  # the same place some minutes on
    CONTEXT = "context"  # a wide view with a landmark
    CLOSE_UP = "close_up"
    PLATE = "plate"
    BEFORE_AFTER = "before_after"
    CLIP = "clip"
    EPISODE_END = "episode_end"  # how it went on and ended
    OTHER = "other"  # needs a note


class Check(StrEnum):
    """The four qualities of a record, in the order of the checklist (LAW-20)."""

    AUTHENTIC = "authentic"
    CLEAR = "clear"
    COMPLETE = "complete"
    ACCURATE = "accurate"
