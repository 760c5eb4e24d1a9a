"""Which passwords are taken, and how they are kept."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import Unprocessable
from api.users import passwords


@pytest.mark.parametrize(
    "password",
    [
        "eleven char",  # one short of twelve
        "x" * 201,
        "li-is-my-name-2026",  # holds the login
        "aaaaaaaaaaaa",
        "abababababab",
        "123456789012345",
        "0987654321098",
        "qwertyuiop123",
        "Password!2026#",
        "ADMINISTRATOR1",
        "abcdefghijklmnop",
        "streetcase2026",
        "１２３４５６７８９０１２",  # full-width figures are figures
    ],
)
def test_weak_ones_are_refused(password):
    """Short, patterned, guessed-first and name-holding passwords are refused with a reason."""
    with pytest.raises(Unprocessable) as refused:
        passwords.check_password(password, login="li-is")
    assert refused.value.code == "weak_password"


@pytest.mark.parametrize(
    "password", ["correct horse battery staple", "七月流火九月授衣一之日觱发", "Tr0ub4dor&3xyz"]
)
def test_good_ones_are_taken(password):
    """Phrases in any script are taken."""
    passwords.check_password(password, login="li")


@given(st.text(min_size=12, max_size=200))
def test_any_text_is_taken_or_refused(password):
    """No text is a fault: it is refused with a reason, or taken."""
    with contextlib.suppress(Unprocessable):
        passwords.check_password(password, login="li")


def test_generated_ones_are_good():
    """What the centre makes follows its own policy."""
    for _ in range(500):
        passwords.check_password(passwords.new_password("li"), login="li")


def test_kept_as_argon2id_with_its_own_salt():
    """Equal passwords have different digests, and both verify."""
    one, other = (passwords.hash_password("correct horse battery") for _ in range(2))
    assert one.startswith("$argon2id$v=19$m=65536,t=3,p=1$")
    assert one != other
    assert passwords.verify_password("correct horse battery", one)
    assert not passwords.verify_password("Correct horse battery", other)


def test_the_keyboard_does_not_matter():
    """Composed and decomposed accents, full-width and plain figures are the same password."""
    kept = passwords.hash_password("Zürich 12 Straße")
    assert passwords.verify_password("Zu\u0308rich １２ Straße", kept)


@pytest.mark.parametrize("kept", ["", "plain", "$argon2id$v=19$broken", None])
def test_a_broken_digest_opens_nothing(kept):
    """Rubbish in the table is no password and no fault."""
    assert not passwords.verify_password("anything", kept)
