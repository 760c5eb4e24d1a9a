"""Every table of the API in one place, so that the schema is whole whoever asks for it."""

from __future__ import annotations

from api.audit import tables as audit
from api.boxes import tables as boxes
from api.cameras import tables as cameras
from api.candidates import tables as candidates
from api.cases import tables as cases
from api.database import Base
from api.evidence import tables as evidence
from api.feed import tables as feed
from api.retention import tables as retention
from api.review import tables as review
from api.stamping import tables as stamping
from api.users import tables as users

TABLES = (
    audit,
    boxes,
    cameras,
    candidates,
    cases,
    evidence,
    feed,
    retention,
    review,
    stamping,
    users,
)
METADATA = Base.metadata
