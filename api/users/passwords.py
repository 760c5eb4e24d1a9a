"""Passwords: which ones are taken, how they are kept, how one is checked."""

from __future__ import annotations

import secrets
import threading
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from api.errors import Unprocessable

MIN_CHARACTERS = 12
MAX_CHARACTERS = 200  # so that nobody sends a megabyte to be hashed
# Fewer different ones is a pattern, not a password: "abababababab".
MIN_DISTINCT = 6
GENERATED_BYTES = 15  # 120 bits, 20 characters: typed once, then changed
# What is left of the most used passwords without their figures and marks.
_WORST_WORDS = frozenset(
    {
        "",
        "admin",
        "administrator",
        "changeme",
        "chengguan",
        "iloveyou",
        "letmein",
        "mima",
        "operator",
        "passwd",
        "passwort",
        "password",
        "passwordpassword",
        "qazwsxedc",
        "qwerty",
        "qwertyuiop",
        "root",
        "streetcase",
        "supervisor",
        "test",
        "welcome",
        "woaini",
        "zhifa",
    }
)
# Rows of a keyboard and of the alphabet, as fingers run along them.
_RUNS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_RUN_SHARE = 0.8  # of the password that may not be such a run

# argon2id with the memory and passes of RFC 9106's second recommendation (64 MiB, 3), on one lane:
# an API process has a thread for each request already. About 0.1 s on one core.
_HASHER = PasswordHasher(time_cost=3, memory_cost=65536, parallelism=1)
# Two at once in one process: 128 MiB, and the other requests keep a core.
_SLOTS = threading.BoundedSemaphore(2)


def hash_password(password: str) -> str:
    """The PHC string of a password. Slow on purpose: call it before a transaction begins."""
    with _SLOTS:
        return _HASHER.hash(_normal(password))


def verify_password(password: str, password_hash: str | None) -> bool:
    """Whether it is the password. Without a hash (an unknown name) it takes as long and is false.

    So nobody learns from the time of an answer which names exist.
    """
    known = password_hash if password_hash is not None else _nobodys_hash()
    with _SLOTS:
        try:
            matches = _HASHER.verify(known, _normal(password))
        except (VerificationError, InvalidHashError):
            return False
    return matches and password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether it was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def check_password(password: str, *, login: str) -> None:
    """Refuse what guessers try first.

    Raises:
        Unprocessable: `weak_password`, with what is wrong with it.
    """
    problem = _weakness(_normal(password), login.lower())
    if problem:
        raise Unprocessable("weak_password", problem)


def new_password(login: str) -> str:
    """A password for somebody to change: 20 characters that follow the policy.

    >>> len(new_password("li"))
    20
    """
    while True:  # one in fifty happens to contain a login of two letters
        made = secrets.token_urlsafe(GENERATED_BYTES)
        if not _weakness(made, login.lower()):
            return made


def _weakness(password: str, login: str) -> str:
    lower = password.lower()
    if len(password) < MIN_CHARACTERS:
        return f"The password is too short. Use at least {MIN_CHARACTERS} characters."
    if len(password) > MAX_CHARACTERS:
        return f"The password is too long. Use at most {MAX_CHARACTERS} characters."
    if login and login in lower:
        return "The password contains the login name. Choose another one."
    if len(set(lower)) < MIN_DISTINCT:
        return "The password repeats the same few characters. Choose another one."
    letters = "".join(c for c in lower if c.isalpha())
    if letters in _WORST_WORDS or _runs(lower) >= _RUN_SHARE * len(lower):
        return "The password is one of those that are tried first. Choose another one."
    return ""


def _runs(lower: str) -> int:
    """How many characters follow the one before them on a keyboard row or in the alphabet."""
    pairs = {row[i : i + 2] for row in _RUNS for i in range(len(row) - 1)}
    pairs |= {pair[::-1] for pair in pairs}
    return 1 + sum(lower[i : i + 2] in pairs for i in range(len(lower) - 1))


def _normal(password: str) -> str:
    # The same password from a keyboard that writes full-width digits or composes accents.
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys_hash() -> str:
    return _HASHER.hash(secrets.token_urlsafe())
