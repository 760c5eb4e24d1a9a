"""People, organisations and machine tokens over HTTP, within one's own part of the tree."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select

from api.audit.tables import AuditEntry
from api.users.tables import MachineToken, Role, User

CITY, DISTRICT, OTHER = "110000", "110105", "110106"
both = pytest.mark.parametrize("database_kind", ["sqlite", "postgresql"], indirect=True)


def new_user(**fields):
    return {
        "login": "Zhang.San",
        "name": "张三",
        "organisation_id": DISTRICT,
        "roles": ["operator"],
        **fields,
    }


@both
def test_create_a_person(log_in, client, database):
    """An administrator adds a person; the password is shown once, works, and has to be changed."""
    admin = log_in(Role.ADMIN)
    answer = admin.post("/api/v1/users", json=new_user(certificate_number="京A-0001"))
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["user"]["login"] == "zhang.san"
    assert body["user"]["organisation_path"] == "110000/110105/"
    assert body["user"]["must_change_password"]
    credentials = {"login": "zhang.san", "password": body["password"]}
    assert client.post("/api/v1/session", json=credentials).status_code == 201
    assert body["password"] not in admin.get(f"/api/v1/users/{body['user']['id']}").text
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.created")).one()
    assert entry.details == {"login": "zhang.san", "name": "张三", "roles": ["operator"]}


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"organisation_id": CITY}, 404),  # above one's own
        ({"organisation_id": OTHER}, 404),  # beside it
        ({"organisation_id": "999999"}, 404),
        ({"roles": []}, 422),
        ({"roles": ["emperor"]}, 422),
        ({"login": "a b"}, 422),
        ({"login": "x" * 65}, 422),
        ({"name": "nul\x00"}, 422),
        ({"password": "given by me"}, 422),
    ],
)
def test_bad_people(log_in, fields, status):
    """Foreign nodes are as if they were not there; what does not fit is refused."""
    answer = log_in(Role.ADMIN).post("/api/v1/users", json=new_user(**fields))
    assert answer.status_code == status, answer.text


def test_a_login_name_is_taken_once(log_in):
    """However it is spelled, and whoever cannot see whose it is."""
    admin = log_in(Role.ADMIN)
    assert admin.post("/api/v1/users", json=new_user()).status_code == 201
    again = admin.post("/api/v1/users", json=new_user(login="ZHANG.SAN"))
    assert (again.status_code, again.json()["code"]) == (409, "login_taken")


@both
def test_people_are_listed_page_by_page(log_in, make_user):
    """Everybody of the area once, in order, disabled ones too; nobody of another area."""
    admin = log_in(Role.ADMIN, login="admin")
    make_user("foreign", organisation=OTHER)
    made = [make_user(f"user{number}") for number in range(4)]
    seen, cursor = [], None
    while True:
        answer = admin.get("/api/v1/users", params={"limit": 2, "cursor": cursor})
        seen += [item["login"] for item in answer.json()["items"]]
        cursor = answer.json()["next"]
        if cursor is None:
            break
    assert seen == ["admin"] + [one.login for one in made]
    assert admin.get("/api/v1/users", params={"cursor": "rubbish"}).status_code == 400


def test_a_person_of_another_area_is_not_there(log_in, make_user):
    """Reading, changing, resetting and logging out answer as for somebody who does not exist."""
    admin, foreign = log_in(Role.ADMIN), make_user("foreign", organisation=OTHER)
    for id_ in (foreign.id, uuid4()):
        path = f"/api/v1/users/{id_}"
        answers = [
            admin.get(path),
            admin.patch(path, json={"name": "x"}),
            admin.post(f"{path}/password"),
            admin.delete(f"{path}/sessions"),
        ]
        assert {answer.json()["code"] for answer in answers} == {"user_unknown"}


@both
def test_change_a_person(log_in, make_user, database):
    """What is named changes, what is left out stays; the log has before and after."""
    admin, li = log_in(Role.ADMIN), make_user("li", Role.OPERATOR)
    change = {"roles": ["legal_reviewer"], "legal_qualified": True}
    answer = admin.patch(f"/api/v1/users/{li.id}", json=change)
    assert answer.status_code == 200
    assert answer.json()["roles"] == ["legal_reviewer"]
    assert answer.json()["name"] == "Li"
    with database.reading() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "user.changed")).one()
    assert entry.details == {
        "roles": [["operator"], ["legal_reviewer"]],
        "legal_qualified": [False, True],
    }


def test_roles_count_from_the_next_request_on(log_in):
    """Taking a role away needs no new login."""
    admin, other = log_in(Role.ADMIN), log_in(Role.ADMIN)
    assert other.get("/api/v1/users").status_code == 200
    admin.patch(f"/api/v1/users/{other.user.id}", json={"roles": ["operator"]})
    assert other.get("/api/v1/users").json()["code"] == "role_missing"


def test_disabling_ends_sessions_and_is_taken_back(log_in):
    """A disabled person is out at once, and comes back with a new login only."""
    admin, li = log_in(Role.ADMIN), log_in(Role.OPERATOR)
    path = f"/api/v1/users/{li.user.id}"
    assert admin.patch(path, json={"disabled": True}).json()["disabled_at"]
    assert li.get("/api/v1/session").status_code == 401
    assert admin.patch(path, json={"disabled": False}).json()["disabled_at"] is None
    assert li.get("/api/v1/session").status_code == 401


@both
@pytest.mark.parametrize(
    "change", [{"disabled": True}, {"roles": ["operator"]}, {"organisation_id": DISTRICT}]
)
def test_the_last_administrator_stays(log_in, change):
    """Nobody can leave a tree without an administrator, not even by their own hand."""
    root, below = log_in(Role.ADMIN, organisation=CITY), log_in(Role.ADMIN)
    path = f"/api/v1/users/{root.user.id}"
    answer = root.patch(path, json=change)
    assert (answer.status_code, answer.json()["code"]) == (409, "last_admin")
    assert root.get("/api/v1/session").json()["user"]["roles"] == ["admin"]
    # The one below is not the last: the root's administrator sees that district too.
    assert root.patch(f"/api/v1/users/{below.user.id}", json={"disabled": True}).status_code == 200


def test_reset_a_password(log_in, client):
    """The old password and every session end; the new one is shown once and has to be changed."""
    admin, li = log_in(Role.ADMIN), log_in(Role.OPERATOR, login="li")
    body = admin.post(f"/api/v1/users/{li.user.id}/password").json()
    assert body["user"]["must_change_password"]
    assert li.get("/api/v1/session").status_code == 401
    old = {"login": "li", "password": "correct horse battery staple"}
    assert client.post("/api/v1/session", json=old).status_code == 401
    new = {"login": "li", "password": body["password"]}
    assert client.post("/api/v1/session", json=new).status_code == 201


def test_log_somebody_out(log_in):
    """Every session of a person ends at once."""
    admin, li = log_in(Role.ADMIN), log_in(Role.OPERATOR)
    assert admin.delete(f"/api/v1/users/{li.user.id}/sessions").status_code == 204
    assert li.get("/api/v1/session").status_code == 401


@both
def test_organisations(log_in):
    """An administrator grows the tree below its own node, and everybody sees their part of it."""
    admin, reader = log_in(Role.ADMIN), log_in(Role.OPERATOR, organisation=OTHER)
    street = {"id": "110105014", "name": "东街", "parent_id": DISTRICT}
    assert admin.post("/api/v1/organisations", json=street).status_code == 201
    listed = admin.get("/api/v1/organisations").json()["items"]
    assert [node["path"] for node in listed] == ["110000/110105/", "110000/110105/110105014/"]
    assert [one["id"] for one in reader.get("/api/v1/organisations").json()["items"]] == [OTHER]
    again = admin.post("/api/v1/organisations", json=street)
    assert (again.status_code, again.json()["code"]) == (409, "organisation_exists")
    for parent in (CITY, OTHER, "999999"):
        body = {"id": "110105999", "name": "x", "parent_id": parent}
        assert admin.post("/api/v1/organisations", json=body).status_code == 404
    renamed = admin.patch("/api/v1/organisations/110105014", json={"name": "西街"})
    assert renamed.json()["name"] == "西街"
    assert renamed.json()["path"] == "110000/110105/110105014/"
    assert admin.patch(f"/api/v1/organisations/{CITY}", json={"name": "x"}).status_code == 404


def test_a_tree_has_a_bottom(log_in):
    """Paths stay as short as the columns that hold them."""
    admin, parent = log_in(Role.ADMIN), DISTRICT
    for level in range(20):
        body = {"id": f"{level:030d}", "name": "x", "parent_id": parent}
        answer = admin.post("/api/v1/organisations", json=body)
        if answer.status_code != 201:
            break
        parent = body["id"]
    assert (answer.status_code, answer.json()["code"]) == (422, "too_deep")


@both
def test_machine_tokens(log_in, client, database, now):
    """A token is shown once, kept as a digest, opens its scope only, and ends when revoked."""
    admin = log_in(Role.ADMIN)
    body = {"name": "case system", "organisation_id": DISTRICT, "scopes": ["register:write"]}
    answer = admin.post("/api/v1/machine-tokens", json=body)
    assert answer.status_code == 201, answer.text
    token, id_ = answer.json()["token"], answer.json()["machine_token"]["id"]
    assert token.startswith("sct_")
    with database.reading() as session:
        assert token.encode() not in session.scalars(select(MachineToken.token_sha256)).one()
    bearer = {"Authorization": f"Bearer {token}"}
    assert client.get("/api/v1/camera-register", headers=bearer).status_code == 200
    assert client.get("/api/v1/users", headers=bearer).status_code == 401
    listed = admin.get("/api/v1/machine-tokens")
    assert token not in listed.text
    assert listed.json()["items"][0]["used_at"] == now().isoformat().replace("+00:00", "Z")
    for _ in range(2):
        assert admin.delete(f"/api/v1/machine-tokens/{id_}").json()["revoked_at"]
    answer = client.get("/api/v1/camera-register", headers=bearer)
    assert (answer.status_code, answer.json()["code"]) == (401, "token_unknown")


def test_a_machine_token_expires(log_in, client, now):
    """At its time, not later."""
    admin = log_in(Role.ADMIN)
    body = {"name": "x", "organisation_id": DISTRICT, "scopes": ["register:write"]}
    late = body | {"expires_at": (now() + timedelta(hours=1)).isoformat()}
    token = admin.post("/api/v1/machine-tokens", json=late).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    now.advance(minutes=59)
    assert client.get("/api/v1/camera-register", headers=bearer).status_code == 200
    now.advance(minutes=1)
    assert client.get("/api/v1/camera-register", headers=bearer).status_code == 401


def test_a_machine_token_of_the_past_is_not_made(log_in, now):
    """Somebody meant another date."""
    admin = log_in(Role.ADMIN)
    body = {"name": "x", "organisation_id": DISTRICT, "scopes": ["register:write"]}
    for instant in (now(), now() - timedelta(days=1)):
        answer = admin.post(
            "/api/v1/machine-tokens", json=body | {"expires_at": instant.isoformat()}
        )
        assert (answer.status_code, answer.json()["code"]) == (422, "expired")


@pytest.mark.parametrize("token", ["", "sct_", "sct_" + "A" * 43, "x" * 5000])
def test_an_unknown_token_is_refused(client, organisations, token):
    """A made-up token opens nothing, however long it is."""
    answer = client.get("/api/v1/camera-register", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 401


def test_a_foreign_machine_token_is_not_there(log_in, database):
    """An administrator of one district can neither make nor end tokens of another."""
    admin, foreign = log_in(Role.ADMIN), log_in(Role.ADMIN, organisation=OTHER)
    body = {"name": "x", "organisation_id": OTHER, "scopes": ["feed:read"]}
    assert admin.post("/api/v1/machine-tokens", json=body).status_code == 404
    id_ = foreign.post("/api/v1/machine-tokens", json=body).json()["machine_token"]["id"]
    assert admin.delete(f"/api/v1/machine-tokens/{id_}").status_code == 404
    assert admin.get("/api/v1/machine-tokens").json()["items"] == []


@both
def test_two_administrators_cannot_remove_each_other_at_once(log_in, database):
    """Of two that disable each other at the same moment one wins; somebody is always left."""

    one = log_in(Role.ADMIN, organisation=CITY)
    two = log_in(Role.ADMIN, organisation=CITY)
    barrier = threading.Barrier(2)

    def disable(caller, other):
        barrier.wait()
        caller.patch(f"/api/v1/users/{other.user.id}", json={"disabled": True})

    threads = [threading.Thread(target=disable, args=pair) for pair in ((one, two), (two, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.reading() as session:
        left = session.scalars(select(User).where(User.disabled_at.is_(None))).all()
    assert len(left) == 1
