"""What the routes of cameras take and give."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.cameras.gates import Latitude, Longitude
from api.cameras.registration import CoordinateSystem, Mount, Registration, registration_of
from api.cameras.repository import Published
from api.cameras.service import CameraFacts
from api.cameras.tables import CameraVersion
from api.cameras.versions import VersionDiff, VersionSource
from api.texts import Label, Note, ThingId
from api.users.schemas import Body, OrganisationId
from pipeline.violations import Violation

MAX_IMPORTED = 200  # cameras of one call; a longer register comes in several

CameraSettingsJson = Annotated[
    dict[str, JsonValue],
    Field(
        description="A camera of the core: id, name, place, timezone, gb28181_id and zones, each"
        " with its polygon in fractions of the picture, windows and document.",
        examples=[
            {
                "id": "gate-1",
                "name": "Market street",
                "timezone": "Asia/Shanghai",
                "zones": [
                    {
                        "id": "kerb",
                        "kind": "no_vending",
                        "polygon": [[0.1, 0.5], [0.9, 0.5], [0.9, 0.9], [0.1, 0.9]],
                    }
                ],
            }
        ],
    ),
]


class RegistrationBody(Body):
    """The facts of a camera that are not in its versions."""

    organisation_id: OrganisationId
    box_id: ThingId | None = None
    longitude: Longitude | None = None
    latitude: Latitude | None = None
    coord_sys: CoordinateSystem = CoordinateSystem.WGS84
    mount: Mount = Mount.FIXED
    owner_organisation: Label = ""
    sharing_basis: Note = ""
    permitted_purposes: Annotated[
        tuple[Violation, ...], Field(max_length=len(Violation), description="None: all of them.")
    ] = ()

    def registration(self) -> Registration:
        """As the register takes it."""
        fields = {**dict(self), "permitted_purposes": tuple(sorted(set(self.permitted_purposes)))}
        return Registration(**fields)


class NewCamera(Body):
    """A camera to add, with the first version of its view."""

    registration: RegistrationBody
    settings: CameraSettingsJson
    note: Note = ""


class RegistrationPatch(Body):
    """What to change of a camera; what is left out stays."""

    organisation_id: OrganisationId | None = None
    box_id: Annotated[ThingId | None, Field(description="null: no box.")] = None
    longitude: Annotated[Longitude | None, Field(description="null: not known.")] = None
    latitude: Annotated[Latitude | None, Field(description="null: not known.")] = None
    coord_sys: CoordinateSystem | None = None
    mount: Mount | None = None
    owner_organisation: Label | None = None
    sharing_basis: Note | None = None
    permitted_purposes: (
        Annotated[tuple[Violation, ...], Field(max_length=len(Violation))] | None
    ) = None
    retired: bool | None = None

    def changes(self) -> dict[str, object]:
        """The facts that were named, without `retired`; null is a value for three of them only."""
        named = {name: getattr(self, name) for name in self.model_fields_set - {"retired"}}
        return {
            name: value
            for name, value in named.items()
            if value is not None or name in {"box_id", "longitude", "latitude"}
        }


class SettingsChange(Body):
    """A new version of a camera's view."""

    based_on: Annotated[
        int, Field(ge=0, le=2**31 - 1, description="Version that was changed; 0: none yet.")
    ]
    settings: CameraSettingsJson
    note: Note = ""


class RegistrationView(BaseModel):
    """The facts of a camera that are not in its versions."""

    model_config = ConfigDict(from_attributes=True)

    organisation_id: str
    box_id: str | None
    longitude: float | None
    latitude: float | None
    coord_sys: CoordinateSystem
    mount: Mount
    owner_organisation: str
    sharing_basis: str
    permitted_purposes: tuple[Violation, ...]


class VersionView(BaseModel):
    """One version of a camera's view, without the view itself."""

    number: int
    valid_from: datetime
    changed_by: str
    source: Annotated[
        VersionSource, Field(description="box: of the box's own settings; nobody drew here yet.")
    ]
    note: str

    @classmethod
    def of(cls, version: CameraVersion) -> Self:
        """As a route shows it."""
        return cls(
            number=version.number,
            valid_from=version.valid_from,
            changed_by=version.changed_by,
            source=VersionSource(version.source),
            note=version.note,
        )


class CameraSummary(BaseModel):
    """A camera in a list."""

    id: str
    name: str
    place: str
    gb28181_id: str | None
    organisation_path: str
    registration: RegistrationView
    zones: Annotated[int, Field(description="How many.")]
    version: int | None
    picture_at: Annotated[datetime | None, Field(description="None: it has sent none yet.")]
    created_at: datetime
    retired_at: datetime | None

    @classmethod
    def of(cls, facts: CameraFacts) -> Self:
        """As a route shows it."""
        return cls(**_summary(facts))


class CameraDetail(CameraSummary):
    """A camera with the version of its view that was asked for."""

    settings: dict[str, Any] | None
    held: Annotated[VersionView | None, Field(description="None: nobody drew zones here yet.")]

    @classmethod
    def of(cls, facts: CameraFacts) -> Self:
        """As a route shows it."""
        return cls(
            **_summary(facts),
            settings=facts.settings or None,
            held=VersionView.of(facts.version) if facts.version else None,
        )


class CameraPage(BaseModel):
    """Cameras by id."""

    items: list[CameraSummary]
    next: str | None


class VersionPage(BaseModel):
    """Versions, the newest first."""

    items: list[VersionView]
    next: str | None


class DifferenceView(BaseModel):
    """One value before and after."""

    model_config = ConfigDict(from_attributes=True)

    before: JsonValue
    after: JsonValue


class DiffView(BaseModel):
    """What differs between two versions."""

    fields: dict[str, DifferenceView]
    zones_added: list[str]
    zones_removed: list[str]
    zones_changed: Annotated[
        dict[str, dict[str, DifferenceView]], Field(description="By zone, then by field.")
    ]

    @classmethod
    def of(cls, diff: VersionDiff) -> Self:
        """As a route shows it."""
        view = DifferenceView.model_validate
        return cls(
            fields={name: view(one) for name, one in diff.fields.items()},
            zones_added=diff.zones_added,
            zones_removed=diff.zones_removed,
            zones_changed={
                zone: {name: view(one) for name, one in found.items()}
                for zone, found in diff.zones_changed.items()
            },
        )


class RegisterEntry(Body):
    """One camera of a register."""

    registration: RegistrationBody
    settings: CameraSettingsJson


class CameraRegister(Body):
    """A register of cameras as another system sends it, or as this one gives it."""

    format: Literal[1] = 1
    cameras: Annotated[tuple[RegisterEntry, ...], Field(max_length=MAX_IMPORTED)]
    note: Note = ""


class RegisterPage(BaseModel):
    """A part of the register, in the form in which it is imported."""

    format: Literal[1] = 1
    cameras: list[RegisterEntry]
    next: str | None


class ImportResult(BaseModel):
    """What an import did, by camera."""

    created: list[str]
    changed: list[str]
    unchanged: list[str]


class PublicCamera(BaseModel):
    """A camera as the public may know it (LAW-04): where it is, and where that was published."""

    id: str
    name: str
    place: str
    organisation: str
    longitude: float | None
    latitude: float | None
    coord_sys: CoordinateSystem
    published_since: datetime
    publication_url: str
    document: str

    @classmethod
    def of(cls, published: Published, version: CameraVersion | None) -> Self:
        """As the public sees it."""
        record, organisation, gate = published
        settings = version.settings if version else {}
        return cls(
            id=record.id,
            name=settings.get("name", ""),
            place=settings.get("place", ""),
            organisation=organisation.name,
            longitude=record.longitude,
            latitude=record.latitude,
            coord_sys=CoordinateSystem(record.coord_sys),
            published_since=gate.met_from,
            publication_url=gate.details.get("url", ""),
            document=gate.document,
        )


class PublicCameraPage(BaseModel):
    """Published cameras by id."""

    items: list[PublicCamera]
    next: str | None


def entry_of(facts: CameraFacts) -> RegisterEntry:
    """A camera in the form in which it is imported; one without a version is named by its id."""
    fields = dict(RegistrationView.model_validate(registration_of(facts.record)))
    return RegisterEntry(
        registration=RegistrationBody(**fields),
        settings=facts.settings or {"id": facts.record.id},
    )


def _summary(facts: CameraFacts) -> dict[str, Any]:
    settings, record = facts.settings, facts.record
    zones = settings.get("zones")
    return {
        "id": record.id,
        "name": settings.get("name", ""),
        "place": settings.get("place", ""),
        "gb28181_id": settings.get("gb28181_id"),
        "organisation_path": facts.organisation.path,
        "registration": RegistrationView.model_validate(registration_of(record)),
        "zones": len(zones) if isinstance(zones, list) else 0,
        "version": facts.version.number if facts.version else None,
        "picture_at": facts.picture_at,
        "created_at": record.created_at,
        "retired_at": record.retired_at,
    }
