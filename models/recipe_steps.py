"""The steps of the training recipe: which script runs when, on what, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from models.evaluate import SHIPPED
from models.prepare import INDEX, PSEUDO

if TYPE_CHECKING:
    from collections.abc import Iterator

WEIGHTS: Final = Path("weights") / "yolo11n_coco_rec_from_int8.pt"  # in the data pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One script with its arguments."""

    name: str
    command: tuple[str, ...]  # the script's name under models, and its arguments
    makes: Path  # what is there when it is done
    goes_on: bool = False  # whether --resume lets it go on with what it has made so far
    may_differ: bool = False  # whether exit code 1 is an answer and no failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One run of `models.train`."""

    course: tuple[str, ...]  # its arguments
    after: int = 0  # number of the leg that it goes on from; 0: begins with the initial weights
    averaged: bool = True  # whether its weights are part of the mean


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """How much of everything."""

    rendered: tuple[str, ...]  # of `models.street.pictures`
    composites: int
    legs: tuple[Leg, ...]  # a mean gains where they learn from different mixtures (LOG.md, 24)
    load_epochs: int  # of the load state classifier
    patches: tuple[str, ...]  # of `models.patch_kind`
    search: tuple[str, ...]  # of `models.quantize`


WITHOUT_COMPOSITES: Final = ("--roles", "real", "rendered")
WHOLE: Final = Sizes(
    rendered=("--count", "720", "--seed", "21"),
    composites=900,
    legs=(
        Leg(
            course=("--roles", "real", "--epochs", "3", "--rate", "6e-4", "--seed", "1"),
            averaged=False,
        ),
        Leg(
            course=(*WITHOUT_COMPOSITES, "--epochs", "3", "--rate", "6e-4", "--seed", "2"), after=1
        ),
        Leg(
            course=(*WITHOUT_COMPOSITES, "--epochs", "6", "--rate", "5e-4", "--seed", "3"), after=2
        ),
        Leg(course=("--epochs", "3", "--rate", "5e-4", "--seed", "4"), after=3),
        Leg(course=(*WITHOUT_COMPOSITES, "--epochs", "16", "--rate", "8e-4", "--seed", "1")),
    ),
    load_epochs=40,
    patches=(),
    search=(),
)
TINY: Final = (
    "--epochs",
    "1",
    "--draws",
    "0.03",
    "--size",
    "256",
    "--batch",
    "8",
    "--threads",
    "1",
)
SMALL: Final = Sizes(
    # Few pictures of which both halves show every load state: found by trying seeds.
    rendered=("--count", "72", "--seed", "38"),
    composites=8,
    legs=(
        Leg(course=(*TINY, *WITHOUT_COMPOSITES, "--seed", "1")),
        Leg(course=(*TINY, "--seed", "2"), after=1),
    ),
    load_epochs=1,
    patches=("--epochs", "1", "--draws", "64"),
    search=("--per-set", "1", "--float"),
)


class Plan:
    """The steps of one run.

    Args:
        out: The run's folder.
        data: The data pack; none: rendered pictures alone.
        sizes: How much of everything.
    """

    def __init__(self, out: Path, data: Path | None, sizes: Sizes) -> None:
        self._out, self._data, self._sizes = out, data, sizes
        self._rendered, self._prepared = out / "rendered", out / "prepared"
        self._composites, self._new = out / "composites", out / "new"
        self._checkpoint = out / "average.pt"
        self._card = self._new / "street.toml"
        self._real = ("--data", str(data)) if data else ()
        self._pictures = (*self._real, "--rendered", str(self._rendered))
        self._weights = ("--weights", str(data / WEIGHTS)) if data else ()

    def steps(self) -> list[Step]:
        """All of them, in order."""
        return [
            *self._made(),
            *self._detector(),
            *self._load_state(),
            *self._patch_kind(),
            *self._compared(),
        ]

    def _made(self) -> Iterator[Step]:
        """Pictures, brought to one class map."""
        yield Step(
            name="render",
            command=("street.pictures", *self._sizes.rendered, "--out", str(self._rendered)),
            makes=self._rendered / "classes.txt",
        )
        composites: tuple[str, ...] = ()
        if self._data:
            composites = ("--composites", str(self._composites))
            count = ("--count", str(self._sizes.composites), "--seed", "1")
            yield Step(
                name="synthesize",
                command=("synthesize", *self._real, *count, "--out", str(self._composites)),
                makes=self._composites / "recipe.json",
            )
        yield Step(
            name="prepare",
            command=("prepare", *self._pictures, *composites, "--out", str(self._prepared)),
            makes=self._prepared / INDEX,
        )
        if self._data:
            yield Step(
                name="pseudo_label",
                command=("pseudo_label", "--prepared", str(self._prepared), *self._weights),
                makes=self._prepared / PSEUDO,
            )

    def _detector(self) -> Iterator[Step]:
        """The street detector with its card."""
        prepared = ("--prepared", str(self._prepared))
        shipped = ("--start", str(SHIPPED.with_suffix(".onnx")))
        ends: list[Path] = []
        for number, leg in enumerate(self._sizes.legs, start=1):
            run = self._out / f"run-{number}"
            ends.append(run / "last.pt")
            start = ("--start", str(ends[leg.after - 1])) if leg.after else self._weights or shipped
            yield Step(
                name=f"train {number}",
                command=("train", *prepared, *start, *leg.course, "--out", str(run)),
                makes=ends[-1],
                goes_on=True,
            )
        parts = [str(e) for e, leg in zip(ends, self._sizes.legs, strict=True) if leg.averaged]
        yield Step(
            name="average",
            command=("average", "--checkpoints", *parts, "--out", str(self._checkpoint)),
            makes=self._checkpoint,
        )
        checkpoint = ("--checkpoint", str(self._checkpoint))
        yield Step(
            name="export",
            command=("export", *checkpoint, *prepared, "--out", str(self._new)),
            makes=self._card,
        )
        card = ("--card", str(self._card))
        yield Step(
            name="evaluate",
            command=("evaluate", *self._pictures, *card, "--choose-thresholds"),
            makes=self._card,
        )

    def _load_state(self) -> Iterator[Step]:
        """The load state classifier with its card."""
        checkpoint = ("--checkpoint", str(self._checkpoint))
        course = ("--epochs", str(self._sizes.load_epochs), "--out", str(self._new))
        card = self._new / "load_state.toml"
        yield Step(
            name="load_state",
            command=("load_state", *self._pictures, *checkpoint, *course),
            makes=card,
        )
        measured = (*self._pictures, "--card", str(card), "--choose-abstention")
        yield Step(
            name="evaluate_load_state", command=("evaluate_load_state", *measured), makes=card
        )

    def _patch_kind(self) -> Iterator[Step]:
        """The patch classifier with its card."""
        checkpoint = ("--checkpoint", str(self._checkpoint))
        course = (*self._sizes.patches, "--out", str(self._new))
        card = self._new / "patch_kind.toml"
        yield Step(
            name="patch_kind",
            command=("patch_kind", *self._pictures, *checkpoint, *course),
            makes=card,
        )
        measured = (*self._pictures, "--card", str(card), "--write")
        yield Step(
            name="evaluate_patch_kind", command=("evaluate_patch_kind", *measured), makes=card
        )

    def _compared(self) -> Iterator[Step]:
        """The fast variant, and whether the new detector may replace the shipped one."""
        card = ("--card", str(self._card))
        if self._data:
            made = (*card, "--out", str(self._new), *self._sizes.search)
            yield Step(
                name="quantize",
                command=("quantize", *self._real, *made),
                makes=self._card,
                may_differ=True,
            )
        yield Step(
            name="against",
            command=("evaluate", *self._pictures, *card, "--against", str(SHIPPED)),
            makes=self._card,
            may_differ=True,
        )
