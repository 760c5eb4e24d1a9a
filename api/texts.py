"""Kinds of text that requests bring: each with its length, and none with characters of control."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path
from pydantic import StringConstraints

# PostgreSQL keeps no NUL, and nobody means to send a bell.
_LINE = r"^[^\x00-\x1f\x7f]*$"
_LINES = r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$"  # tabs and ends of lines are meant

Label = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=_LINE)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_LINE)
]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=2000, pattern=_LINES)]
Explanation = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=4, max_length=2000, pattern=_LINES)
]
# As pipeline.camera and pipeline.exchange name cameras and boxes.
ThingId = Annotated[
    str, StringConstraints(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")
]
ThingIdInPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
