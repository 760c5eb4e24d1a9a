"""Train the street detector on a prepared folder.

    python -m models.train --prepared /tmp/prepared --weights path/to/yolo11n.pt --out /tmp/run
    python -m models.train --prepared /tmp/prepared --out /tmp/run --resume
    python -m models.train ... --start /tmp/run/last.pt --out /tmp/run2        # from another run
    python -m models.train ... --start models/shipped/street.onnx --out /tmp/run2  # from what ships

Each set labels its own classes only, so the loss is masked where nothing is known, and the initial
weights' own boxes stand in for people, vehicles and umbrellas (models.pseudo_label). Each epoch
draws a fixed number of pictures from each set. Writes OUT/last.pt after every epoch (weights,
their running average, optimiser: a run goes on where it was stopped), a copy after 1, 2, 4, ...
epochs as OUT/epoch-NN.pt, and OUT/progress.jsonl.
Runs on CUDA where there is one, else on the CPU in bf16. Needs torch and ultralytics.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch  # type: ignore[import-not-found,unused-ignore]
from torch import Tensor  # type: ignore[import-not-found,unused-ignore]

from models.label_sets import ROLES, LabelSetError
from models.network import (
    MaskedLoss,
    Network,
    WeightsError,
    load_checkpoint,
    read_checkpoint,
    settle_on_cpu,
    street_network,
)
from models.prepare import PrepareError, read_index
from models.reopen import network_of_onnx, unfold_norms
from models.samples import Known, Sample, draw_epoch, load_known, make_sample

WARM_UP_STEPS: Final = 100
LAST_RATE: Final = 0.05  # of the peak learning rate, at the end of the cosine
AVERAGE_DECAY: Final = 0.998  # of the running average of the weights
CLIP_NORM: Final = 10.0  # as in Ultralytics
CLOSE_MOSAIC: Final = 0.8  # share of the run after which mosaics become rare
NORM_PICTURES: Final = 128  # on which the norms of a network from ONNX are measured
REPORT_STEPS: Final = 25


@dataclass(frozen=True, kw_only=True)
class Course:
    """How long and how fast to train."""

    epochs: int
    size: int  # pixels of the square training picture
    batch: int
    rate: float  # peak learning rate of AdamW; the new last layer gets three times as much
    mosaic: float  # share of mosaics until they close
    scale_draws: float  # times the sets' own number of draws
    share: float  # of the real pictures that may be drawn
    roles: tuple[str, ...]  # of the sets that are drawn from
    freeze: int  # first layers that keep their weights: edges and colours need no new learning
    seed: int


def to_batch(samples: Sequence[Sample]) -> dict[str, Tensor]:
    """Stack samples into what the loss reads; boxes become cx cy w h fractions."""
    size = samples[0].image.shape[0]
    images = np.stack([s.image[..., ::-1].transpose(2, 0, 1) for s in samples])
    boxes = np.concatenate([s.boxes for s in samples]) / size
    centres, sides = (boxes[:, :2] + boxes[:, 2:]) / 2, boxes[:, 2:] - boxes[:, :2]
    owner = np.repeat(np.arange(len(samples)), [len(s.boxes) for s in samples])
    return {
        "img": torch.from_numpy(np.ascontiguousarray(images)),
        "bboxes": torch.from_numpy(np.hstack([centres, sides]).astype(np.float32)),
        "cls": torch.from_numpy(np.concatenate([s.classes for s in samples])[:, None]).float(),
        "batch_idx": torch.from_numpy(owner).float(),
        "mask": torch.from_numpy(np.stack([s.mask for s in samples])),
    }


def parameter_groups(network: Network, rate: float) -> list[dict[str, Any]]:
    """Weights with decay, biases and norms without, and the new last layer at a higher rate."""
    fresh = {id(p) for branch in network.model[-1].cv3 for p in branch[2].parameters()}
    decayed: list[Tensor] = []
    plain: list[Tensor] = []
    new: list[Tensor] = []
    for parameter in network.parameters():
        if not parameter.requires_grad:
            continue
        group = new if id(parameter) in fresh else decayed if parameter.ndim > 1 else plain
        group.append(parameter)
    return [
        {"params": decayed, "lr": rate, "weight_decay": 0.01},
        {"params": plain, "lr": rate, "weight_decay": 0.0},
        {"params": new, "lr": 3 * rate, "weight_decay": 0.0},
    ]


def rate_at(step: int, steps: int) -> float:
    """Factor on the peak rate: linear warm-up, then a cosine.

    >>> rate_at(0, 1000) < rate_at(100, 1000), round(rate_at(1000, 1000), 3)
    (True, 0.05)
    """
    warm = min(1.0, (step + 1) / WARM_UP_STEPS)
    wave = (1 + math.cos(math.pi * step / steps)) / 2
    return warm * (LAST_RATE + (1 - LAST_RATE) * wave)


class Trainer:
    """Everything that a run changes: network, running average, optimiser, position."""

    def __init__(self, network: Network, course: Course, device: str, *, bf16: bool) -> None:
        """Take a network that is ready to train."""
        self.network = network.to(device, memory_format=torch.channels_last).train()
        for parameter in self.network.parameters():
            parameter.requires_grad_(requires_grad=True)
        # The distribution layer is a constant ramp, not a weight.
        for layer in (*self.network.model[: course.freeze], self.network.model[-1].dfl):
            layer.eval()
            for parameter in layer.parameters():
                parameter.requires_grad_(requires_grad=False)
        self.average = deepcopy(self.network).eval()
        self.loss = MaskedLoss(self.network)
        self.optimiser = torch.optim.AdamW(parameter_groups(self.network, course.rate))
        self.peaks = [group["lr"] for group in self.optimiser.param_groups]
        self.course = course
        self.device = device
        self.bf16 = bf16
        self.epoch = 0
        self.step = 0

    def learn(self, batch: dict[str, Tensor], steps: int) -> list[float]:
        """One step; returns the box, class and distribution losses."""
        factor = rate_at(self.step, steps)
        for group, peak in zip(self.optimiser.param_groups, self.peaks, strict=True):
            group["lr"] = peak * factor
        batch = {k: v.to(self.device) for k, v in batch.items()}
        pixels = batch["img"].float().div_(255).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.bf16):
            output = self.network(pixels)
        output = {
            "boxes": output["boxes"].float(),
            "scores": output["scores"].float(),
            "feats": [f.float() for f in output["feats"]],
        }
        loss, parts = self.loss.loss(output, batch)
        self.optimiser.zero_grad(set_to_none=True)
        loss.sum().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), CLIP_NORM)
        self.optimiser.step()
        self.step += 1
        self._follow()
        return [float(v) for v in parts.values()]

    def _follow(self) -> None:
        """Move the running average towards the weights; young averages move faster."""
        decay = AVERAGE_DECAY * (1 - math.exp(-self.step / 300))
        current = self.network.state_dict()  # detached: no gradient flows
        for name, value in self.average.state_dict().items():
            if value.dtype.is_floating_point:
                value.mul_(decay).add_(current[name], alpha=1 - decay)
            else:
                value.copy_(current[name])

    def save(self, path: Path) -> None:
        """Write the whole state, in one move."""
        state = {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "epoch": self.epoch,
            "step": self.step,
            "course": vars(self.course),
        }
        torch.save(state, path.with_suffix(".partial"))
        path.with_suffix(".partial").replace(path)

    def restore(self, path: Path) -> None:
        """Go on from a saved state.

        Raises:
            WeightsError: It belongs to another course.
        """
        state = read_checkpoint(path)
        if state["course"] != vars(self.course):
            message = f"{path}: was trained with {state['course']}, not {vars(self.course)}"
            raise WeightsError(message)
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])  # moves it to the weights' device
        self.epoch, self.step = state["epoch"], state["step"]


def epoch_batches(
    pictures: Sequence[Known], course: Course, epoch: int
) -> Iterator[dict[str, Tensor]]:
    """Batches of an epoch, each made while the one before is learned."""
    late = epoch >= CLOSE_MOSAIC * course.epochs
    share = course.mosaic * (0.3 if late else 1.0)
    count = len(pictures) // course.batch

    def make(number: int) -> dict[str, Tensor]:
        rng = np.random.default_rng((course.seed, epoch, number))
        chosen = pictures[number * course.batch : (number + 1) * course.batch]
        return to_batch([make_sample(k, pictures, course.size, share, rng) for k in chosen])

    with ThreadPoolExecutor(max_workers=1) as pool:
        waiting = pool.submit(make, 0)
        for number in range(count):
            ready = waiting.result()
            if number + 1 < count:
                waiting = pool.submit(make, number + 1)
            yield ready


def train(trainer: Trainer, prepared: Path, out: Path) -> None:
    """Run the course to its end.

    Raises:
        PrepareError, LabelSetError: The folder is no prepared one, holds no training pictures, or a
            picture is broken.
    """
    course = trainer.course
    draws = {
        s["name"]: round(s["draws"] * course.scale_draws) for s in read_index(prepared)["sets"]
    }
    sets = load_known(prepared, in_memory=True, share=course.share, roles=course.roles)
    draws = {k: v for k, v in draws.items() if k in sets and sets[k][0]}
    steps = course.epochs * (sum(draws.values()) // course.batch)
    if not steps:
        message = (
            f"{prepared}: an epoch draws {sum(draws.values())} {' and '.join(course.roles)} "
            "pictures, fewer than one batch"
        )
        raise PrepareError(message)
    out.mkdir(parents=True, exist_ok=True)
    while trainer.epoch < course.epochs:
        start = time.monotonic()
        rng = np.random.default_rng((course.seed, trainer.epoch))
        pictures = draw_epoch(sets, draws, rng)
        parts: list[list[float]] = []
        for batch in epoch_batches(pictures, course, trainer.epoch):
            parts.append(trainer.learn(batch, steps))
            if len(parts) % REPORT_STEPS == 0:
                rate = len(parts) * course.batch / (time.monotonic() - start)
                box, kind, edge = np.mean(parts[-REPORT_STEPS:], axis=0)
                print(
                    f"epoch {trainer.epoch + 1}/{course.epochs} step {trainer.step}/{steps} "
                    f"box {box:.3f} class {kind:.3f} edge {edge:.3f} {rate:.1f} pictures/s",
                    flush=True,
                )
        trainer.epoch += 1
        trainer.save(out / "last.pt")
        if trainer.epoch & (trainer.epoch - 1) == 0 and trainer.epoch < course.epochs:
            shutil.copyfile(out / "last.pt", out / f"epoch-{trainer.epoch:02}.pt")
        line = {
            "epoch": trainer.epoch,
            "losses": [round(float(v), 4) for v in np.mean(parts, axis=0)],
            "seconds": round(time.monotonic() - start, 1),
            "pictures": len(parts) * course.batch,
        }
        with (out / "progress.jsonl").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(line) + "\n")
        print(json.dumps(line), flush=True)


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="models.train", description=__doc__.split("\n\n")[0])
    files = parser.add_argument_group("files")
    files.add_argument("--prepared", type=Path, required=True, help="folder made by prepare")
    files.add_argument("--out", type=Path, required=True, help="folder of the run")
    files.add_argument("--weights", type=Path, help="yolo11n_coco_rec_from_int8.pt")
    files.add_argument("--start", type=Path, help="last.pt of another run, or an ONNX file of ours")
    files.add_argument("--resume", action="store_true", help="go on with OUT/last.pt")
    course = parser.add_argument_group("course")
    course.add_argument("--epochs", type=int, default=6)
    course.add_argument("--size", type=int, default=416, help="pixels, a multiple of 32")
    course.add_argument("--batch", type=int, default=16)
    course.add_argument("--rate", type=float, default=6e-4, help="peak learning rate")
    course.add_argument("--mosaic", type=float, default=0.6, help="share of mosaics, 0..1")
    course.add_argument("--draws", type=float, default=1.0, help="factor on pictures an epoch")
    course.add_argument("--share", type=float, default=1.0, help="of the real pictures, 0..1")
    course.add_argument("--roles", nargs="+", choices=ROLES, default=ROLES, help="of the sets")
    course.add_argument("--freeze", type=int, default=3, help="first layers left as they are")
    course.add_argument("--seed", type=int, default=1)
    machine = parser.add_argument_group("machine")
    machine.add_argument("--threads", type=int, default=torch.get_num_threads(), help="CPU threads")
    machine.add_argument("--fp32", action="store_true", help="no bf16")
    options = parser.parse_args(arguments)
    if not (options.weights or options.start or options.resume):
        parser.error("give --weights, --start or --resume")
    return options


def first_network(options: argparse.Namespace, course: Course) -> Network:
    """The network that training begins or goes on with.

    Raises:
        WeightsError: A file is missing or holds another network.
        PrepareError, LabelSetError: The prepared folder cannot be used.
    """
    if options.resume:
        return load_checkpoint(options.out / "last.pt")
    if options.start is None:
        return street_network(options.weights)
    if options.start.suffix != ".onnx":
        return load_checkpoint(options.start)
    network = network_of_onnx(options.start)
    unfold_norms(network, first_pixels(options.prepared, course))
    return network


def first_pixels(prepared: Path, course: Course) -> Iterator[Tensor]:
    """Some batches of training pictures as the network gets them, to measure norms on.

    Raises:
        PrepareError, LabelSetError: See `train`.
    """
    sets = load_known(prepared, in_memory=False, share=course.share, roles=course.roles)
    rng = np.random.default_rng(course.seed)
    pool = [known for pictures, _ in sets.values() for known in pictures]
    count = min(NORM_PICTURES, len(pool)) // course.batch * course.batch
    if not count:
        message = f"{prepared}: holds {len(pool)} training pictures, fewer than one batch"
        raise PrepareError(message)
    chosen = [pool[int(i)] for i in rng.permutation(len(pool))[:count]]
    for batch in epoch_batches(chosen, course, 0):
        yield batch["img"].float().div_(255)


def main(arguments: Sequence[str] | None = None) -> int:
    """Command line."""
    options = parse(arguments)
    settle_on_cpu(options.threads)
    torch.manual_seed(options.seed)
    course = Course(
        epochs=options.epochs,
        size=options.size,
        batch=options.batch,
        rate=options.rate,
        mosaic=options.mosaic,
        scale_draws=options.draws,
        share=options.share,
        roles=tuple(role for role in ROLES if role in options.roles),
        freeze=options.freeze,
        seed=options.seed,
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    started = time.monotonic()
    try:
        network = first_network(options, course)
        trainer = Trainer(network, course, device, bf16=not options.fp32)
        if options.resume:
            trainer.restore(options.out / "last.pt")
        train(trainer, options.prepared, options.out)
    except (WeightsError, PrepareError, LabelSetError, OSError) as exc:
        print(f"train: {exc}", file=sys.stderr)
        return 1
    minutes = (time.monotonic() - started) / 60
    print(json.dumps({"ok": True, "run": str(options.out), "minutes": round(minutes, 1)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
