"""Somebody of the demonstration on one page of the console; on top of conftest's desks."""

from __future__ import annotations

import pytest

# Language, appearance and size: each of them once with each other value is enough.
LOOKS = (("zh-CN", "light", "small"), ("en", "dark", "large"))


@pytest.fixture
def visit(desks):
    """Logs somebody in on a page: `visit("demo-admin", "/cameras")`; gives their desk."""

    def begin(login, path="/", look=LOOKS[0]):
        language, appearance, size = look
        return desks(size=size, language=language, appearance=appearance).log_in(login, path)

    return begin


def called(page, method, path, body=None):
    """A call of the API as the person of the page: `called(page, "GET", "/cameras")`."""
    return page.evaluate(
        """async ([method, path, body]) => {
            const { csrf } = await (await fetch("/api/v1/session")).json();
            const headers = { "X-CSRF-Token": csrf, "Content-Type": "application/json" };
            const sent = body === null ? {} : { body: JSON.stringify(body) };
            const answer = await fetch(`/api/v1${path}`, { method, headers, ...sent });
            return answer.json();
        }""",
        [method, path, body],
    )


def walk(desk, section, stops):
    """Look at pages one after the other, each with a picture; gives what axe finds grave."""
    found = {}
    for name, path, shown in stops:
        desk.page.goto(f"{desk.centre.address}{path}")
        desk.page.wait_for_selector(shown)
        desk.show(f"{section}-{name}")
        problems = desk.grave_problems()
        if problems:
            found[name] = problems
    return found
