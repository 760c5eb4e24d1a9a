"""Which stage a candidate waits for, and who may judge there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from api.candidates.tables import CandidateState
from api.errors import Forbidden
from api.principal import Principal
from api.review.tables import Decision, Stage, Verdict
from api.users.tables import Role

STATE_OF_STAGE = {
    Stage.OPERATOR: CandidateState.PENDING_REVIEW,
    Stage.SECOND: CandidateState.SECOND_REVIEW,
    Stage.LEGAL: CandidateState.LEGAL_REVIEW,
}
STAGE_OF_STATE = {
    **{state: stage for stage, state in STATE_OF_STAGE.items()},
    # What was asked for may never come; an operator may judge on what is there.
    CandidateState.NEED_MORE: Stage.OPERATOR,
}
ROLE_OF_STAGE = {
    Stage.OPERATOR: Role.OPERATOR,
    Stage.SECOND: Role.SECOND_REVIEWER,
    Stage.LEGAL: Role.LEGAL_REVIEWER,
}
REVIEWERS = tuple(ROLE_OF_STAGE.values())


def stage_of(state: str) -> Stage | None:
    """The stage that a candidate in this state waits for; none: nobody may judge it now.

    >>> stage_of("second_review"), stage_of("exported")
    (<Stage.SECOND: 'second'>, None)
    """
    return STAGE_OF_STATE.get(CandidateState(state))


def stages_of(caller: Principal) -> tuple[Stage, ...]:
    """The stages at which somebody may judge."""
    return tuple(stage for stage in Stage if obstacle_of(caller, stage) is None)


def require_stage(caller: Principal, stage: Stage) -> None:
    """Refuse who may not judge at this stage.

    Raises:
        Forbidden: The role is missing or, for the legal stage, the qualification (LAW-49).
    """
    problem = obstacle_of(caller, stage)
    if problem is not None:
        raise problem


def obstacle_of(caller: Principal, stage: Stage) -> Forbidden | None:
    """What keeps somebody from judging at a stage; none: nothing."""
    role = ROLE_OF_STAGE[stage]
    if not caller.has(role):
        return Forbidden(
            "stage_role_missing",
            f"The {stage} stage needs the role {role}. Leave it to somebody who has it.",
            stage=stage.value,
            roles=[role.value],
        )
    if stage is Stage.LEGAL and not caller.legal_qualified:
        return Forbidden(
            "not_legal_qualified",
            "The legal stage needs a person with the legal qualification (APL 58).",
            stage=stage.value,
        )
    return None


def next_stage(policy: Sequence[str], stage: Stage) -> Stage | None:
    """The stage of a policy after this one; none: it was the last.

    >>> next_stage(["operator", "legal"], Stage.OPERATOR)
    <Stage.LEGAL: 'legal'>
    """
    following = policy[policy.index(stage) + 1 :]
    return Stage(following[0]) if following else None


def standing(decisions: Iterable[Decision]) -> dict[Stage, Decision]:
    """The confirmation that holds at each stage, of decisions in the order of their versions.

    A rejection or a request for more ends the round; a new confirmation at a stage ends those of
    the stages after it.
    """
    stages = list(Stage)
    holding: dict[Stage, Decision] = {}
    for decision in decisions:
        if decision.undone_at is not None or decision.verdict == Verdict.RECUSE:
            continue
        if decision.verdict != Verdict.CONFIRM:
            holding.clear()
            continue
        stage = Stage(decision.stage)
        for later in stages[stages.index(stage) + 1 :]:
            holding.pop(later, None)
        holding[stage] = decision
    return holding
