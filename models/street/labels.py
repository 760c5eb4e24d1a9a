"""Class names of the project in their order, and which class each of our objects belongs to."""

CLASSES = (
    "person", "bicycle", "motorcycle", "tricycle", "car", "bus", "truck", "umbrella", "stall",
    "goods", "banner", "poster", "billboard", "signboard", "graffiti", "dust", "machinery", "spill",
)  # fmt: skip

STALLS = ("cart", "cartbare", "table", "blanket", "canopy", "abandoned")
LENGTHS_M = {"car": 4.5, "van": 4.1, "bus": 10.5, "truck": 8.4, "motorcycle": 1.4, "tricycle": 2.6}


def class_of(name: str) -> str:
    """The class of a sprite.

    >>> class_of("truck-covered"), class_of("man-walk2"), class_of("parked-tricycle-goods")
    ('truck', 'person', 'tricycle')
    """
    name = name.removeprefix("parked-")
    kind = name.split("-")[0]
    if kind in STALLS:
        return "stall"
    fixed = {"van": "car", "loose": "goods", "aboard0": "billboard", "aboard1": "billboard"}
    if kind in fixed:
        return fixed[kind]
    return "person" if kind in ("man", "woman", "elder") else kind
