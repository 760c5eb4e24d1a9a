"""The contract of the evidence store, on a folder and on a real S3 server alike."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from api.errors import NotFound, Unprocessable
from api.evidence.store import Area, Expected, Finding
from pipeline.evidence.digests import digest
from tests.api.conftest import BASE_URL

CONTENT = bytes(range(256)) * 9000  # 2.3 MB: more than one piece


def expected_of(content, media_type="image/jpeg"):
    """What an honest manifest says of these bytes."""
    found = digest(content)
    return Expected(
        sha256=found.sha256, size_bytes=found.size_bytes, sm3=found.sm3, media_type=media_type
    )


def bring(store, web, content, owner="box-1", expected=None):
    """Upload as a box does; gives the answer and what was announced."""
    wanted = expected or expected_of(content)
    link = store.upload_link(owner, wanted, base_url=BASE_URL)
    return web.put(link.url, content=content, headers=dict(link.headers)), wanted


def whole(store, sha256, area=Area.CANDIDATES):
    """Every byte of a file."""
    return b"".join(store.read(sha256, area))


def test_what_is_brought_can_be_read(any_store, web):
    """Upload, finish, size, whole, parts, and a download with its name and kind."""
    answer, expected = bring(any_store, web, CONTENT)
    assert answer.status_code in {200, 204}
    assert any_store.size_of(expected.sha256) is None  # not before it is verified
    any_store.finish("box-1", expected)
    assert any_store.size_of(expected.sha256) == len(CONTENT)
    assert whole(any_store, expected.sha256) == CONTENT
    assert b"".join(any_store.read(expected.sha256, start=5, length=7)) == CONTENT[5:12]
    assert b"".join(any_store.read(expected.sha256, start=5, length=0)) == b""
    link = any_store.download_link(
        expected.sha256, media_type="image/jpeg", file_name="first.jpg", base_url=BASE_URL
    )
    got = web.get(link)
    assert got.status_code == 200
    assert got.content == CONTENT
    assert got.headers["Content-Type"] == "image/jpeg"
    assert got.headers["Content-Disposition"] == 'inline; filename="first.jpg"'
    part = web.get(link, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(CONTENT)}"


def test_a_page_is_never_shown_in_place(any_store, web):
    """What a browser might execute is handed out for saving, under a harmless name."""
    answer, expected = bring(any_store, web, b"<script>", expected=expected_of(b"<script>"))
    assert answer.is_success
    any_store.finish("box-1", expected)
    link = any_store.download_link(
        expected.sha256, media_type="text/html", file_name='x"\n.html', base_url=BASE_URL
    )
    assert web.get(link).headers["Content-Disposition"] == 'attachment; filename="x__.html"'


def test_finishing_again_changes_nothing(any_store, web):
    """A repetition finds the file verified, whether or not it was brought again."""
    _, expected = bring(any_store, web, b"once")
    for _ in range(2):
        any_store.finish("box-1", expected)
    bring(any_store, web, b"once")
    any_store.finish("box-1", expected)
    assert whole(any_store, expected.sha256) == b"once"


def test_what_was_not_brought_cannot_be_finished(any_store):
    """Finishing nothing says that it is not there."""
    with pytest.raises(NotFound):
        any_store.finish("box-1", expected_of(b"never"))
    with pytest.raises(NotFound):
        any_store.read(expected_of(b"never").sha256)


def test_one_box_cannot_finish_anothers_upload(any_store, web):
    """Each box has its own staging place; `..` is a name like any other."""
    _, expected = bring(any_store, web, b"mine", owner="..")
    with pytest.raises(NotFound):
        any_store.finish("box-2", expected)
    any_store.finish("..", expected)
    assert whole(any_store, expected.sha256) == b"mine"


def test_other_bytes_are_thrown_away(any_store, web):
    """Bytes of another digest are refused, and are gone afterwards."""
    expected = expected_of(b"honest")
    bring(any_store, web, b"forged", expected=expected)
    with pytest.raises(Unprocessable) as refused:
        any_store.finish("box-1", expected)
    assert refused.value.fields["differs"] == "sha256"
    assert any_store.size_of(expected.sha256) is None
    with pytest.raises(NotFound):
        any_store.finish("box-1", expected)


@pytest.mark.parametrize("content", [b"short", b"much too long"])
def test_another_length_never_gets_in(any_store, web, content):
    """Truncated and oversized uploads are refused, at the link or when they are finished."""
    expected = expected_of(b"announced")
    answer, _ = bring(any_store, web, content, expected=expected)
    with pytest.raises((NotFound, Unprocessable)):
        any_store.finish("box-1", expected)
    assert any_store.size_of(expected.sha256) is None
    if any_store.kind == "folder":
        assert answer.status_code == (422 if len(content) < expected.size_bytes else 413)


def test_a_false_sm3_is_refused(any_store, web):
    """A manifest whose SM3 is not that of the bytes is refused, and harms nobody else's copy."""
    _, expected = bring(any_store, web, b"bytes")
    if expected.sm3 is None:
        pytest.skip("this Python's OpenSSL has no SM3")
    lie = Expected(sha256=expected.sha256, size_bytes=5, media_type="image/jpeg", sm3="0" * 64)
    with pytest.raises(Unprocessable) as refused:
        any_store.finish("box-1", lie)
    assert refused.value.fields["differs"] == "sm3"
    bring(any_store, web, b"bytes")
    any_store.finish("box-1", expected)
    with pytest.raises(Unprocessable):
        any_store.finish("box-1", lie)
    assert whole(any_store, expected.sha256) == b"bytes"


def test_a_link_cannot_alter_what_was_verified(any_store, web):
    """Whoever still holds the upload link after the file was taken in changes nothing."""
    expected = expected_of(b"verified")
    link = any_store.upload_link("box-1", expected, base_url=BASE_URL)
    assert web.put(link.url, content=b"verified", headers=dict(link.headers)).is_success
    any_store.finish("box-1", expected)
    web.put(link.url, content=b"tampered", headers=dict(link.headers))
    assert whole(any_store, expected.sha256) == b"verified"
    any_store.finish("box-1", expected)
    assert whole(any_store, expected.sha256) == b"verified"


def test_links_are_refused_when_changed(any_store, web):
    """A link with one character changed opens nothing, neither up nor down."""
    _, expected = bring(any_store, web, b"secret")
    any_store.finish("box-1", expected)
    down = any_store.download_link(
        expected.sha256, media_type="image/jpeg", file_name="a.jpg", base_url=BASE_URL
    )
    up = any_store.upload_link("box-1", expected, base_url=BASE_URL).url
    for method, link in (("GET", down), ("PUT", up)):
        # Not the last character: of a token's 43 it holds four bits that count.
        at = len(link) - 2
        forged = link[:at] + ("0" if link[at] != "0" else "1") + link[at + 1 :]
        answer = web.request(method, forged, content=b"secret" if method == "PUT" else None)
        assert answer.status_code in {401, 403}
        assert b"secret" not in answer.content


def test_freezing_copies_and_digests(any_store, web):
    """Frozen files are read from the area of cases even after the candidate's are gone."""
    contents = [b"one", b"two"]
    for content in contents:
        _, expected = bring(any_store, web, content)
        any_store.finish("box-1", expected)
    names = [hashlib.sha256(content).hexdigest() for content in contents]
    until = datetime.now(tz=UTC) + timedelta(seconds=3)
    locked = any_store.freeze(names, until=until)
    assert (locked is None) == (any_store.kind == "folder")
    assert locked is None or locked >= until
    any_store.freeze(names, until=until)  # again: a repetition after a crash
    for name, content in zip(names, contents, strict=True):
        any_store.delete(name)
        any_store.delete(name)
        assert any_store.size_of(name) is None
        assert whole(any_store, name, Area.CASES) == content
    link = any_store.download_link(
        names[0], Area.CASES, media_type="image/jpeg", file_name="a.jpg", base_url=BASE_URL
    )
    assert web.get(link).content == b"one"


def test_only_what_is_there_can_be_frozen(any_store):
    """A set with a missing file cannot become a case."""
    with pytest.raises(NotFound):
        any_store.freeze(["ab" * 32], until=datetime.now(tz=UTC) + timedelta(days=1))


def test_small_texts_are_kept(any_store):
    """Texts of our own lie beside what boxes brought."""
    sha256 = any_store.put(b"{}", "application/json")
    assert sha256 == hashlib.sha256(b"{}").hexdigest()
    assert whole(any_store, sha256) == b"{}"


@pytest.mark.parametrize("name", ["", "..", "../../etc/passwd", "a" * 63, "A/" * 32])
def test_only_digests_are_names(any_store, name):
    """No name leads anywhere else than to a file of the store."""
    with pytest.raises(NotFound):
        any_store.read(name)
    assert any_store.size_of(name) is None


def test_sweeping_takes_what_was_left(any_store, web):
    """What was brought and never taken in goes; what was verified stays."""
    _, kept = bring(any_store, web, b"kept")
    any_store.finish("box-1", kept)
    _, left = bring(any_store, web, b"left")
    assert any_store.sweep(datetime.now(tz=UTC) - timedelta(hours=1)) == 0
    assert any_store.sweep(datetime.now(tz=UTC) + timedelta(hours=1)) == 1
    assert whole(any_store, kept.sha256) == b"kept"
    with pytest.raises(NotFound):
        any_store.finish("box-1", left)


def test_check_finds_nothing_wrong(any_store):
    """A store that works says so, point by point; a folder warns that it cannot lock."""
    found = {check.name: check for check in any_store.check(base_url=BASE_URL)}
    assert not [check for check in found.values() if check.finding is Finding.FAILURE]
    lock = Finding.WARNING if any_store.kind == "folder" else Finding.OK
    assert found["object_lock"].finding is lock
