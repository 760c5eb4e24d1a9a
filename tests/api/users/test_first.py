"""The first administrator and the people of the demo."""

from __future__ import annotations

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select

from api.errors import Conflict, Unprocessable
from api.users import passwords
from api.users.first import create_demo_users, create_first_admin
from api.users.tables import Organisation, Role, User

both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=True)
def cheap(monkeypatch):
    """Passwords cost a millisecond here."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(1, 8, 1))


@both
def test_the_first_administrator(database, client, now):
    """A new centre gets its city and one administrator with a password made for this once."""
    made = create_first_admin(database, login="Root", adcode="110000", now=now())
    with database.reading() as session:
        user = session.scalars(select(User)).one()
        node = session.scalars(select(Organisation)).one()
    assert (user.login, user.roles, user.must_change_password) == ("root", ["admin"], True)
    assert (node.id, node.path, node.parent_id) == ("110000", "110000/", None)
    credentials = {"login": made.login, "password": made.password}
    assert client.post("/api/v1/session", json=credentials).status_code == 201


def test_there_is_one_first_administrator(database, now):
    """A second call gives nobody a way in."""
    create_first_admin(database, login="root", adcode="110000", now=now())
    with pytest.raises(Conflict) as refused:
        create_first_admin(database, login="intruder", adcode="110000", now=now())
    assert refused.value.code == "admin_exists"
    with database.reading() as session:
        assert [user.login for user in session.scalars(select(User))] == ["root"]


def test_a_lost_centre_gets_a_new_administrator(database, now):
    """Where every administrator is disabled, the command helps."""
    create_first_admin(database, login="root", adcode="110000", now=now())
    with database.writing() as session:
        session.scalars(select(User)).one().disabled_at = now()
    create_first_admin(database, login="second", adcode="110000", now=now())


def test_a_weak_password_makes_no_administrator(database, now):
    """The policy holds for the first one too, and nothing is half done."""
    weak = "password1234"
    with pytest.raises(Unprocessable):
        create_first_admin(database, login="root", adcode="110000", now=now(), password=weak)
    with database.reading() as session:
        assert session.scalars(select(Organisation)).all() == []


def test_the_demo_has_people_of_all_roles(database, client, now):
    """Each with a password of its own, made anew, that needs no change."""
    made = create_demo_users(database, now=now())
    assert len({one.password for one in made}) == len(made)
    held = {role for one in made for role in one.roles}
    assert held >= set(Role) - {Role.STREET_TEAM}
    for one in made:
        credentials = {"login": one.login, "password": one.password}
        answer = client.post("/api/v1/session", json=credentials)
        assert answer.status_code == 201
        assert not answer.json()["user"]["must_change_password"]


def test_a_real_centre_gets_no_demo_people(database, now):
    """Where anybody exists, the demo's people are refused."""
    create_first_admin(database, login="root", adcode="110000", now=now())
    with pytest.raises(Conflict) as refused:
        create_demo_users(database, now=now())
    assert refused.value.code == "not_a_demo"
