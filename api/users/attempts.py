"""Limits on failed logins, per name and per address, shared by every process on the database."""

from __future__ import annotations

import ipaddress
import math
from datetime import datetime, timedelta

from api.database import Database
from api.errors import TooManyRequests
from api.settings import AccountSettings
from api.users import repository
from api.users.tables import LoginAttempt

MAX_KEY_CHARACTERS = 200  # as the column
_IPV6_SITE_BITS = 64  # one customer has all of them


def login_key(login: str) -> str:
    """Under which key the failures of a name are counted."""
    return f"login:{login}"[:MAX_KEY_CHARACTERS]


def address_key(address: str) -> str:
    """Under which key the failures of an address are counted.

    >>> address_key("192.0.2.7"), address_key("2001:db8::1:2:3:4")
    ('address:192.0.2.7', 'address:2001:db8::/64')
    """
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return f"address:{address}"[:MAX_KEY_CHARACTERS]
    if parsed.version == 4:  # noqa: PLR2004 - IPv4
        return f"address:{parsed}"
    return f"address:{ipaddress.ip_network((parsed, _IPV6_SITE_BITS), strict=False)}"


def begin_attempt(
    database: Database,
    settings: AccountSettings,
    *,
    login: str,
    address: str,
    now: datetime,
) -> tuple[int, ...]:
    """Count an attempt before the password is looked at; it stays counted until it is taken back.

    Counting first leaves no gap: of many attempts at once each sees all the others, so they may be
    refused too early and are never let through too often.

    Returns:
        Ids to give to `take_back` when the attempt succeeds.

    Raises:
        TooManyRequests: The name or the address failed too often; says when to come back.
    """
    window = timedelta(minutes=settings.failure_window_minutes)
    limits = {
        login_key(login): settings.failures_per_name,
        address_key(address): settings.failures_per_address,
    }
    rows = [LoginAttempt(key=key, at=now) for key in limits]
    with database.writing() as session:
        repository.delete_old_attempts(session, now - window)
        session.add_all(rows)
    ids = tuple(row.id for row in rows)
    wait = timedelta(0)
    with database.reading() as session:
        for row in rows:
            times = repository.attempts(session, row.key, now - window, but=row.id)
            excess = len(times) - limits[row.key]
            if excess >= 0:
                wait = max(wait, times[excess] + window - now)
    if wait:
        take_back(database, ids)
        raise TooManyRequests(
            "too_many_failures",
            "Too many failed logins. Wait, then try again.",
            retry_after_seconds=max(1, math.ceil(wait.total_seconds())),
        )
    return ids


def take_back(database: Database, ids: tuple[int, ...]) -> None:
    """An attempt was no failure."""
    with database.writing() as session:
        repository.delete_attempts(session, *ids)
