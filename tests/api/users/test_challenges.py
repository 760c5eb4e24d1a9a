"""Every 401 says how to be known (RFC 9110, 15.5.2), and makes no browser open a window."""

from __future__ import annotations

import pytest

BEARER, SESSION = 'Bearer realm="streetcase"', 'Session realm="streetcase"'


@pytest.mark.parametrize(
    ("path", "headers", "challenge"),
    [
        ("/session", {}, SESSION),
        ("/session", {"Cookie": "__Host-streetcase=made-up"}, SESSION),
        ("/queue", {}, SESSION),
        ("/feed", {}, BEARER),
        ("/feed", {"Authorization": "Bearer made-up"}, f'{BEARER}, error="invalid_token"'),
        ("/boxes/me/cameras", {}, BEARER),
        ("/boxes/me/cameras", {"Authorization": "Basic eDp5"}, BEARER),
        ("/boxes/me/cameras", {"Authorization": "Bearer x"}, f'{BEARER}, error="invalid_token"'),
        ("/cases", {}, SESSION),
        ("/cases", {"Authorization": "Bearer made-up"}, f'{BEARER}, error="invalid_token"'),
    ],
)
def test_a_refusal_names_the_scheme(client, path, headers, challenge):
    """A token where machines call, a session where people do; a wrong token is called so."""
    answer = client.get(f"/api/v1{path}", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == challenge


def test_a_wrong_password_says_it_too(client, make_user):
    """The refusal of a login is a 401 like others."""
    make_user("li")
    answer = client.post("/api/v1/session", json={"login": "li", "password": "wrong"})
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, SESSION)
    assert "WWW-Authenticate" not in client.get("/api/v1/nowhere").headers
