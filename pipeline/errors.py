"""Every error the core raises, as one tree.

    StreetcaseError
    ├── GeometryError            a box or polygon that cannot be
    ├── FrameError               a picture or an instant that cannot be
    ├── DetectionsError          parallel arrays that do not fit each other
    ├── SettingsError            a settings file: names file, line and key
    ├── ScheduleError            a window or validity that cannot be
    ├── ModelError               a network that cannot be used
    │   ├── ModelCardError       its card is missing or wrong
    │   ├── ModelHashError       its bytes are not those the card describes
    │   └── ModelShapeError      its inputs or outputs are not those the card promises
    ├── ReferenceViewError       a stored reference view that cannot be read
    ├── SnapshotError            saved state that cannot be taken up again
    └── EvidenceError            evidence that cannot be made
        ├── ManifestError        a manifest that cannot be written or read
        ├── TimestampError       a time stamp that cannot be read, or does not hold
        ├── SigningKeyError      a signing key that cannot be used
        └── BundleError          a bundle that cannot be read, or is not what it says

The first sentence of a message says what is wrong, the rest what to do.
"""

from __future__ import annotations


class StreetcaseError(Exception):
    """Base of everything that Streetcase raises on purpose."""


class GeometryError(StreetcaseError, ValueError):
    """A box or polygon that cannot be."""


class FrameError(StreetcaseError, ValueError):
    """A picture or an instant that cannot be."""


class DetectionsError(StreetcaseError, ValueError):
    """Parallel arrays that do not fit each other."""


class SettingsError(StreetcaseError, ValueError):
    """A settings file that cannot be used; the message names file, line and key."""


class ScheduleError(StreetcaseError, ValueError):
    """A weekly window or a validity that cannot be."""


class ModelError(StreetcaseError):
    """A network that cannot be used."""


class ModelCardError(ModelError):
    """The model's card is missing or wrong."""


class ModelHashError(ModelError):
    """The model's bytes are not those that its card describes."""


class ModelShapeError(ModelError):
    """The model's inputs or outputs are not those that its card promises."""


class ReferenceViewError(StreetcaseError):
    """A stored reference view that cannot be read."""


class SnapshotError(StreetcaseError):
    """Saved state that cannot be taken up again."""


class EvidenceError(StreetcaseError):
    """Evidence that cannot be made."""


class ManifestError(EvidenceError):
    """A manifest that cannot be written or read."""


class TimestampError(EvidenceError):
    """A time stamp that cannot be read, or does not hold."""


class SigningKeyError(EvidenceError):
    """A signing key that cannot be used."""


class BundleError(EvidenceError):
    """A bundle that cannot be read, or is not what it says.

    `file` names the part of the bundle at fault (empty: the bundle as a whole), `step` the step of
    a verification at which it came to light.
    """

    def __init__(self, message: str, *, file: str = "", step: str = "readable") -> None:
        super().__init__(message)
        self.file = file
        self.step = step
