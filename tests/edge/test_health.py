"""Probes get a status code that means something, and the words why."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import httpx
import pytest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from edge.errors import EdgeError
from edge.health import Health, HealthServer
from edge.settings import HealthSettings


class Measured(Collector):
    def collect(self):
        yield GaugeMetricFamily("streetcase_answer", "An answer", value=42)


def ask(server, path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("is_alive", "is_ready", "codes"),
    [(True, True, (200, 200)), (True, False, (200, 503)), (False, False, (503, 503))],
)
def test_health_and_readiness_are_two_questions(is_alive, is_ready, codes):
    """A box on a full disk lives and is not ready; one that hangs is neither."""
    health = Health(is_alive=is_alive, is_ready=is_ready, facts={"box": "前门"})
    with HealthServer(HealthSettings(port=0), health=lambda: health, metrics=Measured()) as server:
        answers = [ask(server, path) for path in ("/health", "/ready?probe=1")]
    assert tuple(code for code, _ in answers) == codes
    assert json.loads(answers[0][1]) == {"ok": is_alive, "box": "前门"}


def test_metrics_are_read_when_asked_for():
    """In the text format of Prometheus; other paths are not found, and nothing can be posted."""
    health = Health(is_alive=True, is_ready=True, facts={})
    with HealthServer(HealthSettings(port=0), health=lambda: health, metrics=Measured()) as server:
        assert "streetcase_answer 42.0" in ask(server, "/metrics")[1]
        assert ask(server, "/")[0] == 404
        assert httpx.post(f"http://127.0.0.1:{server.port}/health").status_code == 501


def test_a_taken_port_is_said_with_its_setting():
    """And what to do."""
    health = Health(is_alive=True, is_ready=True, facts={})
    with HealthServer(HealthSettings(port=0), health=lambda: health, metrics=Measured()) as server:
        taken = HealthSettings(port=server.port)
        with pytest.raises(EdgeError, match=r"health\.port"):
            HealthServer(taken, health=lambda: health, metrics=Measured())
