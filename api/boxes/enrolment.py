"""Enrolling boxes: a one-time code from an administrator, a key from the box, a token back."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as randomness
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy.orm import Session

from api.audit.service import append
from api.boxes import repository
from api.boxes.tables import BoxKey, BoxRecord, EnrolmentCode
from api.database import Database
from api.errors import Conflict, Forbidden
from api.evidence.links import derive_key
from api.principal import Principal, PrincipalKind
from api.settings import ApiSettings, Secrets
from api.users.attempts import begin_attempt, take_back
from api.users.service import organisation_seen_by
from api.users.tables import Organisation
from api.users.tokens import BOX_PREFIX, token_digest
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.signing import key_id_of
from pipeline.exchange import Enrolled, Enrolment

# Crockford's alphabet: nobody confuses I, L, O or U when reading it out over the phone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP_CHARACTERS = 5, 5  # 125 bits
DEFAULT_HOURS = 72  # to carry the code to a box at an intersection
# How long a code stays on record after its end, so that a late box hears "ended" in the log.
KEPT_AFTER_END = timedelta(days=30)
TOKENS_PURPOSE = "streetcase box tokens 1"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCode:
    """An enrolment code, to be shown this once."""

    code: str
    box_id: str
    organisation_id: str
    expires_at: datetime


def create_code(
    session: Session,
    *,
    actor: Principal,
    box_id: str,
    organisation_id: str,
    now: datetime,
    hours: int = DEFAULT_HOURS,
) -> NewCode:
    """A code with which one named box may enrol once; an unused one of the same box ends.

    Raises:
        NotFound: The organisation is not in the actor's area.
        Conflict: The box belongs to another area.
    """
    organisation = organisation_seen_by(session, actor, organisation_id)
    known = repository.box(session, box_id)
    if known is not None and not actor.sees(known[1].path):
        raise Conflict("box_elsewhere", f"A box {box_id} belongs to another area. Choose a name.")
    repository.delete_codes(session, box_id, expired_before=now - KEPT_AFTER_END)
    text = "-".join(
        "".join(randomness.choice(ALPHABET) for _ in range(GROUP_CHARACTERS)) for _ in range(GROUPS)
    )
    expires_at = now + timedelta(hours=hours)
    session.add(
        EnrolmentCode(
            code_sha256=code_digest(text),
            box_id=box_id,
            organisation_id=organisation.id,
            created_by=UUID(actor.id) if actor.kind is PrincipalKind.USER else None,
            created_at=now,
            expires_at=expires_at,
        )
    )
    session.flush()
    append(
        session,
        actor=actor,
        action="box.code_created",
        subject_kind="box",
        subject_id=box_id,
        organisation_path=organisation.path,
        now=now,
        details={"expires_at": expires_at.isoformat()},
    )
    return NewCode(code=text, box_id=box_id, organisation_id=organisation.id, expires_at=expires_at)


def code_digest(code: str) -> bytes:
    """What a table keeps of a code; case and blanks around it do not count.

    >>> code_digest(" ab ") == code_digest("AB")
    True
    """
    return hashlib.sha256(code.strip().upper().encode()).digest()


def enrol(
    database: Database,
    settings: ApiSettings,
    secrets: Secrets,
    enrolment: Enrolment,
    *,
    address: str,
    now: datetime,
) -> Enrolled:
    """Take a box in: its key is registered, its former keys and token end.

    Repeated with the same code and key, because the answer was lost, it gives the same token.

    Raises:
        Forbidden: The code is unknown, ended, used or another box's, or the box does not hold the
            key. From outside all of these look the same.
        Conflict: The key was revoked, or is another box's.
        TooManyRequests: Too many failures of this box or from this address.
    """
    attempt = begin_attempt(
        database,
        settings.accounts,
        login=f"enrol {enrolment.box_id}",
        address=address,
        now=now,
    )
    if not _holds_key(enrolment):
        raise _refused(enrolment, "proof")
    token = _token_of(secrets, enrolment)
    with database.writing() as session:
        _enrol(session, enrolment, token, now)
    take_back(database, attempt)
    return Enrolled.model_validate({"box_id": enrolment.box_id, "token": token})


def _enrol(session: Session, enrolment: Enrolment, token: str, now: datetime) -> None:
    found = repository.code(session, code_digest(enrolment.code.get_secret_value()))
    if found is None or found[0].box_id != enrolment.box_id:
        raise _refused(enrolment, "code")
    code, organisation = found
    if now >= code.expires_at:
        raise _refused(enrolment, "expired")
    box = repository.locked_box(session, enrolment.box_id)
    key = repository.key(session, key_id_of(bytes.fromhex(enrolment.public_key)))
    if code.used_at is not None:
        if box is None or box.token_sha256 != token_digest(token):
            raise _refused(enrolment, "used")
        return  # the first answer was lost on the way
    if key is not None and (key.box_id != enrolment.box_id or key.revoked_at is not None):
        raise Conflict(
            "key_not_acceptable",
            "This key was revoked or belongs to another box. Have the box make a new one.",
        )
    code.used_at = now
    _register(session, enrolment, box=box, organisation=organisation, token=token, now=now)


def _register(
    session: Session,
    enrolment: Enrolment,
    *,
    box: BoxRecord | None,
    organisation: Organisation,
    token: str,
    now: datetime,
) -> None:
    if box is None:
        box = BoxRecord(id=enrolment.box_id)
        session.add(box)
    box.organisation_id = organisation.id
    box.token_sha256 = token_digest(token)
    box.enrolled_at, box.revoked_at = now, None
    box.software = enrolment.software
    session.flush()
    key_id = key_id_of(bytes.fromhex(enrolment.public_key))
    is_known = False
    for old in repository.keys_of(session, [box.id]):
        if old.key_id == key_id:
            is_known = True
        elif old.revoked_at is None:
            old.revoked_at = now
    if not is_known:
        session.add(
            BoxKey(
                key_id=key_id,
                box_id=box.id,
                public_key=enrolment.public_key,
                registered_at=now,
            )
        )
    session.flush()
    append(
        session,
        actor=Principal(
            kind=PrincipalKind.BOX,
            id=box.id,
            name=box.id,
            organisation_path=organisation.path,
        ),
        action="box.enrolled",
        subject_kind="box",
        subject_id=box.id,
        organisation_path=organisation.path,
        now=now,
        details={"key_id": key_id, "software": enrolment.software},
    )


def _holds_key(enrolment: Enrolment) -> bool:
    said = canonical_json(
        {
            "box_id": enrolment.box_id,
            "code": enrolment.code.get_secret_value(),
            "public_key": enrolment.public_key,
        }
    )
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(enrolment.public_key))
    try:
        key.verify(bytes.fromhex(enrolment.proof), said)
    except InvalidSignature:
        return False
    return True


def _token_of(secrets: Secrets, enrolment: Enrolment) -> str:
    """The token that this code gives this key: the same however often it is asked for.

    Whoever could work it out needs the code, the session secret and the key.
    """
    said = canonical_json(
        [
            enrolment.box_id,
            code_digest(enrolment.code.get_secret_value()).hex(),
            enrolment.public_key,
        ]
    )
    digest = hmac.digest(derive_key(secrets.session, TOKENS_PURPOSE), said, "sha256")
    return BOX_PREFIX + base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _refused(enrolment: Enrolment, why: str) -> Forbidden:
    log.warning("enrolment_refused", box=enrolment.box_id, why=why)
    return Forbidden(
        "enrolment_refused",
        "This code and key do not let this box in. Ask an administrator for a new code.",
    )
