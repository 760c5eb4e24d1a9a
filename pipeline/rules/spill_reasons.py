"""What speaks for and against a spill after a truck's passage, weighed and put into words."""

from __future__ import annotations

from pipeline.candidate import Explanation, Reason
from pipeline.change.results import SurfaceChange
from pipeline.geometry import Box
from pipeline.rules.passage import MIN_VOTE_SHARE, LoadState, Passage, TruckPassage
from pipeline.rules.settings import SpillSettings
from pipeline.rules.weighing import DECISIVE, MIN_SAID_LEVEL, part_of, reason, weigh
from pipeline.zones import Zone

# The load that explains most comes first.
_SUSPICION = (
    LoadState.OPEN_LOADED,
    LoadState.UNCLEAR,
    LoadState.OPEN_EMPTY,
    LoadState.COVERED,
    LoadState.CLOSED,
)


def passage_reasons(
    passage: Passage,
    zone: Zone,
    changes: tuple[SurfaceChange, ...],
    settings: SpillSettings,
    *,
    glimpse: float,
) -> tuple[Reason, ...]:
    """What a burst and the road before and after it say; the network is heard later.

    Args:
        passage: What the burst showed.
        zone: The road.
        changes: Of the road, after against before.
        settings: Of the rule.
        glimpse: How sure triage was of the truck, in [0, 1]; counts where the burst lost it.
    """
    weights = settings.weights
    request = passage.request
    said = [
        reason("prior", weights.prior),
        reason("on_road", 0.0, zone=zone.name or zone.id),
    ]
    trucks = moving_trucks(passage, settings)
    if trucks:
        span = request.end_seconds - request.begin_seconds
        suspect = min(trucks, key=lambda t: (_SUSPICION.index(t.load), t.first_seconds))
        said += [
            reason("truck_passed", weights.passage, trucks=len(trucks), span_seconds=span),
            load_reason(suspect, settings),
        ]
    elif any(t.seen_seconds >= settings.min_standing_seconds for t in passage.trucks):
        said.append(reason("no_truck_passed", DECISIVE))  # they stand
    else:  # a load that nobody saw speaks for nothing
        said.append(reason("truck_glimpsed", weights.glimpse * glimpse, level=glimpse))
    return (*said, *surface_reasons(changes, settings))


def moving_trucks(passage: Passage, settings: SpillSettings) -> tuple[TruckPassage, ...]:
    """The trucks that went somewhere during the burst."""
    return tuple(t for t in passage.trucks if t.travelled >= settings.min_travel)


def load_reason(truck: TruckPassage, settings: SpillSettings) -> Reason:
    """What the load of the most suspicious truck says, the more the clearer its vote."""
    weights = settings.weights
    if truck.load is LoadState.UNCLEAR:
        return reason("load_unclear", 0.0)
    clearness = part_of(truck.load_share, MIN_VOTE_SHARE, 1.0)
    weight = {
        LoadState.OPEN_LOADED: weights.open_loaded,
        LoadState.OPEN_EMPTY: weights.open_empty,
        LoadState.COVERED: weights.covered,
        LoadState.CLOSED: weights.closed,
    }[truck.load]
    return reason(
        f"load_{truck.load}", weight * clearness, share=truck.load_share, votes=truck.votes
    )


def is_water(change: SurfaceChange, settings: SpillSettings) -> bool:
    """Darker, no rougher than the road and of its colour: water, or the shadow of something."""
    return (
        change.darkening >= settings.wet_darkening
        and change.texture_gain <= settings.smooth_texture
        and change.colour_shift <= settings.own_colour
    )


def material_of(
    changes: tuple[SurfaceChange, ...], settings: SpillSettings
) -> tuple[SurfaceChange, ...]:
    """The changes large enough to matter that are neither water nor shadow."""
    return tuple(
        change
        for change in changes
        if change.area_share >= settings.min_area_share and not is_water(change, settings)
    )


def heap_of(material: tuple[SurfaceChange, ...]) -> tuple[SurfaceChange, ...]:
    """The largest piece of material and what lies around it: one truck, one spill.

    A spill is a trail of pieces; what lies further off than the trail is long is something else.
    """
    if not material:
        return ()
    heap = [max(material, key=lambda change: change.area_share)]
    box = heap[0].box
    others = [change for change in material if change is not heap[0]]
    while near := [c for c in others if _gap(c.box, box) <= max(box.width, box.height)]:
        heap += near
        others = [change for change in others if change not in near]
        for change in near:
            box = box.union(change.box)
    return tuple(heap)


def _gap(a: Box, b: Box) -> float:
    """Pixels between two boxes, along the axis on which they are further apart; 0 if none."""
    across = max(a.x1, b.x1) - min(a.x2, b.x2)
    down = max(a.y1, b.y1) - min(a.y2, b.y2)
    return max(across, down, 0.0)


def surface_reasons(
    changes: tuple[SurfaceChange, ...], settings: SpillSettings
) -> tuple[Reason, ...]:
    """What the road before and after says."""
    weights = settings.weights
    large = [c for c in changes if c.area_share >= settings.min_area_share]
    if not large:
        return (reason("no_material", DECISIVE),)
    material = material_of(changes, settings)
    if not material:
        darkest = max(large, key=lambda c: c.area_share)
        is_shadow = darkest.edge_sharpness < settings.sharp_edge
        code, weight = ("shadow", weights.shadow) if is_shadow else ("wet", weights.wet)
        return reason("no_material", DECISIVE), reason(code, weight)
    heap = heap_of(material)
    area = sum(change.area_share for change in heap)
    everywhere = sum(change.area_share for change in material)
    said = [
        reason(
            "material",
            weights.material * min(area / settings.full_area_share, 1.0),
            area_share=area,
        )
    ]
    if everywhere > settings.max_area_share:
        said.append(reason("whole_road", weights.whole_road, area_share=min(everywhere, 1.0)))
    largest = heap[0]
    rough = part_of(largest.texture_gain, settings.smooth_texture, settings.rough_texture)
    if rough >= MIN_SAID_LEVEL:
        said.append(reason("rough", weights.rough * rough))
    coloured = part_of(largest.colour_shift, settings.own_colour, settings.other_colour)
    if coloured * (1 - rough) >= MIN_SAID_LEVEL:  # both tell soil from water: they count once
        said.append(reason("other_colour", weights.other_colour * coloured * (1 - rough)))
    if largest.edge_sharpness >= settings.sharp_edge:
        said.append(reason("sharp_edge", weights.sharp_edge))
    return tuple(said)


def explain_spill(
    facts: tuple[Reason, ...], spill_level: float, settings: SpillSettings
) -> Explanation:
    """The facts of a passage with what the network sees on the road by now."""
    seen = (
        (reason("sees_spill", settings.weights.network * spill_level, level=spill_level),)
        if spill_level >= MIN_SAID_LEVEL
        else ()
    )
    return weigh("muck_truck", facts + seen, settings.fire_probability)


def no_passage_reasons(zone: Zone, settings: SpillSettings) -> tuple[Reason, ...]:
    """Something lies on the road, but no truck was seen to bring it."""
    return (
        reason("prior", settings.weights.prior),
        reason("on_road", 0.0, zone=zone.name or zone.id),
        reason("no_truck_passed", DECISIVE),
    )


def explain_uncovered_load(truck: TruckPassage, settings: SpillSettings) -> Explanation:
    """An open, loaded truck that dropped nothing in view: the vote decides alone."""
    enough = (
        truck.load is LoadState.OPEN_LOADED
        and truck.load_share >= settings.uncovered_share
        and truck.votes >= settings.min_uncovered_votes
    )
    weight = 1 - settings.weights.prior if enough else DECISIVE
    figures = {"share": truck.load_share, "votes": truck.votes, "limit": settings.uncovered_share}
    reasons = (
        reason("prior", settings.weights.prior),
        reason("uncovered_load", weight, **figures),
        reason("lead_only", 0.0),
    )
    return weigh("muck_truck", reasons, settings.fire_probability)
