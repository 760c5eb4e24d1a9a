"""Calling one webhook: signed, bounded in time and bytes, no redirect followed."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
from standardwebhooks import Webhook

from api.feed.content import MEDIA_TYPE
from pipeline.evidence.sources import shown

# Enough of an answer to see what went wrong; the rest is not read.
MAX_ANSWER_BYTES = 2048
MAX_SHOWN = 300
MAX_RETRY_AFTER = timedelta(days=1)
GONE = 410
USER_AGENT = "Streetcase-Webhooks/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What is to be sent where."""

    delivery_id: UUID
    subscriber_id: UUID
    url: str
    secret: str
    event_id: str
    content: Mapping[str, Any]
    at: datetime  # that the signature carries


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a call ended."""

    status: int | None = None  # HTTP; none: no answer came
    error: str = ""
    seconds: float = 0.0
    retry_after: timedelta | None = None  # asked for by the receiver

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.status is not None and httpx.codes.is_success(self.status)


def signed_request(call: Call) -> tuple[bytes, dict[str, str]]:
    """Body and headers of a call, by Standard Webhooks; the body is the CloudEvent itself."""
    body = json.dumps(call.content, ensure_ascii=False, separators=(",", ":"))
    signature = Webhook(call.secret).sign(call.event_id, call.at, body)
    return body.encode(), {
        "content-type": MEDIA_TYPE,
        "user-agent": USER_AGENT,
        "webhook-id": call.event_id,
        "webhook-timestamp": str(int(call.at.timestamp())),
        "webhook-signature": signature,
    }


async def send(
    client: httpx.AsyncClient, call: Call, *, timeout_seconds: float, allow_private: bool
) -> Outcome:
    """Make one call; whatever the receiver does, this ends in time and raises nothing of it."""
    began = time.monotonic()
    try:
        # Around everything: a receiver that drips one byte at a time never meets a read timeout.
        async with asyncio.timeout(timeout_seconds):
            outcome = await _exchange(client, call, allow_private=allow_private)
    except TimeoutError:
        outcome = Outcome(error=f"no answer within {timeout_seconds:g} s")
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
        outcome = Outcome(error=_said(f"{type(error).__name__}: {error}"))
    return Outcome(
        status=outcome.status,
        error=outcome.error,
        seconds=round(time.monotonic() - began, 3),
        retry_after=outcome.retry_after,
    )


async def _exchange(client: httpx.AsyncClient, call: Call, *, allow_private: bool) -> Outcome:
    body, headers = signed_request(call)
    url = httpx.URL(call.url)
    extensions: dict[str, Any] = {}
    if not allow_private:
        address = await _public_address(url)
        headers["host"] = url.netloc.decode()
        extensions["sni_hostname"] = url.host
        url = url.copy_with(host=address)
    async with client.stream(
        "POST", url, content=body, headers=headers, extensions=extensions
    ) as response:
        answer = await _beginning(response)
        if response.is_success:
            return Outcome(status=response.status_code)
        return Outcome(
            status=response.status_code,
            error=_said(f"HTTP {response.status_code} {answer}"),
            retry_after=_retry_after(response.headers.get("retry-after")),
        )


async def _beginning(response: httpx.Response) -> str:
    """The first bytes of an answer, undecoded: a compressed bomb stays packed."""
    taken = b""
    async for chunk in response.aiter_raw():
        taken += chunk[: MAX_ANSWER_BYTES - len(taken)]
        if len(taken) >= MAX_ANSWER_BYTES:
            break
    return taken.decode("utf-8", errors="replace")


async def _public_address(url: httpx.URL) -> str:
    """The address to connect to: looked up once, so that it cannot change after the check."""
    found = await asyncio.get_running_loop().getaddrinfo(
        url.host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
    )
    addresses = [str(entry[4][0]) for entry in found]
    for address in addresses:
        if not ipaddress.ip_address(address).is_global:
            raise ValueError(f"{url.host} leads to {address}, an address of a private network")
    return addresses[0]


def _retry_after(header: str | None) -> timedelta | None:
    """Seconds only; a date is taken for no wish.

    >>> _retry_after("120"), _retry_after("soon"), _retry_after("99999999")
    (datetime.timedelta(seconds=120), None, datetime.timedelta(days=1))
    """
    if header is None or not header.isdecimal() or len(header) > len("99999999"):
        return None
    return min(timedelta(seconds=int(header)), MAX_RETRY_AFTER)


def _said(text: str) -> str:
    return shown(text.strip(), MAX_SHOWN)
