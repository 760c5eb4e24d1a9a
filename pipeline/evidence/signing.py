"""Ed25519 signatures of manifests, the box's key file, and the identity of a key.

The signature covers the bytes of manifest.json as they stand, so that any Ed25519 tool can check
it. The file beside it carries only what a verifier needs besides those bytes.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)
from pydantic import Field

from pipeline.candidate import Sha256, WireModel
from pipeline.errors import SigningKeyError
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.durable import sync_folder

if TYPE_CHECKING:
    from typing import Self

OTHERS_MASK = stat.S_IRWXG | stat.S_IRWXO
MAX_KEY_FILE_BYTES = 16 * 1024  # an Ed25519 key in PEM has 119; this stops a wrong file early


class SignatureRecord(WireModel):
    """The content of manifest.sig.json, written as canonical JSON.

    `manifest_sha256` proves nothing by itself; it tells a damaged manifest from a damaged
    signature, so that the verifier names the right file.
    """

    format: Literal[1]
    algorithm: Literal["Ed25519"]
    key_id: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # SHA-256 of the raw public key
    public_key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]  # 32 raw bytes
    signature: Annotated[str, Field(pattern=r"^[0-9a-f]{128}$")]  # 64 bytes, RFC 8032
    manifest_sha256: Sha256

    def canonical_bytes(self) -> bytes:
        """The bytes of manifest.sig.json."""
        return canonical_json(self.model_dump(mode="json"))

    def holds_for(self, manifest: bytes) -> bool:
        """Whether the key in this record signed these bytes."""
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public_key))
        try:
            key.verify(bytes.fromhex(self.signature), manifest)
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A box's private key. Its representation shows the key id only."""

    __slots__ = ("_private", "key_id", "public_bytes")

    def __init__(self, private: Ed25519PrivateKey) -> None:
        self._private = private
        self.public_bytes = private.public_key().public_bytes_raw()  # 32 bytes
        self.key_id = key_id_of(self.public_bytes)

    def __repr__(self) -> str:
        """Name the key without its secret."""
        return f"SigningKey({self.key_id})"

    @classmethod
    def generate(cls) -> Self:
        """A new key that lives in memory only."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The key in a file; where there is no file, a new key is written first.

        Of two processes that create the same file at once, one wins and both return its key.

        Raises:
            SigningKeyError: The file cannot be read or written, others than its owner may read it,
                or it holds no unencrypted Ed25519 key in PEM.
        """
        if not path.exists():
            _create_key_file(path)
        return cls.load(path)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key in a PEM file (PKCS #8) that nobody but its owner may read.

        Raises:
            SigningKeyError: As `load_or_create`.
        """
        pem = _read_private_file(path)
        try:
            private = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise SigningKeyError(
                f"{path}: holds no unencrypted private key in PEM; restore it from its backup or"
                " move it away to have a new key made"
            ) from error
        if not isinstance(private, Ed25519PrivateKey):
            raise SigningKeyError(f"{path}: holds another kind of key; an Ed25519 key is needed")
        return cls(private)

    def sign(self, manifest: bytes) -> SignatureRecord:
        """Sign the bytes of manifest.json."""
        return SignatureRecord(
            format=1,
            algorithm="Ed25519",
            key_id=self.key_id,
            public_key=self.public_bytes.hex(),
            signature=self._private.sign(manifest).hex(),
            manifest_sha256=hashlib.sha256(manifest).hexdigest(),
        )

    def public_pem(self) -> bytes:
        """The public key in PEM, to be handed to whoever verifies."""
        return self._private.public_key().public_bytes(
            Encoding.PEM, PublicFormat.SubjectPublicKeyInfo
        )


def key_id_of(public_bytes: bytes) -> str:
    """The identity of a key: SHA-256 of its 32 raw public bytes, in hexadecimal."""
    return hashlib.sha256(public_bytes).hexdigest()


def key_id_of_file(path: Path) -> str:
    """The identity of the Ed25519 public key in a PEM file.

    Raises:
        SigningKeyError: The file cannot be read or holds no such key.
    """
    try:
        with path.open("rb") as file:
            key = load_pem_public_key(file.read(MAX_KEY_FILE_BYTES))
    except OSError as error:
        raise SigningKeyError(f"{path}: cannot be read: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise SigningKeyError(f"{path}: holds no public key in PEM") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SigningKeyError(f"{path}: holds another kind of key; an Ed25519 key is needed")
    return key_id_of(key.public_bytes_raw())


def _create_key_file(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # mkstemp makes the file for its owner only and under a name of its own.
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        partial = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(partial, path)  # unlike a rename, never replaces a key that is there
        except FileExistsError:
            pass  # another process was first: its key counts
        finally:
            partial.unlink()
        sync_folder(path.parent)
    except OSError as error:
        raise SigningKeyError(f"{path}: cannot be written: {error.strerror}") from error


def _read_private_file(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # never hangs on a named pipe
        with os.fdopen(descriptor, "rb") as file:
            # Asked of the open file: a name can be pointed elsewhere between check and use.
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise SigningKeyError(f"{path}: is not a regular file")
            if mode & OTHERS_MASK:
                raise SigningKeyError(
                    f"{path}: others than its owner may use this key (mode {mode & 0o777:o});"
                    " run chmod 600 on it, and have a new key made if somebody may have read it"
                )
            return file.read(MAX_KEY_FILE_BYTES)
    except OSError as error:
        raise SigningKeyError(f"{path}: cannot be read: {error.strerror}") from error
