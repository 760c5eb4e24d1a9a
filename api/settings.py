"""The settings of the API, from one TOML file; secrets come from files or the environment.

    [database]
    url = "postgresql+psycopg://streetcase@db/streetcase"   # password: STREETCASE_DATABASE_PASSWORD

A secret is never part of the file. Where one is needed, the environment holds it or, with `_FILE`
appended to the name, says which file does (as container secrets are mounted).
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AnyHttpUrl, Field, SecretStr

from pipeline.errors import SettingsError
from pipeline.settings import Settings, load_settings

DATABASE_PASSWORD = "STREETCASE_DATABASE_PASSWORD"  # noqa: S105 - the name of a variable
STORE_SECRET = "STREETCASE_STORE_SECRET"  # noqa: S105 - the name of a variable
SESSION_SECRET = "STREETCASE_SECRET"  # noqa: S105 - the name of a variable


class ServerSettings(Settings):
    """Where the API listens and how it is reached."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080  # 0: any free one
    # As boxes, browsers and case systems see it; none: from the request. Needed behind a proxy.
    public_url: AnyHttpUrl | None = None
    trusted_proxies: tuple[str, ...] = ()  # addresses whose X-Forwarded-For is believed
    secure_cookies: bool = True  # false only where there is no TLS, as in the demo


class DatabaseSettings(Settings):
    """Where the records are kept."""

    url: str = "sqlite:///var/centre/streetcase.db"
    pool_size: Annotated[int, Field(ge=1, le=100)] = 10  # connections of one process


class S3Settings(Settings):
    """An S3 server; the secret key is in STREETCASE_STORE_SECRET."""

    endpoint: str  # host:port
    public_endpoint: str | None = None  # as boxes and browsers reach it; none: the same
    access_key: str
    region: str = "us-east-1"
    secure: bool = True  # TLS
    public_secure: bool | None = None  # TLS at the public endpoint; none: as `secure`
    bucket: str = "streetcase-candidates"  # plain, short life
    case_bucket: str = "streetcase-cases"  # with Object Lock where the server has it
    retention_days: Annotated[int, Field(ge=1)] = 1825  # of a case's evidence; five years
    retention_mode: Literal["GOVERNANCE", "COMPLIANCE"] = "COMPLIANCE"


class StoreSettings(Settings):
    """Where evidence is kept: a local folder, or an S3 server."""

    folder: Path = Path("var/centre/store")
    s3: S3Settings | None = None
    url_seconds: Annotated[int, Field(ge=30, le=86400)] = 900  # life of an upload or download link


class AccountSettings(Settings):
    """How long people stay logged in, and how often they may fail."""

    idle_minutes: Annotated[int, Field(ge=1)] = 60  # without a request; a desk left alone
    session_hours: Annotated[int, Field(ge=1)] = 12  # a long shift; then everybody logs in again
    # Failed logins within the window. Guessing 12 characters at this rate is hopeless; a shift
    # that begins behind one address may still mistype a password each.
    failures_per_name: Annotated[int, Field(ge=1)] = 10
    failures_per_address: Annotated[int, Field(ge=1)] = 50
    failure_window_minutes: Annotated[int, Field(ge=1)] = 15


class ReviewSettings(Settings):
    """How candidates are judged."""

    claim_seconds: Annotated[int, Field(ge=10)] = 300  # a lease; renewed while somebody works
    undo_seconds: Annotated[int, Field(ge=0)] = 10  # console.md: undo for 10 s
    # Domain guide, section 12: minutes to a first judgement.
    urgent_minutes: Annotated[int, Field(ge=1)] = 5
    normal_minutes: Annotated[int, Field(ge=1)] = 30
    expire_working_days: Annotated[int, Field(ge=1)] = 5  # LAW-41
    withdraw_working_days: Annotated[int, Field(ge=1)] = 3
    holidays: Path | None = None  # TOML with [days] off and worked; none: weekends only


class RetentionSettings(Settings):
    """How long evidence is kept that nobody needs any more (LAW-73)."""

    # Domain guide, section 12: 30 days; nothing goes earlier, as PSV 17 sets a floor of 30 days.
    rejected_days: Annotated[int, Field(ge=30, le=36500)] = 30  # from the last decision
    expired_days: Annotated[int, Field(ge=30, le=36500)] = 30  # from the day nobody had judged it
    case_days: Annotated[int, Field(ge=30, le=36500)] = 1825  # from its end; as retention_days


class TimestampSettings(Settings):
    """An outside time-stamp authority (RFC 3161); needs the extra `timestamp`."""

    url: AnyHttpUrl
    ca_file: Path  # PEM: what the authority's answers must lead to
    timeout_seconds: Annotated[float, Field(gt=0)] = 10.0
    first_retry_seconds: Annotated[float, Field(gt=0)] = 30.0
    longest_retry_seconds: Annotated[float, Field(gt=0)] = 3600.0


class FeedSettings(Settings):
    """How case systems hear of cases."""

    source: str = "urn:streetcase:centre"  # CloudEvents `source`
    timeout_seconds: Annotated[float, Field(gt=0)] = 10.0  # of one webhook call
    retry_seconds: tuple[int, ...] = (5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400)
    # A receiver in the own network is normal here; loopback too in the demo and in tests.
    allow_private_addresses: bool = True


class ApiSettings(Settings):
    """Everything the API needs to know."""

    server: ServerSettings = ServerSettings()
    database: DatabaseSettings = DatabaseSettings()
    store: StoreSettings = StoreSettings()
    accounts: AccountSettings = AccountSettings()
    review: ReviewSettings = ReviewSettings()
    retention: RetentionSettings = RetentionSettings()
    timestamp: TimestampSettings | None = None  # none: nobody else vouches for instants
    feed: FeedSettings = FeedSettings()
    adcode: Annotated[str, Field(pattern=r"^\d{6}$")] = "000000"  # of the city, GB/T 2260
    # A city's own legal bases beside those that are shipped (docs/legality.md); none: only those.
    legal_bases: Path | None = None
    timezone: str = "Asia/Shanghai"  # of working days and shifts
    # Where the log's newest digest is written once a day, to be backed up elsewhere; none: nowhere.
    audit_heads: Path | None = Path("var/centre/audit-heads")


class Secrets(Settings):
    """What must not stand in a settings file."""

    session: SecretStr  # signs sessions and links; at least 32 characters
    database_password: SecretStr | None = None
    store_secret: SecretStr | None = None


MIN_SECRET_CHARACTERS = 32


def read_settings(path: Path | None) -> ApiSettings:
    """The settings of a file; without one, the defaults.

    Raises:
        SettingsError: See `load_settings`.
    """
    return load_settings(path, ApiSettings) if path else ApiSettings()


def read_secrets(environment: Mapping[str, str] = os.environ) -> Secrets:
    """The secrets of the environment.

    Raises:
        SettingsError: The session secret is missing or too short, or a secret's file is unreadable.
    """
    session = _secret(environment, SESSION_SECRET)
    if session is None:
        raise SettingsError(
            f"{SESSION_SECRET} is not set; give at least {MIN_SECRET_CHARACTERS} random characters,"
            f" or name a file that holds them in {SESSION_SECRET}_FILE"
        )
    if len(session) < MIN_SECRET_CHARACTERS:
        raise SettingsError(f"{SESSION_SECRET} is shorter than {MIN_SECRET_CHARACTERS} characters")
    password, store = _secret(environment, DATABASE_PASSWORD), _secret(environment, STORE_SECRET)
    return Secrets(
        session=SecretStr(session),
        database_password=SecretStr(password) if password else None,
        store_secret=SecretStr(store) if store else None,
    )


def _secret(environment: Mapping[str, str], name: str) -> str | None:
    if named := environment.get(f"{name}_FILE"):
        try:
            return Path(named).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise SettingsError(f"{name}_FILE: {named} cannot be read: {error.strerror}") from error
    return environment.get(name) or None
