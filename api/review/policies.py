"""Review policies: which stages a candidate needs, by violation and area, with their history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy.orm import Session

from api.audit.service import append
from api.errors import Conflict, NotFound
from api.principal import Principal
from api.review import repository
from api.review.schemas import PolicyRequest
from api.review.tables import ReviewPolicy, Stage

# A lead is no penalty (LAW-44). Who wants a second or legal reviewer says so in a policy.
DEFAULT_STAGES = (Stage.OPERATOR,)


def stages_for(
    session: Session, *, violation: str, organisation_path: str, at: datetime
) -> list[str]:
    """The stages that a candidate needs: of the nearest organisation, then of its own violation.

    Two that are equally near (they began in the same instant) are told apart by their id, so that
    every process comes to the same.
    """
    found = repository.policies_over(
        session, violation=violation, organisation_path=organisation_path, at=at
    )
    best = max(
        found,
        key=lambda policy: (
            len(policy.organisation_path),
            policy.violation is not None,
            policy.valid_from,
            policy.id.hex,
        ),
        default=None,
    )
    return list(best.stages) if best is not None else [stage.value for stage in DEFAULT_STAGES]


def create_policy(
    session: Session, admin: Principal, request: PolicyRequest, *, now: datetime
) -> ReviewPolicy:
    """Begin a policy; one for the same violation and path ends where this begins.

    Candidates that have come already keep the stages that they came under.

    Raises:
        NotFound: The path is not in the administrator's area.
    """
    if not admin.sees(request.organisation_path):
        raise NotFound("organisation_unknown", "There is no such organisation in your area.")
    before = repository.same_policy(
        session,
        violation=request.violation,
        organisation_path=request.organisation_path,
        at=now,
    )
    if before is not None:
        before.valid_to = now
    policy = ReviewPolicy(
        id=uuid4(),
        violation=request.violation,
        organisation_path=request.organisation_path,
        stages=[stage.value for stage in request.stages],
        valid_from=now,
        valid_to=None,
        created_by=UUID(admin.id),
    )
    session.add(policy)
    session.flush()
    replaced: dict[str, JsonValue] = {"replaces": str(before.id)} if before else {}
    _log(session, admin, "policy.created", policy, now, **replaced)
    return policy


def end_policy(
    session: Session, admin: Principal, policy_id: UUID, *, now: datetime
) -> ReviewPolicy:
    """End a policy; it stays on record.

    Raises:
        NotFound: There is none in the administrator's area.
        Conflict: It has ended already.
    """
    policy = session.get(ReviewPolicy, policy_id, with_for_update=True)
    if policy is None or not admin.sees(policy.organisation_path):
        raise NotFound("policy_unknown", f"There is no policy {policy_id} in your area.")
    if policy.valid_to is not None:
        raise Conflict(
            "policy_ended",
            "This policy has ended already.",
            valid_to=policy.valid_to.isoformat(),
        )
    policy.valid_to = now
    session.flush()
    _log(session, admin, "policy.ended", policy, now)
    return policy


def list_policies(
    session: Session,
    reader: Principal,
    *,
    at: datetime | None,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[ReviewPolicy]:
    """Policies of the reader's area, newest first; with `at` only those that hold then."""
    return repository.policies(
        session, area=reader.organisation_path, at=at, after=after, limit=limit
    )


def _log(
    session: Session,
    admin: Principal,
    action: str,
    policy: ReviewPolicy,
    now: datetime,
    **details: JsonValue,
) -> None:
    append(
        session,
        actor=admin,
        action=action,
        subject_kind="policy",
        subject_id=str(policy.id),
        organisation_path=policy.organisation_path,
        now=now,
        details={"violation": policy.violation, "stages": list(policy.stages), **details},
    )
