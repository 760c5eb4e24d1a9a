"""The offline verifier as a command: python -m pipeline.evidence.verify BUNDLE.

Exit codes: 0 everything holds, 1 something does not, 2 the command line cannot be used.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import SettingsError, SigningKeyError
from pipeline.evidence.continuity import verify_chain
from pipeline.evidence.signing import key_id_of_file
from pipeline.evidence.timestamp import read_roots
from pipeline.evidence.verification import verify_bundle

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.evidence.report import Report

EXIT_HOLDS = 0
EXIT_FAILS = 1
EXIT_USAGE = 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify what the command line names, print the report, return the exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A console that lacks a character of a camera's name must not end in a traceback.
        sys.stdout.reconfigure(errors="backslashreplace")
    options = _parser().parse_args(arguments)
    trusted = set(options.key_id)
    try:
        trusted |= {key_id_of_file(path) for path in options.public_key}
        roots = [root for path in options.timestamp_ca for root in read_roots(path)]
    except (SigningKeyError, SettingsError) as error:
        sys.stderr.write(f"{error}\n")
        return EXIT_USAGE
    report: Report
    if options.chain:
        report = verify_chain(options.bundle, trusted_key_ids=trusted)
    else:
        report = verify_bundle(
            options.bundle,
            trusted_key_ids=trusted,
            previous=options.previous,
            timestamp_roots=roots,
        )
    lines = [json.dumps(report.as_json())] if options.json else report.lines()
    sys.stdout.write("\n".join(lines) + "\n")
    return EXIT_HOLDS if report.ok else EXIT_FAILS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.evidence.verify",
        description="Verify an evidence bundle offline; say what holds and what does not.",
    )
    parser.add_argument("bundle", type=Path, help="the bundle's folder or .zip")
    parser.add_argument(
        "--public-key",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="PEM file with the box's public key, from its registration (may be repeated)",
    )
    parser.add_argument(
        "--key-id",
        type=_key_id,
        action="append",
        default=[],
        metavar="HEX",
        help="SHA-256 of that key, 64 hexadecimal digits (may be repeated)",
    )
    parser.add_argument(
        "--timestamp-ca",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="PEM file with certificates of trusted time-stamp authorities (may be repeated)",
    )
    parser.add_argument(
        "--previous", type=Path, metavar="BUNDLE", help="the box's bundle before this one"
    )
    parser.add_argument(
        "--chain",
        action="store_true",
        help="BUNDLE is a folder of bundles: check that no number is missing or used twice",
    )
    parser.add_argument("--json", action="store_true", help="print the report as one JSON object")
    return parser


def _key_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("a key id has 64 hexadecimal digits")
    return text.lower()


if __name__ == "__main__":
    sys.exit(main())
