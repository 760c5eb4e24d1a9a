"""How a box reaches its centre."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, model_validator

from pipeline.settings import Settings

Positive = Annotated[float, Field(gt=0)]


class CentreSettings(Settings):
    """Where the centre is, and how to speak with it."""

    url: Annotated[str, Field(max_length=500)]  # https://host[:port], without the API's path
    # The address may be http:// only on this machine, unless this says otherwise: the box's token
    # travels with every call.
    allow_plain_http: bool = False
    # A file with the one-time code that an administrator gave; used while there is no token.
    enrolment_code_file: Path | None = None
    ca_file: Path | None = None  # certificates to trust in place of the system's, in PEM
    # http://name:password@host:port; none: as the environment says (HTTPS_PROXY, NO_PROXY).
    proxy: SecretStr | None = None
    max_kilobytes_per_second: Positive | None = None  # of evidence; none: as fast as it goes
    connect_timeout_seconds: Positive = 10.0
    # Nothing is sent or received for so long: the call has failed.
    quiet_timeout_seconds: Positive = 30.0
    first_retry_seconds: Positive = 2.0
    longest_retry_seconds: Positive = 300.0
    status_interval_seconds: Positive = 60.0
    cameras_interval_seconds: Positive = 60.0  # asking for changed camera settings
    # A picture of each camera every so often, beside those that the centre asks for; 0: only these.
    picture_interval_seconds: Annotated[float, Field(ge=0)] = 0.0

    @model_validator(mode="after")
    def _address_is_sound(self) -> Self:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the centre's address must begin with https:// and name a host")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("the centre's address carries no login and no query; boxes enrol")
        if parts.scheme == "http" and not self.allow_plain_http and not _is_here(parts.hostname):
            raise ValueError(
                "the centre's address must begin with https://, because the box's token travels"
                " with every call; set allow_plain_http = true where the network itself is closed"
            )
        return self


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
