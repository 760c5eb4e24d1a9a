"""Every threshold and weight of the four rules, with the reason for its default.

Weights are log-odds. The defaults are set so that the combinations listed in `docs/rules.md` come
out as they should; no field data stands behind them yet. A site's reviewed items tune them.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.episodes.settings import MINUTE, PresenceSettings
from pipeline.settings import Settings

Seconds = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Probability = Annotated[float, Field(gt=0, lt=1)]
ForWeight = Annotated[float, Field(ge=0)]
AgainstWeight = Annotated[float, Field(le=0)]

HOUR = 60 * MINUTE

# A rule fires at three to two for a violation, not at even odds: operators reject what is wrong.
FIRE_PROBABILITY = 0.6
# Nothing is said about what was there for less: a person who walks by.
REPORT_AFTER_SECONDS = 10.0
# The reference view learns what no network knows and nobody trades at after this time.
WATCH_UNKNOWN_SECONDS = HOUR


class VendingWeights(Settings):
    """Log-odds of the vending rule."""

    prior: AgainstWeight = -5.2  # place, dwell, network and people alone do not reach the bar
    place: ForWeight = 0.5
    dwell: ForWeight = 0.5
    long_dwell: ForWeight = 0.5  # twice the dwell
    stall: ForWeight = 3.0
    goods: ForWeight = 2.0
    parasol: ForWeight = 1.8
    tricycle: ForWeight = 1.0  # on its own it is a parked vehicle
    network_most: ForWeight = 3.0  # the parts together: one network is one witness
    change: ForWeight = 2.5
    unchanged: AgainstWeight = -2.5
    attended: ForWeight = 1.5
    customers: ForWeight = 0.7
    unattended: AgainstWeight = -3.0  # an abandoned stall, a parked tricycle, stored goods
    hand_umbrella: AgainstWeight = -1.5
    vehicle: AgainstWeight = -4.0
    moving: AgainstWeight = -3.0


class VendingSettings(Settings):
    """The street-vending rule."""

    enabled: bool = True
    # Domain guide: 180 s, range 60-600.
    dwell_seconds: Annotated[float, Field(ge=60, le=600)] = 180.0
    report_after_seconds: Seconds = REPORT_AFTER_SECONDS
    fire_probability: Probability = FIRE_PROBABILITY
    # Of the ground under it that must lie in a no-vending zone.
    zone_share: Share = 0.5
    # Of the ground under it: at least this much is inside a permitted place, at most the second is
    # outside of it, between them it stands over the line. Boxes are some per cent off.
    inside_share: Share = 0.85
    outside_share: Share = 0.15
    # Share of the time with somebody standing at it: a vendor who fetches goods is away for less
    # than half of it; at a stall left behind people only pass.
    attended_share: Share = 0.5
    abandoned_share: Share = 0.2
    # Share of the time with two or more standing at it: below the first it is a queue that passes
    # or people who wait, from the second on they are customers. Rendered stalls gave 0.09 and
    # 0.65, a rendered queue of a minute up to 0.33.
    customers_from: Share = 0.35
    customers_to: Share = 0.6
    # Share of the time in which a car or lorry, and nothing to sell from, is recognised in its
    # place: a network that is once unsure of a parked car takes it for a stall then. From the first
    # on it speaks against a stall, from the second on wholly.
    vehicle_from: Share = 0.3
    vehicle_to: Share = 0.6
    # Weight of `unattended`; switch off where left stalls are violations too.
    abandoned_is_vending: bool = False
    # A parasol is 2-3 m wide, a hand umbrella about 1 m, a person 0.5 m.
    parasol_persons: Annotated[float, Field(gt=1)] = 3.0
    # A stall that moved by its own size is a vendor on the way.
    moving_sizes: Annotated[float, Field(gt=0)] = 1.0
    # A kind of business is known when its hints reach this level.
    business_level: Share = 0.5
    # The rise is a sixth of the dwell; averages are over two thirds of it.
    presence: PresenceSettings = PresenceSettings(rise_seconds=30.0, figure_seconds=120.0)
    weights: VendingWeights = VendingWeights()


class AdvertisingWeights(Settings):
    """Log-odds of the advertising rule."""

    prior: AgainstWeight = -4.8
    place: ForWeight = 0.5
    persists: ForWeight = 0.5
    long_persists: ForWeight = 0.5  # four times as long
    network: ForWeight = 2.5
    change: ForWeight = 3.0  # that it is new is half of the offence
    poster_like: ForWeight = 0.5
    unchanged: AgainstWeight = -4.0
    sign_like: ForWeight = 0.75  # the network sees a sign, and cannot say of which kind
    # Log-odds of an ad by the patch classifier count as they are, up to these: with what change and
    # time say, a share of 0.67 fires for a filled rectangle and 0.77 for another shape.
    patch: ForWeight = 2.0
    patch_against: AgainstWeight = -2.5
    signboard: AgainstWeight = -3.0
    held: AgainstWeight = -3.0
    moving: AgainstWeight = -3.0
    stall_part: AgainstWeight = -4.0


class CloseLookSettings(Settings):
    """Close looks at the surfaces: parts of a picture in full size, one at a time.

    A look costs about as much as a triage frame, of which there are some sixty a minute.
    """

    enabled: bool = True
    # At most six looks a minute for a camera, however many surfaces it has: a tenth of triage.
    interval_seconds: Annotated[float, Field(ge=1)] = 10.0
    # From one look at a place to the next. Ads are slow: the rule's two minutes hold four looks.
    revisit_seconds: Annotated[float, Field(ge=1)] = 30.0
    # Times the scale of triage. The network learned from whole street scenes: at twice the scale it
    # finds ads half the size as well as triage finds the others; closer, it recognises less.
    zoom: Annotated[float, Field(ge=1, le=8)] = 2.0
    # Of neighbouring tiles: an ad of up to a fifth of a tile is whole in one of them; triage sees
    # larger ones.
    overlap_share: Annotated[float, Field(ge=0, le=0.5)] = 0.2
    # Nine show a whole picture at twice the scale. With more the round takes over two minutes.
    max_tiles: Annotated[int, Field(ge=1, le=64)] = 12


class PatchLookSettings(Settings):
    """Looks at what is new on the surfaces, in full size, by the patch classifier.

    A look costs one keyframe to decode and about a millisecond a patch.
    """

    enabled: bool = True
    # As close looks: six times a minute at most, and four looks at a patch in the rule's time.
    interval_seconds: Annotated[float, Field(ge=1)] = 10.0
    revisit_seconds: Annotated[float, Field(ge=1)] = 30.0
    most_patches: Annotated[int, Field(ge=1, le=64)] = 6  # in one look


class AdvertisingSettings(Settings):
    """The illegal-advertising rule."""

    enabled: bool = True
    # Two minutes: a carried banner or a leaning ladder is gone by then, an ad is not. Ads are
    # never urgent (domain guide), so waiting costs nothing.
    persist_seconds: Annotated[float, Field(ge=30)] = 120.0
    report_after_seconds: Seconds = REPORT_AFTER_SECONDS
    fire_probability: Probability = FIRE_PROBABILITY
    # Of the box that must lie on an ad surface, or in a permitted place for ads.
    zone_share: Share = 0.5
    permitted_share: Share = 0.5
    # An ad whose box lies so much in a vehicle's is lettering on it.
    vehicle_share: Share = 0.6
    # A detector that cannot tell a banner from a shop sign calls both a signboard (the first
    # shipped one did so in every frame of a rendered banner). A sign that is new where none may be
    # then speaks a little for an ad. Switch off with a detector that can tell them.
    new_signs_are_suspect: bool = True
    # Of a patch's share for "sign" that then counts for an ad. Shops hang up a sign once in years,
    # ads come daily; the classifier, too, calls a quarter of real ads a sign.
    new_sign_share: Share = 0.75
    # A patch that fills its box so much is a rectangle: paper or cloth.
    poster_fill: Share = 0.6
    # Wider than this many heights, a thing without a class is called a banner.
    banner_aspect: Annotated[float, Field(gt=1)] = 2.5
    moving_sizes: Annotated[float, Field(gt=0)] = 1.0
    close_look: CloseLookSettings = CloseLookSettings()
    patch_look: PatchLookSettings = PatchLookSettings()
    # A wall may be dark, or the reference still be learned, for a night and a rainy day.
    presence: PresenceSettings = PresenceSettings(
        lapse_seconds=10 * MINUTE, max_hidden_seconds=36 * HOUR, figure_seconds=60.0
    )
    weights: AdvertisingWeights = AdvertisingWeights()


class DustWeights(Settings):
    """Log-odds of the dust rule."""

    prior: AgainstWeight = -4.5  # a warm veil alone must grow as well
    place: ForWeight = 0.5
    persists: ForWeight = 0.5
    network: ForWeight = 2.5
    veil: ForWeight = 2.0
    grows: ForWeight = 1.0
    warm: ForWeight = 1.0
    billows: ForWeight = 1.0
    local: ForWeight = 0.5
    fog: AgainstWeight = -4.0
    mist: AgainstWeight = -4.0
    halo: AgainstWeight = -3.0
    still: AgainstWeight = -3.0  # a net, a dirty lens, glare
    net: AgainstWeight = -3.0


class DustSettings(Settings):
    """The construction-dust rule."""

    enabled: bool = True
    # A minute: the shortest dwell of the domain guide. One truck's puff is over in less.
    persist_seconds: Annotated[float, Field(ge=20, le=600)] = 60.0
    report_after_seconds: Seconds = REPORT_AFTER_SECONDS
    fire_probability: Probability = FIRE_PROBABILITY
    # A tenth of the site veiled is a plume that anybody sees.
    full_cover: Share = 0.1
    # Growth of the veil that counts whole: the site's tenth within a minute.
    full_growth_per_second: Annotated[float, Field(gt=0)] = 0.1 / 60
    # Red minus blue shift that counts as wholly brown, and, negative, as wholly blue; in between
    # it counts in part. Rendered dust over grey ground gave -0.03 to +0.02, mist -0.08 to -0.03.
    warm_shift: Annotated[float, Field(gt=0, le=1)] = 0.02
    # A veil as blue as this is no sight of dust, so that its time does not count: shadows of cars
    # on a real road gave -0.08 to -0.10, and no rendered dust was as blue.
    cold_shift: Annotated[float, Field(ge=-1, lt=0)] = -0.06
    # Mist and fog brighten, dust little: below the first not at all, from the second on wholly.
    # Rendered dust gave 0.02 to 0.06, mist and fog 0.06 to 0.14.
    bright_from: Share = 0.02
    bright_to: Share = 0.08
    # Fog veils the whole picture, a plume its site.
    fog_frame_cover: Share = 0.5
    local_frame_cover: Share = 0.25
    # Frame-to-frame change: a plume billows, a net, a lens and a lamp do not. Rendered dust gave
    # 0.03 to 0.17, fog under 0.01.
    still_unrest: Share = 0.03
    billow_unrest: Share = 0.08
    # Share of the site as bare soil, and how long, until it is a finding (large bare soil
    # uncovered: one of the listed findings). Ten minutes, so that a truck's load is not one.
    bare_soil_share: Share = 0.3
    bare_soil_seconds: Seconds = 10 * MINUTE
    # A quarter of the persistence; plumes tear and close, so they decay in half a minute. Clear air
    # for as long is the end of it: what veils the site afterwards has not persisted since before.
    presence: PresenceSettings = PresenceSettings(
        rise_seconds=15.0, decay_seconds=30.0, figure_seconds=30.0, lapse_seconds=30.0
    )
    soil_presence: PresenceSettings = PresenceSettings(
        rise_seconds=60.0, decay_seconds=5 * MINUTE, max_hidden_seconds=36 * HOUR
    )
    weights: DustWeights = DustWeights()


class SpillWeights(Settings):
    """Log-odds of the muck-truck rule."""

    prior: AgainstWeight = -4.0
    passage: ForWeight = 1.5  # seen to travel over the road in the burst
    # Triage saw a truck move, the burst lost it; by how sure triage was. At its best, much material
    # that is rough and has a sharp outline reaches the bar, and nothing less.
    glimpse: ForWeight = 0.75
    material: ForWeight = 2.5  # new on the road, by comparison
    rough: ForWeight = 1.0
    other_colour: ForWeight = 0.75  # as far as it is not rough: both say that it is no water
    sharp_edge: ForWeight = 0.5
    network: ForWeight = 1.5
    # What the load says counts by how clear its vote is: nothing at the three fifths that make a
    # verdict, in full when every crop agrees. Log-odds of an open body against another: -0.3 if the
    # classifier says covered (29 real crops of its card, one added to each count), since it says so
    # of open bodies too; -1.7 by its crops if it says closed, and -1.2 by some 30 passages of
    # semi-real videos, where all crops of four open trucks were called closed. Doubted a little
    # more than that, so that soil that lies on the road outweighs it.
    open_loaded: ForWeight = 1.5
    open_empty: AgainstWeight = -0.5  # muck sticks to empty bodies and wheels too
    covered: AgainstWeight = -0.5
    closed: AgainstWeight = -1.0
    wet: AgainstWeight = -4.0
    shadow: AgainstWeight = -4.0
    whole_road: AgainstWeight = -4.0  # snow, rain, a change of light


class SpillSettings(Settings):
    """The muck-truck rule."""

    enabled: bool = True
    fire_probability: Probability = FIRE_PROBABILITY
    # Of a truck's foot that must lie on the road zone.
    zone_share: Share = 0.3
    # A truck counts from half its class's threshold: a burst is cheap, a missed truck is not.
    min_truck_support: Share = 0.25
    # Trucks that follow each other closer than this are one crossing.
    crossing_gap_seconds: Seconds = 3.0
    # A crossing is at most so long: a truck at walking pace; a parked one is reported once.
    max_crossing_seconds: Seconds = 20.0
    # Before and after the crossing, so that the burst shows the truck come and go.
    burst_margin_seconds: Seconds = 1.0
    # Five pictures a second: a truck at 50 km/h moves less than half its length between two.
    burst_frames_per_second: Annotated[float, Field(gt=0, le=25)] = 5.0
    # A standing truck overlaps itself so much over time; one at walking pace less.
    standing_iou: Share = 0.7
    # Share of the frame that a truck must travel in the burst to have passed.
    min_travel: Share = 0.05
    # Seen for as long without travelling, a truck stands; a shorter sight cannot tell.
    min_standing_seconds: Seconds = 1.0
    # Of the road zone: less is a leaf or a manhole, more is weather.
    min_area_share: Share = 0.0005
    max_area_share: Share = 0.5
    full_area_share: Share = 0.003
    # Local contrast gained: soil is rough; between `smooth_texture` and this it counts in part.
    rough_texture: Share = 0.03
    # Change of hue against the road, log units: up to the first it is the road's own, from the
    # second on another. Wet patches gave up to 0.02, drawn soil on real roads 0.19 and more; grey
    # rubble, and any soil under sodium lamps, have to be rough.
    own_colour: Share = 0.05
    other_colour: Share = 0.15
    # Darker by this, no rougher and of the road's own colour: water. Softer than the road's own
    # edges: a shadow.
    wet_darkening: Share = 0.04
    smooth_texture: Annotated[float, Field(ge=-1, le=1)] = 0.02  # wet patches gave up to 0.017
    sharp_edge: Annotated[float, Field(ge=0)] = 1.0
    # An open, loaded truck that drops nothing: a lead only, so off unless asked for.
    report_uncovered_loads: bool = False
    uncovered_share: Share = 0.75
    min_uncovered_votes: Annotated[int, Field(ge=1)] = 3
    # Requests that wait for their burst; more trucks than that and the oldest is given up.
    max_pending: Annotated[int, Field(ge=1, le=1000)] = 64
    # Material lies until it is swept; traffic covers it for minutes.
    presence: PresenceSettings = PresenceSettings(
        first_lapse_seconds=MINUTE,
        lapse_seconds=2 * MINUTE,
        max_hidden_seconds=HOUR,
        max_presences=64,
    )
    weights: SpillWeights = SpillWeights()


class RuleSettings(Settings):
    """Settings of all rules of a camera."""

    vending: VendingSettings = VendingSettings()
    advertising: AdvertisingSettings = AdvertisingSettings()
    dust: DustSettings = DustSettings()
    muck_truck: SpillSettings = SpillSettings()
