"""Evidence templates: which pictures prove each violation, how far apart, and what is missing.

The defaults follow current practice; no national template is known, so the spans are settings.
Standard library and pydantic only, so that the API can say what is missing without the vision
stack.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from pipeline.candidate import EvidenceItem, ItemKind, TemplateResult
from pipeline.settings import Settings
from pipeline.violations import Subtype

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime


class View(StrEnum):
    """What of the picture a role shows."""

    WHOLE = "whole"  # the frame as captured: the act in its place, with landmarks
    CLOSE_UP = "close_up"  # cut to the subject


class Moment(StrEnum):
    """When a role's picture is taken."""

    START = "start"  # when the act was first seen
    LATER = "later"  # the need's own gap after the picture it follows
    LATEST = "latest"  # when the act was last seen
    EARLIER = "earlier"  # before the act: a reference view, or the road before the truck
    CHOSEN = "chosen"  # the rule says which frame shows it best


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One picture that a template asks for."""

    role: str
    view: View
    moment: Moment
    proves: tuple[str, ...]  # codes for ManifestItem.proves
    follows: str = ""  # role of the picture that it must come after
    gap: timedelta = timedelta(0)  # at least so long after that picture


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTemplate:
    """The least that proves one kind of act."""

    name: str
    needs: tuple[Need, ...]

    def judge(self, taken_at: Mapping[str, Iterable[datetime]]) -> TemplateResult:
        """Which needs are met by pictures of these roles, taken at these instants.

        A role that must follow another counts only with a picture far enough after one of that
        role that itself counts.
        """
        counted: dict[str, list[datetime]] = {}
        for need in self.needs:
            instants = sorted(taken_at.get(need.role, ()))
            if need.follows:
                earlier = counted.get(need.follows, [])
                instants = [i for i in instants if earlier and i - earlier[0] >= need.gap]
            counted[need.role] = instants
        present = tuple(need.role for need in self.needs if counted[need.role])
        missing = tuple(need.role for need in self.needs if not counted[need.role])
        return TemplateResult(
            template=self.name, complete=not missing, present=present, missing=missing
        )

    def judge_items(self, items: Iterable[EvidenceItem]) -> TemplateResult:
        """As `judge`, for the items of a set. Redacted copies show less and do not count."""
        taken_at: dict[str, list[datetime]] = {}
        for item in items:
            if item.kind is not ItemKind.REDACTED:
                taken_at.setdefault(item.role, []).append(item.captured_at)
        return self.judge(taken_at)

    def wanted_instants(self, started_at: datetime, latest_at: datetime) -> dict[str, datetime]:
        """When to take each picture of an act seen between two instants.

        Roles whose time has not come yet are left out, as are those that the rule chooses.
        """
        instants: dict[str, datetime] = {}
        for need in self.needs:
            if need.moment is Moment.START:
                instants[need.role] = started_at
            elif need.moment is Moment.LATEST:
                instants[need.role] = latest_at
            elif need.moment is Moment.LATER and need.follows in instants:
                instant = instants[need.follows] + need.gap
                if instant <= latest_at:
                    instants[need.role] = instant
        return instants


class TemplateSettings(Settings):
    """Spans between pictures."""

    vending_stay_seconds: Annotated[float, Field(gt=0)] = 180.0  # practice: 3 to 5 minutes
    dust_span_seconds: Annotated[float, Field(gt=0)] = 600.0
    advertising_span_days: Annotated[float, Field(gt=0)] = 2.0  # a facility stands over days


def template_for(subtype: Subtype, settings: TemplateSettings | None = None) -> EvidenceTemplate:
    """The template of a subtype.

    >>> [need.role for need in template_for(Subtype.AD_POSTER).needs]
    ['close_up', 'context']
    """
    spans = settings or TemplateSettings()
    if subtype.value.startswith("vending."):
        return _vending(timedelta(seconds=spans.vending_stay_seconds))
    if subtype.value.startswith("dust."):
        return _dust(timedelta(seconds=spans.dust_span_seconds))
    if subtype.value.startswith("spill."):
        return _truck("spill" if subtype is Subtype.SPILL_ROAD else "load")
    if subtype in {Subtype.AD_BANNER, Subtype.AD_BOARD}:
        return _facility(timedelta(days=spans.advertising_span_days))
    return _sticker()


def _vending(stay: timedelta) -> EvidenceTemplate:
    return EvidenceTemplate(
        name="street_vending",
        needs=(
            Need(role="first", view=View.WHOLE, moment=Moment.START, proves=("presence", "place")),
            Need(
                role="later",
                view=View.WHOLE,
                moment=Moment.LATER,
                proves=("presence", "stay"),
                follows="first",
                gap=stay,
            ),
            Need(
                role="latest",
                view=View.WHOLE,
                moment=Moment.LATEST,
                proves=("presence", "stay"),
                follows="later",
                gap=timedelta(seconds=1),  # a picture of its own, not `later` under another name
            ),
            Need(
                role="close_up",
                view=View.CLOSE_UP,
                moment=Moment.LATEST,
                proves=("goods_or_sale",),
            ),
        ),
    )


def _sticker() -> EvidenceTemplate:
    return EvidenceTemplate(
        name="advertising_sticker",
        needs=(
            Need(role="close_up", view=View.CLOSE_UP, moment=Moment.LATEST, proves=("ad_content",)),
            Need(role="context", view=View.WHOLE, moment=Moment.LATEST, proves=("place",)),
        ),
    )


def _facility(span: timedelta) -> EvidenceTemplate:
    return EvidenceTemplate(
        name="advertising_facility",
        needs=(
            Need(role="before", view=View.WHOLE, moment=Moment.EARLIER, proves=("former_state",)),
            Need(role="context", view=View.WHOLE, moment=Moment.START, proves=("place", "size")),
            Need(role="close_up", view=View.CLOSE_UP, moment=Moment.LATEST, proves=("ad_content",)),
            # Cannot exist when the rule fires: a follow-up that stays missing until its day.
            Need(
                role="later_day",
                view=View.WHOLE,
                moment=Moment.LATER,
                proves=("presence", "stay"),
                follows="context",
                gap=span,
            ),
        ),
    )


def _dust(span: timedelta) -> EvidenceTemplate:
    return EvidenceTemplate(
        name="construction_dust",
        needs=(
            Need(role="first", view=View.WHOLE, moment=Moment.START, proves=("dust",)),
            Need(
                role="later",
                view=View.WHOLE,
                moment=Moment.LATER,
                proves=("dust", "persistence"),
                follows="first",
                gap=span,
            ),
            Need(role="context", view=View.WHOLE, moment=Moment.LATEST, proves=("site", "place")),
        ),
    )


def _truck(fact: str) -> EvidenceTemplate:
    return EvidenceTemplate(
        name="muck_truck",
        needs=(
            Need(
                role="before",
                view=View.WHOLE,
                moment=Moment.EARLIER,
                proves=("road_before",),
            ),
            Need(
                role="overall",
                view=View.WHOLE,
                moment=Moment.CHOSEN,
                proves=("vehicle", "place"),
            ),
            Need(
                role="plate",
                view=View.CLOSE_UP,
                moment=Moment.CHOSEN,
                proves=("vehicle_identity",),
            ),
            Need(role=fact, view=View.CLOSE_UP, moment=Moment.CHOSEN, proves=(f"{fact}_state",)),
            Need(
                role="after",
                view=View.WHOLE,
                moment=Moment.LATEST,
                proves=("road_after",),
                follows="before",
            ),
        ),
    )
