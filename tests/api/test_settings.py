"""Settings of the centre: from a file, with secrets from elsewhere, and nothing by default."""

from __future__ import annotations

import pytest

from api.settings import ApiSettings, read_secrets, read_settings
from pipeline.errors import SettingsError

SECRET = "0123456789" * 4


def test_without_a_file_everything_is_local():
    """The defaults need no other server and are reached by TLS only."""
    settings = read_settings(None)
    assert settings == ApiSettings()
    assert settings.database.url.startswith("sqlite:")
    assert settings.store.s3 is None
    assert settings.server.host == "127.0.0.1"
    assert settings.server.secure_cookies


def test_a_file_is_read(tmp_path):
    """A centre on PostgreSQL and S3 is a dozen lines."""
    path = tmp_path / "centre.toml"
    path.write_text(
        """
adcode = "110105"
[server]
host = "0.0.0.0"
public_url = "https://streetcase.example"
trusted_proxies = ["10.0.0.2"]
[database]
url = "postgresql+psycopg://streetcase@db/streetcase"
[store.s3]
endpoint = "minio:9000"
public_endpoint = "evidence.example"
access_key = "streetcase"
secure = false
public_secure = true
"""
    )
    settings = read_settings(path)
    assert settings.store.s3.retention_mode == "COMPLIANCE"
    assert settings.store.s3.public_secure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[store.s3]\nendpoint = 'x'\n", "store.s3.access_key: is missing"),
        ("[store.s3]\nendpoint = 'x'\naccess_key = 'a'\nsecret_key = 'b'\n", "secret_key: unknown"),
        ("[server]\nport = 70000\n", "centre.toml:2: server.port"),
        ("adcode = '1'\n", "centre.toml:1: adcode"),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    """A wrong, missing or unknown key is named with its place; a secret has no key at all."""
    path = tmp_path / "centre.toml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=message):
        read_settings(path)


def test_secrets_come_from_the_environment_or_a_file(tmp_path):
    """A secret is a variable, or a file that a variable names; its text is not shown."""
    file = tmp_path / "store"
    file.write_text("from a file\n")
    secrets = read_secrets(
        {
            "STREETCASE_SECRET": SECRET,
            "STREETCASE_STORE_SECRET_FILE": str(file),
            "STREETCASE_DATABASE_PASSWORD": "open sesame",
        }
    )
    assert secrets.session.get_secret_value() == SECRET
    assert secrets.store_secret.get_secret_value() == "from a file"
    assert secrets.database_password.get_secret_value() == "open sesame"
    assert "sesame" not in repr(secrets)
    assert SECRET not in repr(secrets)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({}, "STREETCASE_SECRET is not set"),
        ({"STREETCASE_SECRET": "short"}, "shorter than 32"),
        ({"STREETCASE_SECRET_FILE": "/nowhere/at/all"}, "cannot be read"),
    ],
)
def test_there_is_no_default_secret(environment, message):
    """Without a good session secret nothing starts."""
    with pytest.raises(SettingsError, match=message):
        read_secrets(environment)
