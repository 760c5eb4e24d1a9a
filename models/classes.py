"""The street detector's class map: one order for labels, loss, card and network output."""

from __future__ import annotations

from typing import Final

CLASSES: Final = (
    "person",
    "bicycle",
    "motorcycle",
    "tricycle",
    "car",
    "bus",
    "truck",
    "umbrella",
    "stall",
    "goods",
    "banner",
    "poster",
    "billboard",
    "signboard",
    "graffiti",
    "dust",
    "machinery",
    "spill",
)

# Row of the class in the COCO head of the initial weights (80 classes, COCO's usual order).
COCO_ROWS: Final = {
    "person": 0,
    "bicycle": 1,
    "car": 2,
    "motorcycle": 3,
    "bus": 5,
    "truck": 7,
    "umbrella": 25,
}

# A truck taken for a bus is one object with two names: such pseudo-labels must not sit on a label.
VEHICLES: Final = frozenset({"tricycle", "car", "bus", "truck", "machinery"})

LOAD_STATES: Final = ("covered", "open_empty", "open_loaded", "closed")


def class_id(name: str) -> int:
    """Position of a class in `CLASSES`.

    Raises:
        ValueError: The name is not one of ours.

    >>> class_id("person"), class_id("spill")
    (0, 17)
    """
    if name not in CLASSES:
        message = f"unknown class {name!r}: expected one of {', '.join(CLASSES)}"
        raise ValueError(message)
    return CLASSES.index(name)
