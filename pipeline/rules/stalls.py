"""What one frame shows to sell from: parts that belong together make one sighting."""

from __future__ import annotations

from pipeline.episodes.presence import Sighting
from pipeline.geometry import Box
from pipeline.rules.observation import Observation, Part
from pipeline.rules.scene import Scene

# The whole before its parts: a stall gathers its parasol and goods, not the other way round.
PART_ORDER = ("stall", "tricycle", "umbrella", "goods")
# A part belongs to a seed whose box, a quarter larger, covers this share of it. Two stalls side
# by side stay two.
SEED_MARGIN = 0.25
MIN_PART_SHARE = 0.4
# From 0.7 of a threshold on a detection can begin something; weaker ones only add to it.
MIN_OPEN_SUPPORT = 0.5
# A parasol of 2.5 m stands about 2.3 m high.
PARASOL_HEIGHT_PER_WIDTH = 0.9


def stall_sightings(scene: Scene, parasol_persons: float) -> list[Sighting]:
    """One sighting for each group of parts, and one for each static change.

    Args:
        scene: The frame.
        parasol_persons: An umbrella narrower than so many persons' widths, over a person, is held.

    Returns:
        Sightings with supports `stall`, `tricycle`, `parasol`, `hand_umbrella`, `goods`, `change`.
    """
    groups: list[tuple[Box, list[Part]]] = []  # the seed's box, and its parts
    parts = scene.observation.parts(*PART_ORDER)
    for part in sorted(parts, key=lambda p: PART_ORDER.index(p.class_name)):
        home = next((members for seed, members in groups if _belongs(part, seed)), None)
        if home is None:
            groups.append((part.fraction_box, [part]))
        else:
            home.append(part)
    sightings = [_sighting(members, scene, parasol_persons) for _, members in groups]
    sightings += [
        Sighting(fraction_box=proposal.fraction_box, supports={"change": 1.0})
        for proposal in scene.proposals
    ]
    return sightings


def is_held(umbrella: Box, people: tuple[Box, ...], parasol_persons: float) -> bool:
    """Whether an umbrella is small against the person under it.

    >>> person = Box(0.50, 0.40, 0.54, 0.60)
    >>> is_held(Box(0.48, 0.36, 0.56, 0.44), (person,), 3.0)
    True
    >>> is_held(Box(0.40, 0.30, 0.60, 0.42), (person,), 3.0)
    False
    """
    return any(
        umbrella.width < parasol_persons * person.width
        and umbrella.intersection_area(person) > 0
        and umbrella.y1 < person.center[1]
        for person in people
    )


def _belongs(part: Part, seed: Box) -> bool:
    return part.fraction_box.share_inside(seed.grown(SEED_MARGIN, 1.0, 1.0)) >= MIN_PART_SHARE


def _sighting(members: list[Part], scene: Scene, parasol_persons: float) -> Sighting:
    supports: dict[str, float] = {}
    opens = False
    for part in members:
        name = part.class_name
        if name == "umbrella":
            held = is_held(part.fraction_box, scene.people, parasol_persons)
            name = "hand_umbrella" if held else "parasol"
        supports[name] = max(supports.get(name, 0.0), part.support)
        opens = opens or part.support >= MIN_OPEN_SUPPORT
    sure = [part.fraction_box for part in members if part.support >= MIN_OPEN_SUPPORT]
    box, *others = sure or [part.fraction_box for part in members]
    for other in others:
        box = box.union(other)
    if not supports.keys() - {"parasol", "hand_umbrella"}:
        box = _down_to_the_ground(box, scene.observation)
    return Sighting(fraction_box=box, supports=supports, opens=opens)


def _down_to_the_ground(canopy: Box, observation: Observation) -> Box:
    """A canopy alone hangs in the air; zones are about the ground under it."""
    width_px = canopy.width * observation.width
    height = PARASOL_HEIGHT_PER_WIDTH * width_px / observation.height
    return Box(canopy.x1, canopy.y1, canopy.x2, min(max(canopy.y2, canopy.y1 + height), 1.0))
