"""The stores that the contract is tried on: a folder, and a real S3 server if one is there."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from api.app import open_store
from api.settings import S3Settings, StoreSettings


@pytest.fixture
def s3_settings(ceph):
    """Settings of an S3 store with buckets of its own."""
    suffix = uuid4().hex[:12]
    return S3Settings(
        endpoint=ceph.endpoint,
        access_key=ceph.access_key,
        secure=False,
        bucket=f"candidates-{suffix}",
        case_bucket=f"cases-{suffix}",
    )


@pytest.fixture
def s3_store(ceph, s3_settings, settings, secrets, database):
    """A store on the S3 server."""
    return open_store(
        settings.model_copy(update={"store": StoreSettings(s3=s3_settings, url_seconds=60)}),
        secrets.model_copy(update={"store_secret": SecretStr(ceph.secret_key)}),
        database,
    )


@pytest.fixture(params=["folder", "s3"])
def any_store(request):
    """Each store in turn."""
    return request.getfixturevalue({"folder": "store", "s3": "s3_store"}[request.param])


@pytest.fixture
def web(client, any_store):
    """What a box or browser reaches the store's links with."""
    if any_store.kind == "folder":
        yield client
        return
    with httpx.Client(timeout=10) as plain:
        yield plain
