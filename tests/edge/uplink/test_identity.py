"""Enrolment proves who holds the key; the token is read by its owner alone."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from edge.errors import CentreUnreachable, NotEnrolled
from edge.uplink.identity import load_token, read_code, save_token
from edge.uplink.link import TOKEN_FILE, enrol
from edge.uplink.settings import CentreSettings
from pipeline.errors import SettingsError
from pipeline.evidence.signing import SigningKey
from pipeline.exchange import Enrolled
from tests.edge.centre import CODE, TOKEN, Centre


@pytest.fixture
def centre():
    with Centre() as running:
        yield running


def enrol_here(centre, data, code=CODE, box_id="box-1"):
    settings = CentreSettings(url=centre.url)
    enrol(
        settings, SecretStr(code), data=data, box_id=box_id, key=SigningKey.generate(),
        software="streetcase test",
    )  # fmt: skip


def test_a_box_enrols_with_its_code_and_a_proof(centre, tmp_path):
    """The centre checks the signature; the token lies in a file for its owner alone."""
    enrol_here(centre, tmp_path)
    path = tmp_path / TOKEN_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    token = load_token(path, box_id="box-1")
    assert token.get_secret_value() == TOKEN
    assert TOKEN not in repr(token)
    assert centre.enrolments[0].box_id == "box-1"


def test_a_wrong_code_is_said(centre, tmp_path):
    """And nothing is written."""
    with pytest.raises(NotEnrolled, match="does not accept"):
        enrol_here(centre, tmp_path, code="guess")
    assert not (tmp_path / TOKEN_FILE).exists()


def test_a_centre_that_is_away_is_said(tmp_path):
    """The code can be used another time."""
    settings = CentreSettings(url="http://127.0.0.1:1", connect_timeout_seconds=1)
    with pytest.raises(CentreUnreachable):
        enrol(
            settings, SecretStr("x"), data=tmp_path, box_id="b", key=SigningKey.generate(),
            software="s",
        )  # fmt: skip


def test_a_token_that_others_may_read_is_refused(tmp_path):
    """It says how to mend it."""
    path = tmp_path / "token"
    save_token(path, Enrolled(box_id="box-1", token=TOKEN))
    path.chmod(0o640)
    with pytest.raises(NotEnrolled, match="chmod 600"):
        load_token(path, box_id="box-1")


@pytest.mark.parametrize("content", ["", "{", '{"box_id": "box-1"}', '{"token": "the-token"}'])
def test_a_damaged_token_is_said_without_showing_it(tmp_path, content):
    """Neither the message nor its cause quotes the file."""
    path = tmp_path / "token"
    path.write_text(content)
    path.chmod(0o600)
    with pytest.raises(NotEnrolled, match="damaged") as caught:
        load_token(path, box_id="box-1")
    assert "the-token" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_token_of_another_box_is_refused(tmp_path):
    """The file was copied."""
    save_token(tmp_path / "token", Enrolled(box_id="box-2", token=TOKEN))
    with pytest.raises(NotEnrolled, match="box-2"):
        load_token(tmp_path / "token", box_id="box-1")


def test_without_a_token_there_is_none(tmp_path):
    """The box has not enrolled; that is no error."""
    assert load_token(tmp_path / "token", box_id="box-1") is None


def test_a_token_that_cannot_be_written_is_said(tmp_path):
    """The folder is a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(NotEnrolled, match="cannot be written"):
        save_token(tmp_path / "file" / "token", Enrolled(box_id="b", token=TOKEN))


def test_the_code_comes_from_a_file(tmp_path):
    """An absent or empty file is said with its name."""
    (tmp_path / "code").write_text(" abc \n")
    assert read_code(tmp_path / "code").get_secret_value() == "abc"
    (tmp_path / "empty").write_text("\n")
    for name in ("empty", "absent"):
        with pytest.raises(NotEnrolled, match=name):
            read_code(tmp_path / name)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("ftp://host", "https"),
        ("http://centre.example", "allow_plain_http"),
        ("https://user:pw@host", "no login"),
        ("https://host?x=1", "no query"),
        ("https://", "host"),
    ],
)
def test_an_unsound_address_is_refused(url, words):
    """The token travels with every call."""
    with pytest.raises(ValidationError, match=words):
        CentreSettings(url=url)
    assert CentreSettings(url="http://centre.example", allow_plain_http=True).url


def test_certificates_and_proxy_that_cannot_be_used_are_said(tmp_path):
    """Without quoting the proxy's login."""
    (tmp_path / "ca.pem").write_text("no certificate")
    with pytest.raises(SettingsError, match="ca_file"):
        enrol_with(CentreSettings(url="https://host", ca_file=tmp_path / "ca.pem"), tmp_path)
    with pytest.raises(SettingsError, match=r"centre\.proxy") as caught:
        enrol_with(CentreSettings(url="https://host", proxy="gopher://me:pw@host"), tmp_path)
    assert "pw" not in str(caught.value)


def enrol_with(settings, data):
    enrol(settings, SecretStr("x"), data=data, box_id="b", key=SigningKey.generate(), software="s")
