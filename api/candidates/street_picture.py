"""Which picture of a candidate stands for it in lists: the one in which one sees the violation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.violations import Subtype

if TYPE_CHECKING:
    from collections.abc import Iterable

    from api.evidence.tables import EvidenceRecord

# Roles of the evidence templates, best first: the whole street late in the act, while the act can
# be seen, then close-ups of the subject. Dust is in its `first` and `later`; its `context` proves
# where the site lies.
_ROLES = {
    "vending": ("latest", "later", "first", "close_up"),
    "ad": ("later_day", "context", "close_up"),
    "dust": ("later", "first", "context"),
    "spill": ("after", "overall", "spill"),
}
# The road behind a truck shows nothing of its uncovered load.
_UNCOVERED_LOAD = ("overall", "load")
# The street before the act, and a number plate: whoever sees only these sees no violation.
_NEVER = frozenset({"before", "plate"})


def street_picture(subtype: str, pictures: Iterable[EvidenceRecord]) -> EvidenceRecord | None:
    """The picture for a list, of those that may be shown.

    Args:
        subtype: Of the candidate, a value of `pipeline.violations.Subtype`.
        pictures: Its redacted pictures of one update; the newest counts where a role has several.

    Returns:
        None where no picture shows the violation: a list then shows an empty place. A role that no
        template knows, as of a newer box, may stand in where none of the known ones is there.
    """
    by_role: dict[str, EvidenceRecord] = {}
    for picture in sorted(pictures, key=lambda one: (one.captured_at, one.name)):
        by_role.pop(picture.role, None)
        by_role[picture.role] = picture
    others = [role for role in reversed(by_role) if role not in _NEVER]
    found = (by_role[role] for role in (*_roles_of(subtype), *others) if role in by_role)
    return next(found, None)


def _roles_of(subtype: str) -> tuple[str, ...]:
    if subtype == Subtype.SPILL_UNCOVERED_LOAD:
        return _UNCOVERED_LOAD
    return _ROLES.get(subtype.partition(".")[0], ())
