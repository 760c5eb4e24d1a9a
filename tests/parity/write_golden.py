"""Record what Ultralytics' post-processing answers, for test_ultralytics_nms.py.

    python -m tests.parity.write_golden

Needs torch, torchvision and ultralytics (the extra `train`). Writes ultralytics_nms.npz beside
this file.
"""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from tests.parity.test_ultralytics_nms import GOLDEN, RECORDED


def main() -> None:
    """Write the file and say what is in it."""
    arrays = {"ultralytics": np.array(version("ultralytics")), "torch": np.array(version("torch"))}
    for case in RECORDED:
        raw = case.raw()
        arrays |= {f"raw-{case.seed}": raw, f"kept-{case.seed}": case.theirs(raw)}
    np.savez_compressed(GOLDEN, **arrays)
    size = GOLDEN.stat().st_size
    print(f"{GOLDEN}: {size} bytes, {arrays['ultralytics']}")


if __name__ == "__main__":
    main()
