"""Ids of GB/T 28181: twenty figures that say where a camera is and what it is."""

from __future__ import annotations

from dataclasses import dataclass

# First two figures of an administrative code (GB/T 2260): the provinces.
_PROVINCES = frozenset(
    {
        *range(11, 16),
        *range(21, 24),
        *range(31, 38),
        *range(41, 47),
        *range(50, 55),
        *range(61, 66),
        *(71, 81, 82),
    }
)
# Figures 11 to 13: what the id names. Annex D of the standard; the first two are cameras.
_CAMERA_TYPES = {"131": "camera", "132": "network camera"}
_OTHER_TYPES = {
    "111": "video recorder",
    "118": "network video recorder",
    "134": "alarm input",
    "200": "signalling server",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gb28181Id:
    """An id taken apart."""

    centre: str  # figures 1 to 8: administrative code, then the grassroots unit
    industry: str  # 9 and 10
    kind: str  # 11 to 13
    network: str  # 14
    serial: str  # 15 to 20

    @property
    def adcode(self) -> str:
        """The administrative code of city or district, six figures."""
        return self.centre[:6]


def parse_gb28181(text: str) -> Gb28181Id:
    """The parts of a camera's id.

    Raises:
        ValueError: It is no id of a camera; says what is wrong with it.

    >>> parse_gb28181("11010500081320000001").adcode
    '110105'
    """
    if len(text) != 20 or not (text.isascii() and text.isdigit()):  # noqa: PLR2004 - the standard
        raise ValueError(f"an id of GB/T 28181 has 20 figures, got {text!r}")
    parts = Gb28181Id(
        centre=text[:8], industry=text[8:10], kind=text[10:13], network=text[13], serial=text[14:]
    )
    if int(parts.adcode[:2]) not in _PROVINCES:
        raise ValueError(f"{text} begins with {parts.adcode[:2]}, which is no province")
    if parts.kind not in _CAMERA_TYPES:
        what = _OTHER_TYPES.get(parts.kind, "something else")
        raise ValueError(
            f"figures 11 to 13 of {text} are {parts.kind}, {what}; a camera has"
            f" {' or '.join(_CAMERA_TYPES)}"
        )
    return parts
