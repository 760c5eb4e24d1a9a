"""Looking: the pipeline's own detector run over labelled pictures, once for all figures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from tqdm import tqdm

from models.label_sets import LabelSet, Picture, Split, blot_out, read_picture, read_set
from models.metrics import PictureBoxes
from pipeline.change.light import LightMeter
from pipeline.change.results import Light
from pipeline.detection.detector import Detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

FLOOR: Final = 0.01  # score from which boxes enter the precision-recall curve
RENDERED: Final = "rendered"
SHOWN_FAULTS: Final = 10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """A picture's labels and what the detector found, in pixels of the picture."""

    path: Path
    scale: float  # pixels of the network's input per pixel of the picture
    light: Light  # as the runtime judges it, by the picture's brightness
    labels: NDArray[np.float32]  # (M, 5) class, x1, y1, x2, y2
    regions: NDArray[np.float32]  # (K, 4) where nothing is known
    boxes: NDArray[np.float32]  # (N, 4), best first
    scores: NDArray[np.float32]  # (N,)
    classes: NDArray[np.int64]  # (N,)

    def of(self, kind: int) -> PictureBoxes:
        """One class, in pixels of the network's input: sizes are those that the network sees."""
        mine = self.classes == kind
        return PictureBoxes(
            detections=self.boxes[mine] * np.float32(self.scale),
            scores=self.scores[mine],
            labels=self.labels[self.labels[:, 0] == kind, 1:] * np.float32(self.scale),
            regions=self.regions * np.float32(self.scale),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeenSet:
    """One set of pictures after looking."""

    labels: LabelSet
    pictures: tuple[Seen, ...]

    @property
    def source(self) -> str:
        """How the set is named in figures: its role and its name, or `rendered` for the street."""
        name, role = self.labels.name, self.labels.role
        return role if role == name else f"{role}:{name}"

    @property
    def is_real(self) -> bool:
        """Whether its pictures are photographs; figures on others are kept apart."""
        return self.labels.role == "real"

    @property
    def judged(self) -> frozenset[int]:
        """Classes that the set labels well enough to judge boxes by."""
        return self.labels.complete | self.labels.filled

    @property
    def known(self) -> frozenset[int]:
        """Classes of which a box without a label is a false alarm here."""
        return self.judged | self.labels.absent


def look(detector: Detector, picture: Picture) -> Seen:
    """Run the detector on one labelled picture, its ignored regions greyed out.

    Raises:
        LabelSetError: The picture cannot be read.
        ModelError: The network failed.
    """
    image = read_picture(picture.path)
    blot_out(image, picture.ignore)
    found = detector.detect_image(image)
    height, width = image.shape[:2]
    size = np.array([width, height] * 2, dtype=np.float32)
    labels = picture.labels.copy()
    labels[:, 1:] *= size
    network = detector.card.input
    return Seen(
        path=picture.path,
        scale=min(network.width / width, network.height / height),
        light=LightMeter(hold_seconds=0).update(image, 0),
        labels=labels,
        regions=picture.ignore * size,
        boxes=found.boxes,
        scores=found.scores,
        classes=found.class_ids,
    )


def read_sets(
    sets: Iterable[LabelSet], data: Path | None, rendered: Path | None, split: Split = "val"
) -> list[tuple[LabelSet, list[Picture]]]:
    """The pictures of one split of every set that is there; none is opened yet.

    Args:
        sets: Descriptions of sets.
        data: The data pack; None leaves out the real sets.
        rendered: Folder of rendered pictures; None leaves them out.
        split: Which pictures.

    Raises:
        ValueError: A file is missing or wrong; the message lists files and reasons.
    """
    result, faults = [], []
    for labels in sets:
        base = rendered if labels.role == RENDERED else data
        if base is not None:
            root = base / labels.folder
            pictures, wrong = read_set(labels, root, split)
            result.append((labels, pictures))
            faults += wrong
    if faults:
        more = [f"... and {len(faults) - SHOWN_FAULTS} more"] if len(faults) > SHOWN_FAULTS else []
        raise ValueError("\n".join([*faults[:SHOWN_FAULTS], *more]))
    return result


def look_at_all(
    detector: Detector,
    sets: Sequence[tuple[LabelSet, Sequence[Picture]]],
) -> list[SeenSet]:
    """Look at every picture, with a progress bar on standard error."""
    result = []
    with tqdm(total=sum(len(p) for _, p in sets), unit=" pictures", mininterval=1) as bar:
        for labels, pictures in sets:
            bar.set_description(labels.name)
            seen = []
            for picture in pictures:
                seen.append(look(detector, picture))
                bar.update()
            result.append(SeenSet(labels=labels, pictures=tuple(seen)))
    return result
