"""Model cards: the TOML beside an ONNX file that says what the network is and promises.

A network without its card, with other bytes or with another shape is refused before it runs,
because its boxes would be evidence of nothing.
"""

from __future__ import annotations

import hashlib
import math
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from pipeline.errors import ModelCardError, ModelHashError, SettingsError
from pipeline.settings import Settings, load_settings

Text = Annotated[str, Field(min_length=1)]
Share = Annotated[float, Field(ge=0.0, le=1.0)]


class FreeTable(BaseModel):
    """A table whose keys are the training script's own; kept for people and for audits."""

    model_config = ConfigDict(frozen=True, extra="allow")

    __pydantic_extra__: dict[str, Any] = Field(init=False)


class NetworkInput(Settings):
    """What the network wants to be fed."""

    name: Text
    width: Annotated[int, Field(gt=0)]  # px, the largest width fed; a multiple of `stride`
    height: Annotated[int, Field(gt=0)]  # px, the largest height fed; a multiple of `stride`
    stride: Annotated[int, Field(gt=0)]  # px per cell of the coarsest grid
    channels: Literal["RGB", "BGR"]  # order of the three planes
    range: tuple[float, float]  # values that 0 and 255 are mapped to
    pad: Annotated[int, Field(ge=0, le=255)]  # grey level of the letterbox's bars

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for name, size in (("width", self.width), ("height", self.height)):
            if size % self.stride:
                raise ValueError(
                    f"{name} {size} is not a multiple of the stride {self.stride};"
                    f" use {math.ceil(size / self.stride) * self.stride}"
                )
        low, high = self.range
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise ValueError(f"range must be two numbers, the lower first, got {[low, high]}")
        return self


class NetworkOutput(Settings):
    """What the network answers."""

    name: Text
    layout: Literal["cxcywh+scores", "probabilities", "logits"]


class NetworkClass(Settings):
    """One class, in the order of the network's scores."""

    name: Text
    threshold: Share | None = None  # score from which a detection counts; detectors only


class ModelCard(Settings):
    """What one ONNX file is: how to feed it, how to read it, where it came from.

    Raises:
        ValueError: (inside pydantic's ValidationError) class names repeat, or a key does not go
            with the task; `load_card` turns it into a ModelCardError.
    """

    format: Literal[1]
    name: Text
    version: Text
    task: Literal["detect", "classify"]
    file: Text  # of the ONNX file, in the card's own folder
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    created: date | AwareDatetime
    licence: Text
    input: NetworkInput
    output: NetworkOutput
    classes: Annotated[tuple[NetworkClass, ...], Field(min_length=1)]
    abstain_below: Share | None = None  # a classifier names no class below this probability
    training: FreeTable = FreeTable()
    data: tuple[FreeTable, ...] = ()
    metrics: tuple[FreeTable, ...] = ()

    @field_validator("file")
    @classmethod
    def _beside_the_card(cls, value: str) -> str:
        if Path(value).name != value:
            raise ValueError("must be the name of a file in the card's folder, without a path")
        return value

    @field_validator("classes")
    @classmethod
    def _names_differ(cls, value: tuple[NetworkClass, ...]) -> tuple[NetworkClass, ...]:
        names = [entry.name for entry in value]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"class names must differ, repeated: {', '.join(repeated)}")
        return value

    @model_validator(mode="after")
    def _fits_its_task(self) -> Self:
        detects = self.task == "detect"
        if detects != (self.output.layout == "cxcywh+scores"):
            raise ValueError(f"output.layout {self.output.layout!r} does not go with {self.task!r}")
        for entry in self.classes:
            if detects != (entry.threshold is not None):
                raise ValueError(
                    f"class {entry.name!r} needs a threshold"
                    if detects
                    else f"class {entry.name!r} has a threshold, which only a detector's class has"
                )
        if detects and self.abstain_below is not None:
            raise ValueError("abstain_below goes with a classifier only; remove it")
        return self

    @property
    def class_names(self) -> tuple[str, ...]:
        """The classes, in the order of the network's scores."""
        return tuple(entry.name for entry in self.classes)

    @property
    def thresholds(self) -> dict[str, float]:
        """Score in [0, 1] from which a detection of each class counts; empty for a classifier."""
        return {e.name: e.threshold for e in self.classes if e.threshold is not None}


def load_card(path: Path, *, task: Literal["detect", "classify"]) -> ModelCard:
    """Read a model card and check that it is one for the task.

    Raises:
        ModelCardError: The card is missing, is wrong (the message names file, line and key), or is
            that of a network for another task.
    """
    try:
        card = load_settings(path, ModelCard)
    except SettingsError as error:
        raise ModelCardError(
            f"{error}\nA network runs only with its card: the TOML file that the training script"
            " writes beside the ONNX file. Give the card's path, or export the network again."
        ) from error
    if card.task != task:
        raise ModelCardError(f"{path}: the network is there to {card.task}, not to {task}")
    return card


def read_network(card: ModelCard, path: Path) -> bytes:
    """The bytes of the ONNX file that the card at `path` describes, checked against its hash.

    The bytes that were hashed are the bytes that run: nobody can swap the file in between.

    Raises:
        ModelCardError: The file cannot be read.
        ModelHashError: The bytes are not those the card describes.
    """
    file = path.parent / card.file
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ModelCardError(
            f"{file}: cannot be read: {error.strerror}; the card {path} says that the network is"
            " there. Put the file beside its card, or correct `file` in the card."
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != card.sha256:
        raise ModelHashError(
            f"{file}: is not the network that {path} describes: sha256 {found}, the card says"
            f" {card.sha256}. Copy both files again from the same release; after a new training let"
            " the export write the card."
        )
    return content
