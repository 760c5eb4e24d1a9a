"""Every scenario by name."""

from collections.abc import Callable

from models.street import demos, twins, twins_gate, violations
from models.street.script import Script

SCENARIOS: dict[str, Callable[[int, float], Script]] = {
    "vending": violations.vending,
    "advertising": violations.advertising,
    "dust": violations.dust,
    "spill": violations.spill,
    "vending_twins": twins.vending_twins,
    "advertising_twins": twins.advertising_twins,
    "dust_twins": twins_gate.dust_twins,
    "spill_twins": twins_gate.spill_twins,
    "calm": twins.calm,
    **demos.DEMOS,
}


def make(name: str, seed: int, seconds: float) -> Script:
    """The script of a scenario.

    Raises:
        KeyError: No such scenario.
    """
    return SCENARIOS[name](seed, seconds)
