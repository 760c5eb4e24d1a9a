"""What the console asks of the queue besides its pages: one item by number, a clip's pictures."""

from __future__ import annotations

import pytest

from tests.api.reviewing import (  # noqa: F401 - pytest finds fixtures by name
    operator,
    reviewer,
    world,
)

API = "/api/v1"


def test_one_item_is_found_by_its_number(world, operator):  # noqa: F811
    """A number finds its candidate and no other; an unknown one finds nothing."""
    wanted, _other = world.candidate(), world.candidate()
    found = operator.caller.get(f"{API}/queue", params={"number": wanted.number}).json()
    assert [item["id"] for item in found["items"]] == [str(wanted.id)]
    assert operator.caller.get(f"{API}/queue", params={"number": 10**9}).json()["items"] == []


@pytest.mark.parametrize("number", [0, -1, "x", 2**63])
def test_a_number_that_is_none_is_refused(operator, number):  # noqa: F811
    """What cannot be a number of a candidate is told so."""
    assert operator.caller.get(f"{API}/queue", params={"number": number}).status_code == 422


def test_the_detail_says_when_the_rule_fired(world, operator):  # noqa: F811
    """The timeline has its middle mark; an item that is no clip has no count of pictures."""
    record = world.candidate()
    detail = operator.caller.get(f"{API}/candidates/{record.id}").json()
    assert detail["started_at"] < detail["fired_at"] < detail["last_seen_at"]
    assert {item["pictures"] for item in detail["evidence"]} == {None}
