"""Who the box is to its centre: enrolment by a one-time code, and the token's file."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from pydantic import SecretStr, ValidationError

from edge.errors import NotEnrolled
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.durable import sync_folder
from pipeline.exchange import Enrolled, Enrolment

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline.evidence.signing import SigningKey

MAX_FILE_BYTES = 16 * 1024  # token and code have some fifty characters


def enrolment(code: SecretStr, *, box_id: str, key: SigningKey, software: str) -> Enrolment:
    """The message with which a box enrols, with the proof that it holds its key."""
    public_key = key.public_bytes.hex()
    said = {"box_id": box_id, "code": code.get_secret_value(), "public_key": public_key}
    return Enrolment(
        code=code,
        box_id=box_id,
        public_key=public_key,
        proof=key.sign(canonical_json(said)).signature,
        software=software,
    )


def read_code(path: Path) -> SecretStr:
    """The one-time code in a file.

    Raises:
        NotEnrolled: It cannot be read, or is empty.
    """
    try:
        with path.open("rb") as file:
            code = file.read(MAX_FILE_BYTES).decode(errors="replace").strip()
    except OSError as error:
        raise NotEnrolled(
            f"{path}: the enrolment code cannot be read: {error.strerror}; put the one-time code"
            " of the centre there, or run: python -m edge enrol"
        ) from error
    if not code:
        raise NotEnrolled(f"{path}: holds no enrolment code; ask the centre for a new one")
    return SecretStr(code)


def save_token(path: Path, enrolled: Enrolled) -> None:
    """Write the token where only this box's user can read it; whole or not at all.

    Raises:
        NotEnrolled: It cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        partial.unlink(missing_ok=True)  # of an attempt that was killed, maybe with other rights
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(enrolled.model_dump_json().encode())
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise NotEnrolled(f"{path}: the token cannot be written: {error.strerror}") from error


def load_token(path: Path, *, box_id: str) -> SecretStr | None:
    """The token in its file; none: this box has not enrolled.

    Raises:
        NotEnrolled: The file cannot be read, others may read it, it is damaged, or it belongs to
            another box.
    """
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(MAX_FILE_BYTES)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise NotEnrolled(f"{path}: cannot be read: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise NotEnrolled(
            f"{path}: others than its owner may use this token (mode {mode & 0o777:o}); run"
            " chmod 600 on it, and enrol anew if somebody may have read it"
        )
    try:
        enrolled = Enrolled.model_validate_json(content)
    except ValidationError:
        # `from None`: pydantic quotes what it could not read, which may be the token.
        raise NotEnrolled(f"{path}: is damaged; remove it and enrol anew") from None
    if enrolled.box_id != box_id:
        raise NotEnrolled(
            f"{path}: belongs to box {enrolled.box_id!r}, this one is {box_id!r}; set the right id,"
            " or remove the file and enrol anew"
        )
    return enrolled.token
