"""What only the folder store does: its own links, ranges, damage, durable names."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from sqlalchemy import create_engine

from api.database import Database
from api.errors import Forbidden, Unavailable
from api.evidence.links import LinkSigner, derive_key
from api.evidence.recorded import is_any_recorded
from api.evidence.store_folder import OBJECTS_PATH, UPLOADS_PATH
from api.evidence.tables import StoredObject
from pipeline.exchange import API_PREFIX
from tests.api.conftest import BASE_URL
from tests.api.evidence.test_store import bring, expected_of


def files_of(store):
    """Every file of the store, by its path inside."""
    root = store._root
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.fixture
def stored(store, client):
    """A file of 100 bytes and a link to it."""
    content = bytes(range(100))
    _, expected = bring(store, client, content)
    store.finish("box-1", expected)
    link = store.download_link(
        expected.sha256, media_type="video/mp4", file_name="clip.mp4", base_url=BASE_URL
    )
    return content, link


@pytest.mark.parametrize(
    ("header", "status", "part"),
    [
        (None, 200, slice(0, 100)),
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=90-", 206, slice(90, 100)),
        ("bytes=-5", 206, slice(95, 100)),
        ("bytes=0-1000", 206, slice(0, 100)),
        ("bytes=5-2", 200, slice(0, 100)),  # no valid range: ignored
        ("items=0-1", 200, slice(0, 100)),
        ("bytes=0-1,5-6", 200, slice(0, 100)),  # several ranges: the whole is allowed
        ("bytes=100-", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
    ],
)
def test_ranges(client, stored, header, status, part):
    """A player asks for parts; what is no range gives the whole, as RFC 9110 says."""
    content, link = stored
    answer = client.get(link, headers={"Range": header} if header else {})
    expected = 200 if header == "bytes=0-1000" else status
    assert answer.status_code == expected
    if status == 416:
        assert answer.headers["Content-Range"] == "bytes */100"
        assert answer.json()["code"] == "range_not_satisfiable"
        return
    assert answer.content == content[part]
    head = client.head(link, headers={"Range": header} if header else {})
    assert (head.status_code, head.content) == (expected, b"")
    assert head.headers["Content-Length"] == str(len(content[part]))


def test_links_end(store, client, now, stored):
    """A link lives for its minutes and not one second longer."""
    content, link = stored
    now.advance(seconds=899)
    assert client.get(link).content == content
    now.advance(seconds=1)
    answer = client.get(link)
    assert (answer.status_code, answer.json()["code"]) == (403, "link_expired")


def test_a_link_does_the_one_thing(store, client, stored):
    """A download link uploads nothing, an upload link shows nothing."""
    _, down = stored
    up = store.upload_link("box-1", expected_of(b"x"), base_url=BASE_URL).url
    crossed_up = down.replace(OBJECTS_PATH, UPLOADS_PATH)
    crossed_down = up.replace(UPLOADS_PATH, OBJECTS_PATH)
    assert client.put(crossed_up, content=b"x").json()["code"] == "link_invalid"
    assert client.get(crossed_down).json()["code"] == "link_invalid"


def test_an_interrupted_upload_leaves_nothing(store, client):
    """Bytes that stop early, or come one too many, leave no file behind, not even a partial one."""
    expected = expected_of(b"x" * 1000)
    link = store.upload_link("box-1", expected, base_url=BASE_URL).url
    short = client.put(link, content=b"x" * 999)
    assert (short.status_code, short.json()["code"]) == (422, "truncated")

    long = client.put(link, content=iter([b"x" * 600, b"x" * 600]))
    assert (long.status_code, long.json()["code"]) == (413, "too_large")
    assert files_of(store) == []


def test_damage_is_set_aside_and_healed(store, client):
    """A file whose bytes changed on the disk is kept for looking at and replaced by good bytes."""
    _, expected = bring(store, client, b"good")
    store.finish("box-1", expected)
    place = store._root / "objects" / expected.sha256[:2] / expected.sha256
    place.write_bytes(b"rot!")
    bring(store, client, b"good")
    store.finish("box-1", expected)
    assert b"".join(store.read(expected.sha256)) == b"good"
    assert len([name for name in files_of(store) if name.startswith("damaged/")]) == 1


def test_copies_of_cases_are_read_only(store, client, now):
    """Nobody changes a case's copy by accident."""
    _, expected = bring(store, client, b"proof")
    store.finish("box-1", expected)
    store.freeze([expected.sha256], until=now() + timedelta(days=1))
    place = store._root / "cases" / expected.sha256[:2] / expected.sha256
    assert place.stat().st_mode & 0o777 == 0o440


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(st.dictionaries(TEXT, TEXT, max_size=4), st.binary(min_size=1, max_size=8), st.data())
def test_no_token_can_be_made_up(content, noise, data):
    """A token reads back as it was signed, and not after any change."""
    signer = LinkSigner(derive_key(SecretStr("s" * 32), "test"))
    now = datetime(2026, 11, 23, tzinfo=UTC)
    token = signer.sign(content, now + timedelta(seconds=60))
    assert signer.read(token, now) == content
    at = data.draw(st.integers(0, len(token) - 1))
    for forged in (token[:at], token[:at] + noise.hex() + token[at:], noise.hex()):
        if forged != token:
            with pytest.raises(Forbidden):
                signer.read(forged, now)


def test_the_addresses_are_those_of_the_api(store):
    """Links lead to the API itself, below its prefix."""
    link = store.upload_link("box-1", expected_of(b"x"), base_url=BASE_URL)
    assert link.url.startswith(f"{BASE_URL}{API_PREFIX}{UPLOADS_PATH}/")


def test_a_file_that_nobody_reads_is_not_left_open(store):
    """A browser that goes away before the first piece keeps no file of ours."""
    digest = store.put(b"evidence", "text/plain")
    open_files = len(list(Path("/dev/fd").iterdir()))
    pieces = store.read(digest, start=4)
    assert len(list(Path("/dev/fd").iterdir())) == open_files
    assert b"".join(pieces) == b"ence"


def test_a_disk_that_is_not_mounted_is_no_new_store(store, client, database, stored):
    """Its empty mount point takes nothing in, and what was kept is not called missing."""
    content, link = stored
    digest = hashlib.sha256(content).hexdigest()
    with database.writing() as session:
        session.add(a_row(digest, len(content)))
    root = store._root
    disk = root.rename(root.with_name("disk"))
    root.mkdir()  # the mount point that is left
    for attempt in (
        lambda: store.put(b"new", "text/plain"),
        lambda: store.size_of(digest),
        lambda: store.read(digest),
        lambda: store.finish("box-1", expected_of(content)),
        lambda: store.freeze([digest], until=datetime.now(UTC)),
    ):
        with pytest.raises(Unavailable, match="Mount its disk"):
            attempt()
    assert list(root.iterdir()) == []
    answer = client.get("/ready")
    assert (answer.status_code, answer.json()["store"]) == (503, False)
    assert client.get(link).status_code == 503
    assert "Mount its disk" in store.check(base_url="")[0].text
    root.rmdir()
    disk.rename(root)
    assert client.get("/ready").json()["store"] is True
    assert client.get(link).content == content


def test_a_new_store_is_begun_also_where_all_its_files_were_deleted(store, database):
    """Nothing that should be there is missing."""
    with database.writing() as session:
        session.add(a_row("0" * 64, 1, deleted_at=datetime.now(UTC)))
    shutil.rmtree(store._root, ignore_errors=True)
    digest = store.put(b"new", "text/plain")
    assert b"".join(store.read(digest)) == b"new"


def test_without_its_database_an_empty_folder_is_not_begun(store, database):
    """Nobody can say whether it should hold something; a database without tables knows nothing."""
    shutil.rmtree(store._root, ignore_errors=True)
    assert not is_any_recorded(Database(create_engine("sqlite://")))
    away = Database(create_engine("sqlite:////nowhere/centre.db"))
    with pytest.raises(Unavailable, match="database does not answer"):
        is_any_recorded(away)


def a_row(sha256, size_bytes, **values):
    now = datetime.now(UTC)
    return StoredObject(
        sha256=sha256, size_bytes=size_bytes, media_type="video/mp4", stored_at=now,
        verified_at=now, **values,
    )  # fmt: skip
