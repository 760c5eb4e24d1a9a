"""ONNX Runtime sessions: the one place that makes them, by setting."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime  # type: ignore[import-untyped]
from onnxruntime.capi import (  # type: ignore[import-untyped]
    onnxruntime_pybind11_state as ort_errors,
)

from pipeline.errors import ModelError, ModelShapeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pipeline.detection.card import ModelCard

# Setting -> ONNX Runtime's name. Which of them exist depends on the onnxruntime package installed.
PROVIDERS = {
    "cpu": "CPUExecutionProvider",
    "openvino": "OpenVINOExecutionProvider",
    "cuda": "CUDAExecutionProvider",
    "tensorrt": "TensorrtExecutionProvider",
    "migraphx": "MIGraphXExecutionProvider",
    "coreml": "CoreMLExecutionProvider",
    "directml": "DmlExecutionProvider",
    "qnn": "QNNExecutionProvider",
    "cann": "CANNExecutionProvider",
    "xnnpack": "XnnpackExecutionProvider",
}
# Providers that run on the CPU's cores too, but take their thread limit by an option of their own.
_THREAD_OPTIONS = {"openvino": "num_of_threads"}
_LOG_ERRORS_ONLY = 3  # ONNX Runtime's severity: 0 verbose, 1 info, 2 warning, 3 error, 4 fatal
_BATCH_SHAPE_LENGTH = 4  # batch, channel, row, column

# ONNX Runtime raises classes without a common base below Exception; these are all that loading
# and running a network were seen or documented to raise.
RUNTIME_ERRORS: tuple[type[Exception], ...] = (
    ort_errors.EPFail,
    ort_errors.EngineError,
    ort_errors.Fail,
    ort_errors.InvalidArgument,
    ort_errors.InvalidGraph,
    ort_errors.InvalidProtobuf,
    ort_errors.NotImplemented,
    ort_errors.RuntimeException,
    RuntimeError,
    ValueError,  # an unknown option of an execution provider, a missing input
)


class NetworkSession:
    """One network, loaded, checked against its card and ready to run.

    Running is stateless and safe from several threads at once.

    Args:
        card: What the network promises.
        content: The ONNX file's bytes.
        provider: A key of `PROVIDERS`.
        threads: Threads one run may use, at least 1.

    Raises:
        ModelError: The provider is unknown or not available, or the network cannot be loaded.
        ModelShapeError: Inputs or outputs are not those that the card promises.
    """

    def __init__(self, card: ModelCard, content: bytes, *, provider: str, threads: int) -> None:
        self.card = card
        self._session = _open(content, card, provider, threads)
        self.fixed_size = self._check_input()
        self._check_outputs()

    def run(self, blob: NDArray[np.float32]) -> NDArray[np.float32]:
        """The network's answer.

        Args:
            blob: 1 x 3 x height x width, as `letterbox.to_blob` makes it.

        Returns:
            1 x (4 + classes) x anchors for a detector, 1 x classes for a classifier.

        Raises:
            ModelError: The runtime failed.
            ModelShapeError: The answer has another shape than the card promises.
        """
        try:
            (answer,) = self._session.run([self.card.output.name], {self.card.input.name: blob})
        except RUNTIME_ERRORS as error:
            raise ModelError(
                f"{self.card.file}: failed on an input of shape {blob.shape}: {error}"
            ) from error
        self._check_answer(answer.shape)
        return np.asarray(answer, np.float32)

    def _check_input(self) -> tuple[int, int] | None:
        """The (width, height) that the network is fixed to, or None if it takes any."""
        card, inputs = self.card, self._session.get_inputs()
        names = [entry.name for entry in inputs]
        if names != [card.input.name]:
            raise ModelShapeError(
                f"{card.file}: the card promises one input {card.input.name!r},"
                f" the network has {_listed(names)}. {_ADVICE}"
            )
        shape, kind = inputs[0].shape, inputs[0].type
        expected = (1, 3, card.input.height, card.input.width)
        fits = len(shape) == _BATCH_SHAPE_LENGTH and all(
            not isinstance(got, int) or got == want
            for got, want in zip(shape, expected, strict=True)
        )
        if not fits or kind != "tensor(float)":
            raise ModelShapeError(
                f"{card.file}: input {names[0]!r} should be tensor(float) {list(expected)}"
                f" as the card says, but is {kind} {shape}. {_ADVICE}"
            )
        fixed = isinstance(shape[2], int) or isinstance(shape[3], int)
        return (card.input.width, card.input.height) if fixed else None

    def _check_outputs(self) -> None:
        names = [entry.name for entry in self._session.get_outputs()]
        if self.card.output.name not in names:
            raise ModelShapeError(
                f"{self.card.file}: the card promises an output {self.card.output.name!r},"
                f" the network has {_listed(names)}. {_ADVICE}"
            )
        # Exporters leave output sizes open or wrong, so one run on a blank picture is the proof. It
        # also moves the runtime's slow first run from the first camera frame to the start.
        self.run(np.zeros((1, 3, self.card.input.height, self.card.input.width), np.float32))

    def _check_answer(self, shape: Sequence[int]) -> None:
        count = len(self.card.classes)
        if self.card.task == "detect":
            fits = len(shape) == 3 and shape[:2] == (1, 4 + count)  # noqa: PLR2004 - see promised
            promised = f"[1, 4 + {count} classes, anchors]"
        else:
            fits = tuple(shape) == (1, count)
            promised = f"[1, {count} classes]"
        if not fits:
            raise ModelShapeError(
                f"{self.card.file}: output {self.card.output.name!r} should be {promised}"
                f" as the card says, but is {list(shape)}. {_ADVICE}"
            )


_ADVICE = "Use the card that was written with this network, or export the network again."


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names) or "none"


def provider_name(provider: str) -> str:
    """ONNX Runtime's name of an execution provider that is available here.

    Raises:
        ModelError: There is no such provider, or the installed runtime does not have it.

    >>> provider_name("cpu")
    'CPUExecutionProvider'
    """
    available = onnxruntime.get_available_providers()
    here = ", ".join(key for key, name in PROVIDERS.items() if name in available)
    if provider not in PROVIDERS:
        raise ModelError(
            f"unknown execution provider {provider!r}; known: {', '.join(PROVIDERS)};"
            f" available here: {here}"
        )
    if PROVIDERS[provider] not in available:
        raise ModelError(
            f"execution provider {provider!r} is not in the installed onnxruntime; available here:"
            f" {here}. Install the onnxruntime package that has it (for example"
            " onnxruntime-openvino or onnxruntime-gpu in place of onnxruntime), or set one of these"
        )
    return PROVIDERS[provider]


def _open(content: bytes, card: ModelCard, provider: str, threads: int) -> Any:  # noqa: ANN401 - onnxruntime ships no types
    name = provider_name(provider)
    if threads < 1:
        raise ModelError(f"a network needs at least 1 thread, got {threads}")
    # A box in the street reports to its own centre and nobody else.
    onnxruntime.disable_telemetry_events()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1  # the networks are chains; nothing runs side by side
    options.log_severity_level = _LOG_ERRORS_ONLY
    # Idle workers sleep instead of spinning: the cores are shared with decoding many cameras.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    own = {_THREAD_OPTIONS[provider]: str(threads)} if provider in _THREAD_OPTIONS else {}
    try:
        session = onnxruntime.InferenceSession(content, options, providers=[(name, own)])
    except RUNTIME_ERRORS as error:
        raise ModelError(f"{card.file}: cannot be loaded by {name}: {error}") from error
    if name not in session.get_providers():  # its library failed to load and the CPU took over
        raise ModelError(
            f"{card.file}: {name} could not start and the CPU would have run instead; install what"
            f" the provider needs (see the log), or set the provider to 'cpu'"
        )
    return session
