"""Whatever the OpenAPI description allows a caller to send is answered, and never by a 5xx."""

from __future__ import annotations

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core import NOT_SET

from api.users.tables import Role

EXAMPLES = 6  # a route; a hundred routes make a few seconds
HTTP_FAULT = 500
# Whoever calls these waits for what comes; tests/api/feed/test_streams.py has them.
STREAM = "text/event-stream"


def operations(app):
    """Every described operation that answers at once."""
    schema = schemathesis.openapi.from_dict(app.openapi())
    for found in schema.get_all_operations():
        operation = found.ok()
        described = str(operation.definition.raw.get("responses", {}))
        if STREAM not in described and "stream" not in operation.path:
            yield operation


def faults_of(operation, caller):
    """Send generated requests of one operation; what was answered by a fault."""
    faults = []

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy())
    def send(case):
        body = {} if case.body is NOT_SET else {"json": case.body}
        answer = caller.request(
            case.method, case.formatted_path, params=dict(case.query or {}), **body
        )
        if answer.status_code >= HTTP_FAULT:
            faults.append((operation.label, case.formatted_path, answer.text[:300]))

    send()
    return faults


def test_no_described_request_is_answered_by_a_fault(app, log_in):
    """Somebody with every role sends what the description allows, to every operation."""
    tried, faults = 0, []
    for operation in operations(app):
        tried += 1
        faults += faults_of(operation, log_in(*Role))  # one of the operations logs out
    assert tried > 80
    assert not faults


def test_no_described_request_of_a_stranger_is_answered_by_a_fault(app, client):
    """The same without a session: refused, but in order."""
    faults = [fault for operation in operations(app) for fault in faults_of(operation, client)]
    assert not faults
