"""How the change witness learns and what it proposes; every time is in seconds of camera time."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pipeline.settings import Settings

Seconds = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class ChangeSettings(Settings):
    """The change witness of one camera.

    The defaults were set on drawn street scenes and checked on real street clips; the figures
    stand in docs/change.md.
    """

    width_px: Annotated[int, Field(ge=32, le=640)] = 320  # of the coarse picture it works on

    min_age_seconds: Seconds = 10.0  # a patch stands this long before it is proposed
    flat_age_seconds: Seconds = 60.0  # as above where only brightness tells: may be a shadow
    min_area_share: Share = 0.0004  # of the picture: 23 pixels of 320 x 180, a poster at 20 m
    max_area_share: Share = 0.35  # a larger change is light or weather, not a thing

    learn_seconds: Seconds = 20.0  # a pixel is steady this long before it is reference
    slow_seconds: Seconds = 1200.0  # time constant of the reference afterwards (20 min)
    hold_seconds: Seconds = 1800.0  # a patch that no episode claims is learned after this long
    ignore_margin_share: Share = 0.08  # people and vehicles overhang their boxes
    max_occupied_share: Share = 0.6  # a pixel so often under a person or vehicle is theirs

    max_shift_share: Share = 0.03  # of the width: a larger shift is another view
    moved_after_seconds: Seconds = 15.0  # no fit for this long: the camera looks elsewhere
    relearn_after_seconds: Seconds = 600.0  # moved for this long: learn new reference views

    unstable_share: Share = 0.4  # of the picture differs: light or weather, no proposals
    foggy_share: Share = 0.25  # of the picture is veiled: fog, no proposals
    variant_after_seconds: Seconds = 180.0  # unstable for this long: learn a variant of the light
    fog_variant_after_seconds: Seconds = (
        3600.0  # as above for fog: dust, too, may last half an hour
    )
    max_variants: Annotated[int, Field(ge=1, le=8)] = 3  # reference views per light: dry, wet, snow
    light_hold_seconds: Seconds = 15.0  # a new light lasts this long before it counts

    max_patches: Annotated[int, Field(ge=1, le=256)] = 32  # followed and proposed at once
