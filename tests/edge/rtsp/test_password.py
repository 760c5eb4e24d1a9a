"""The password check: only the right answer to the question just asked."""

import base64
import hashlib

import pytest

from edge.rtsp.password import REALM, Login, PasswordCheck, Scheme


def digest(check, *, password="right", user="admin", method="DESCRIBE"):  # noqa: S107
    """What a client answers (RFC 2617 without qop)."""

    def md5(text):
        return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

    nonce = check.challenge().split('nonce="')[1].split('"')[0]
    secret, request = md5(f"{user}:{REALM}:{password}"), md5(f"{method}:rtsp://h/a")
    response = md5(f"{secret}:{nonce}:{request}")
    return (
        f'Digest username="{user}", realm="{REALM}", nonce="{nonce}", uri="rtsp://h/a",'
        f' response="{response}"'
    )


def test_a_digest_must_fit_user_password_method_and_question():
    """Each of them wrong is refused, and so is an answer to another connection's question."""
    check = PasswordCheck(Login(user="admin", password="right"))  # noqa: S106 - a test's
    other = PasswordCheck(Login(user="admin", password="right"))  # noqa: S106 - a test's
    assert check.accepts(digest(check), "DESCRIBE")
    assert not check.accepts(digest(check, password="wrong"), "DESCRIBE")  # noqa: S106
    assert not check.accepts(digest(check, user="root"), "DESCRIBE")
    assert not check.accepts(digest(check, method="PLAY"), "DESCRIBE")
    assert not check.accepts(digest(other), "DESCRIBE")
    assert not check.accepts(None, "DESCRIBE")
    assert not check.accepts("Digest nonsense", "DESCRIBE")


@pytest.mark.parametrize(("text", "is_right"), [("admin:right", True), ("admin:wrong", False)])
def test_basic_sends_the_password_itself(text, is_right):
    """In base64, which hides nothing; a digest is no answer to it."""
    login = Login(user="admin", password="right", scheme=Scheme.BASIC)  # noqa: S106 - a test's
    check = PasswordCheck(login)
    answer = "Basic " + base64.b64encode(text.encode()).decode()
    assert check.accepts(answer, "DESCRIBE") is is_right
    assert not check.accepts("Digest x", "DESCRIBE")
    assert check.challenge() == f'Basic realm="{REALM}"'
    assert "right" not in repr(login)
