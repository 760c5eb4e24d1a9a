"""Every scenario by name."""

from collections.abc import Callable

from models.street import twins, violations
from models.street.script import Script

SCENARIOS: dict[str, Callable[[int, float], Script]] = {
    "vending": violations.vending,
    "advertising": violations.advertising,
    "dust": violations.dust,
    "spill": violations.spill,
    "vending_twins": twins.vending_twins,
    "advertising_twins": twins.advertising_twins,
    "dust_twins": twins.dust_twins,
    "spill_twins": twins.spill_twins,
    "calm": twins.calm,
}


def make(name: str, seed: int, seconds: float) -> Script:
    """The script of a scenario.

    Raises:
        KeyError: No such scenario.
    """
    return SCENARIOS[name](seed, seconds)
