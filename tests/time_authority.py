"""A time-stamp authority of our own on the loopback: `openssl ts` behind HTTP, and its faults."""

from __future__ import annotations

import shutil
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

SUBJECT = "Test authority"
CONFIGURATION = """
[tsa]
default_tsa = ours
[ours]
serial = {folder}/serial
signer_cert = {folder}/authority.pem
signer_key = {folder}/authority.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
ess_cert_id_alg = sha256
"""


def is_missing():
    """Whether OpenSSL's command is not installed."""
    return shutil.which("openssl") is None


class Authority:
    """An authority with its root; `url` answers while it runs.

    Args:
        folder: For its files.
    """

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.ca_file = folder / "root.pem"
        self.url = ""
        self.asked = 0
        self.answer = None  # (status, bytes) instead of its own
        self._make_certificates()
        (folder / "serial").write_text("01\n")
        for name, digests in (("good", "sha256, sha512"), ("refusing", "sha384")):
            text = CONFIGURATION.format(folder=folder, digests=digests)
            (folder / f"{name}.cnf").write_text(text)

    @property
    def roots(self):
        """Its root, as a reader trusts it."""
        return tuple(x509.load_pem_x509_certificates(self.ca_file.read_bytes()))

    def stamp(self, query, configuration="good"):
        """The answer to a query, to the byte."""
        question, answer = self.folder / "question.tsq", self.folder / "answer.tsr"
        question.write_bytes(query)
        command = ["openssl", "ts", "-reply", "-config", self.folder / f"{configuration}.cnf"]
        command += ["-queryfile", question, "-out", answer]
        subprocess.run(command, check=True, capture_output=True)
        return answer.read_bytes()

    def _make_certificates(self):
        root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
        root = _certificate("Test root", root_key, "Test root", root_key, is_root=True)
        own = _certificate(SUBJECT, key, "Test root", root_key, is_root=False)
        pem = serialization.Encoding.PEM
        self.ca_file.write_bytes(root.public_bytes(pem))
        (self.folder / "authority.pem").write_bytes(own.public_bytes(pem))
        (self.folder / "authority.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )


def _certificate(subject, key, issuer, issuer_key, *, is_root):
    now = datetime.now(UTC)
    unused = (
        *("key_encipherment", "data_encipherment", "key_agreement"),
        *("encipher_only", "decipher_only"),
    )
    identity = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    of_issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key())
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=not is_root,
        key_cert_sign=is_root,
        crl_sign=is_root,
        **dict.fromkeys(unused, False),
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(subject))
        .issuer_name(_name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .add_extension(identity, critical=False)
        .add_extension(of_issuer, critical=False)
        .add_extension(usage, critical=True)
    )
    if not is_root:
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(issuer_key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


@contextmanager
def running_authority(folder):
    """An authority that answers over HTTP."""
    authority = Authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            authority.asked += 1
            assert self.headers["Content-Type"] == "application/timestamp-query"
            status, content = authority.answer or (200, authority.stamp(query))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    authority.url = f"http://127.0.0.1:{server.server_address[1]}/tsr"
    try:
        yield authority
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
