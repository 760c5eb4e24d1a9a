"""The built console is served safely, and its absence is said clearly."""

from __future__ import annotations

import warnings

import pytest
from fastapi import FastAPI

from api import console_pages, problems
from api.settings import S3Settings, StoreSettings

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient


@pytest.fixture
def dist(tmp_path):
    """A small build."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>console</title>", encoding="utf-8")
    (folder / "assets" / "index-abc.js").write_text("export {}", encoding="utf-8")
    (folder / "icon.svg").write_text("<svg/>", encoding="utf-8")
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    return folder


@pytest.fixture
def pages(dist):
    """A client of an application with nothing but the console."""
    app = FastAPI(openapi_url=None)
    problems.install(app)
    console_pages.install(app, StoreSettings(), dist)
    return TestClient(app)


@pytest.mark.parametrize("path", ["/", "/review", "/cases/018f-1", "/cameras/gate-01/zones"])
def test_every_address_of_the_console_is_its_page(pages, path):
    """A reload anywhere in the console works, and always asks for the newest build."""
    answer = pages.get(path)
    assert answer.status_code == 200
    assert "console" in answer.text
    assert answer.headers["cache-control"] == "no-cache"
    assert "script-src 'self'" in answer.headers["content-security-policy"]


def test_hashed_files_are_kept_for_ever(pages):
    """What has its digest in its name is never asked for again; other files are."""
    assert "immutable" in pages.get("/assets/index-abc.js").headers["cache-control"]
    assert pages.get("/icon.svg").headers["cache-control"] == "no-cache"


def test_files_are_compressed_for_whoever_takes_it(pages, dist):
    """A script comes compressed or plain, and always with its own type."""
    (dist / "assets" / "index-abc.js").write_text("export {};\n" * 500, encoding="utf-8")
    packed = pages.get("/assets/index-abc.js", headers={"Accept-Encoding": "gzip"})
    plain = pages.get("/assets/index-abc.js", headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.text == plain.text
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"]) / 10
    assert packed.headers["content-type"] == plain.headers["content-type"]
    assert packed.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/nothing",
        "/api/v2/anything",
        "/assets/index-old.js",
        "/assets/missing",
        "/robots.txt",
        "/..%2fsecret.txt",
        "/assets/..%2f..%2fsecret.txt",
        "/%00.txt",
    ],
)
def test_what_is_no_page_is_not_found(pages, path):
    """Unknown API addresses, files of older builds and ways out of the folder give 404."""
    answer = pages.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_console_that_is_not_built(pages, dist):
    """Without a build a page says what to run."""
    (dist / "index.html").unlink()
    answer = pages.get("/review")
    assert answer.status_code == 503
    assert "make console" in answer.text


def test_pictures_may_come_from_the_store_only():
    """The policy names the evidence store's public server beside our own, and nothing else."""
    store = StoreSettings(
        s3=S3Settings(endpoint="minio:9000", public_endpoint="files.city:443", access_key="k")
    )
    policy = console_pages.content_security_policy(store)
    assert "img-src 'self' blob: data: https://files.city:443;" in policy
    assert "minio" not in policy
    assert "connect-src 'self'" in policy


def test_centre_serves_it(client):
    """In the centre the API's own addresses stay what they are."""
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/api/v1/session").status_code == 401
    assert client.get("/api/v1/nothing").status_code == 404
    assert client.post("/review").status_code == 405
