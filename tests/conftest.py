"""Settings of the whole suite."""

from __future__ import annotations

from hypothesis import settings

# A busy machine is slow now and then; a property is either true or not.
settings.register_profile("streetcase", deadline=None)
settings.load_profile("streetcase")
