"""A person or a machine at a centre, over HTTP: for the demo and the tests of the whole system."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import httpx

if TYPE_CHECKING:
    from types import TracebackType

API = "/api/v1"
CHECKLIST = {"authentic": True, "clear": True, "complete": True, "accurate": True}
TIMEOUT_SECONDS = 60.0  # a busy machine; what has to be quick is measured elsewhere


class Person:
    """Somebody who is logged in.

    Raises:
        httpx.HTTPStatusError: Any answer that is no success, from every method.
    """

    def __init__(self, url: str, login: str, password: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=TIMEOUT_SECONDS)
        begun = self._client.post(f"{API}/session", json={"login": login, "password": password})
        begun.raise_for_status()
        self._client.headers["X-CSRF-Token"] = begun.json()["csrf"]

    def __enter__(self) -> Self:
        """Stay logged in until the block ends."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the connection."""
        self._client.close()

    def get(self, path: str, **query: Any) -> Any:  # noqa: ANN401 - JSON
        """What a path gives."""
        answer = self._client.get(f"{API}{path}", params=query)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """Send something; gives the answer, none where there is none."""
        answer = self._client.post(f"{API}{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def put(self, path: str, body: object) -> Any:  # noqa: ANN401 - JSON
        """Put something in the place of what is there; gives the answer."""
        answer = self._client.put(f"{API}{path}", json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def queue(self, **query: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - query values
        """All candidates, in the queue's order."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            page = self.get("/queue", limit=200, **query, **cursor)
            found += page["items"]
            if page["next"] is None:
                return found
            cursor = {"cursor": page["next"]}

    def decide(self, candidate_id: str, verdict: str, **fields: object) -> dict[str, Any]:
        """Claim a candidate, look at it, and judge it."""
        self.post(f"/candidates/{candidate_id}/claim")
        seen = self.get(f"/candidates/{candidate_id}")
        answer: dict[str, Any] = self.post(
            f"/candidates/{candidate_id}/decisions",
            {
                "decision_id": str(uuid4()),
                "version": seen["version"],
                "update": seen["judged_update"],
                "verdict": verdict,
                **fields,
            },
        )
        return answer

    def confirm(self, candidate_id: str) -> dict[str, Any]:
        """Confirm with all four checks."""
        return self.decide(candidate_id, "confirm", checklist=CHECKLIST)

    def reject(self, candidate_id: str, reason: str) -> dict[str, Any]:
        """Reject for a reason of the list."""
        return self.decide(candidate_id, "reject", reason=reason)


class CaseSystem:
    """A consumer of cases with its token."""

    def __init__(self, url: str, token: str) -> None:
        self._client = httpx.Client(
            base_url=url, timeout=TIMEOUT_SECONDS, headers={"Authorization": f"Bearer {token}"}
        )

    def feed(self, cursor: str | None = None) -> dict[str, Any]:
        """The next events."""
        answer = self._client.get(f"{API}/feed", params={"cursor": cursor} if cursor else {})
        answer.raise_for_status()
        page: dict[str, Any] = answer.json()
        return page

    def bundle(self, case_id: str) -> bytes:
        """The frozen evidence set as a ZIP file."""
        answer = self._client.get(f"{API}/cases/{case_id}/bundle")
        answer.raise_for_status()
        return answer.content

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()
