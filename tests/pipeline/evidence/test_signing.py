"""Keys are kept from others, and a signature holds for its bytes only."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import SigningKeyError
from pipeline.evidence.signing import SigningKey, key_id_of, key_id_of_file

SHARED = SigningKey.generate()


@given(st.binary(max_size=200), st.integers(0, 10_000))
@settings(deadline=None)
def test_a_signature_holds_for_its_bytes_only(content, place):
    """Signed bytes verify; one bit of difference does not."""
    record = SHARED.sign(content)
    assert record.holds_for(content)
    changed = bytearray(content + b"\0")
    changed[place % len(changed)] ^= 1
    assert not record.holds_for(bytes(changed))


def test_the_key_file_is_made_once(tmp_path):
    """The second call finds the first call's key, readable by its owner only."""
    path = tmp_path / "keys" / "box.pem"
    first = SigningKey.load_or_create(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN PRIVATE KEY-----")
    assert SigningKey.load_or_create(path).key_id == first.key_id
    assert [p.name for p in path.parent.iterdir()] == ["box.pem"]


def test_makers_of_one_key_file_agree(tmp_path):
    """Eight that start at once all end with the one key that is on disk."""
    path = tmp_path / "box.pem"
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(SigningKey.load_or_create, [path] * 8))
    assert {key.key_id for key in keys} == {SigningKey.load(path).key_id}
    assert [p.name for p in tmp_path.iterdir()] == ["box.pem"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_key_that_others_can_read_is_refused(tmp_path, mode):
    """The message says what to do about it."""
    path = tmp_path / "box.pem"
    SigningKey.load_or_create(path)
    path.chmod(mode)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        SigningKey.load_or_create(path)


def test_other_files_are_no_keys(tmp_path):
    """Text, other kinds of key, encrypted keys, folders and pipes each end in one clear error."""
    curve = generate_private_key(SECP256R1())
    pem, form = Encoding.PEM, PrivateFormat.PKCS8
    contents = {
        "text": b"not a key",
        "empty": b"",
        "curve": curve.private_bytes(pem, form, NoEncryption()),
        "locked": curve.private_bytes(pem, form, BestAvailableEncryption(b"secret")),
    }
    for name, content in contents.items():
        path = tmp_path / name
        path.write_bytes(content)
        path.chmod(0o600)
        with pytest.raises(SigningKeyError, match=name):
            SigningKey.load(path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SigningKeyError, match="regular file"):
        SigningKey.load(tmp_path / "pipe")
    with pytest.raises(SigningKeyError, match=r"regular file|cannot be read"):
        SigningKey.load(tmp_path)
    with pytest.raises(SigningKeyError, match="cannot be read"):
        SigningKey.load(tmp_path / "absent")


def test_a_key_that_cannot_be_written_says_so(tmp_path):
    """A file where a folder is needed."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(SigningKeyError, match="cannot be"):
        SigningKey.load_or_create(tmp_path / "file" / "box.pem")


def test_the_secret_is_not_in_the_representation(key):
    """What reaches a log is the key id."""
    assert repr(key) == f"SigningKey({key.key_id})"


def test_the_public_key_file_gives_the_key_id(tmp_path, key):
    """PEM in, the same id out; anything else is refused."""
    path = tmp_path / "box.pub"
    path.write_bytes(key.public_pem())
    assert key_id_of_file(path) == key.key_id == key_id_of(key.public_bytes)
    path.write_bytes(b"nothing")
    with pytest.raises(SigningKeyError, match="no public key"):
        key_id_of_file(path)
    with pytest.raises(SigningKeyError, match="cannot be read"):
        key_id_of_file(tmp_path / "absent")


def test_openssl_agrees(tmp_path, key):
    """The signature is plain Ed25519 over the plain bytes: the openssl command verifies it."""
    content = b'{"a":1}'
    (tmp_path / "content").write_bytes(content)
    (tmp_path / "key.pem").write_bytes(key.public_pem())
    (tmp_path / "signature").write_bytes(bytes.fromhex(key.sign(content).signature))
    verify = ["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", "key.pem"]
    command = [*verify, "-rawin", "-in", "content", "-sigfile", "signature"]
    try:
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("there is no openssl command here")
    assert done.returncode == 0, done.stderr
