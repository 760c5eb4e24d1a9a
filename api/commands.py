"""What the centre's commands do; `python -m api --help` explains them."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import SecretStr

from api import server
from api.app import create_app, open_store
from api.audit.service import check_chain
from api.boxes.enrolment import create_code
from api.clock import utc_now
from api.database import Database, open_engine
from api.errors import Unprocessable
from api.evidence.store import Finding
from api.migration import is_current, newest_revision, revision_of, upgrade
from api.principal import system
from api.settings import ApiSettings, Secrets
from api.training.export import Exporter, Wanted
from api.users.first import create_demo_users, create_first_admin

if TYPE_CHECKING:
    from pydantic import JsonValue

    # The type has no public name.
    Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001
Figures: TypeAlias = "dict[str, JsonValue]"

BOX_ID = re.compile(r"^[A-Za-z0-9._-]{1,64}$")  # as Enrolment.box_id


def serve(options: argparse.Namespace) -> Figures:
    """Answer requests until told to stop."""
    return {"ok": server.serve(options.settings, options.secrets, fd=options.fd)}


def migrate(options: argparse.Namespace) -> Figures:
    """Bring the database to this version's schema."""
    database = _database(options)
    before = revision_of(database)
    if not options.check and before != newest_revision():
        upgrade(database)
    return {
        "ok": is_current(database),
        "from": before,
        "to": revision_of(database),
        "newest": newest_revision(),
    }


def check_storage(options: argparse.Namespace) -> Figures:
    """Try out the evidence store."""
    settings: ApiSettings = options.settings
    store = open_store(settings, options.secrets, _database(options))
    found = store.check(base_url=str(settings.server.public_url or ""))
    for check in found:
        _say(f"{check.finding.value:8} {check.name:16} {check.text}")
    return {
        "ok": all(check.finding is not Finding.FAILURE for check in found),
        "store": store.kind,
        "checks": {check.name: check.finding.value for check in found},
    }


def create_box_code(options: argparse.Namespace) -> Figures:
    """A one-time code for one box."""
    if not BOX_ID.match(options.box_id):
        raise Unprocessable("box_id", "A box's name has 1 to 64 letters, digits, '.', '_' or '-'.")
    with _database(options).writing() as session:
        made = create_code(
            session,
            actor=system("command"),
            box_id=options.box_id,
            organisation_id=options.organisation,
            hours=options.hours,
            now=utc_now(),
        )
    return {
        "ok": True,
        "code": made.code,
        "box_id": made.box_id,
        "expires_at": made.expires_at.isoformat(),
    }


def create_admin(options: argparse.Namespace) -> Figures:
    """The first administrator."""
    settings: ApiSettings = options.settings
    made = create_first_admin(
        _database(options),
        login=options.login,
        adcode=settings.adcode,
        now=utc_now(),
        name=options.name,
        organisation_name=options.organisation_name,
    )
    return {
        "ok": True,
        "login": made.login,
        "password": made.password,
        "organisation_id": settings.adcode,
    }


def create_demo(options: argparse.Namespace) -> Figures:
    """People of all roles for a demonstration, with passwords made anew."""
    made = create_demo_users(_database(options), now=utc_now())
    return {"ok": True, "logins": {one.login: one.password for one in made}}


def verify_audit(options: argparse.Namespace) -> Figures:
    """Check the chain of the log."""
    with _database(options).reading() as session:
        found = check_chain(session)
    return {
        "ok": found.broken_at is None,
        "entries": found.entries,
        "broken_at": found.broken_at,
        "problem": found.problem,
        "head_number": found.head.number,
        "head_sha256": found.head.sha256,
    }


def export_reviews(options: argparse.Namespace) -> Figures:
    """Write reviewed frames for training."""
    settings: ApiSettings = options.settings
    timezone = ZoneInfo(settings.timezone)
    database = _database(options)
    exporter = Exporter(
        database=database,
        store=open_store(settings, options.secrets, database),
        timezone=timezone,
        now=utc_now,
    )
    wanted = Wanted(
        approval=options.approval,
        since=_instant(options.since, timezone) if options.since else None,
        organisation=options.organisation,
        with_subject_clear=options.with_subject_clear,
    )
    return {"ok": True, "out": str(options.out), **exporter.export(options.out, wanted)}


def _instant(text: str, timezone: ZoneInfo) -> datetime:
    """A date, or an instant with or without its zone, as people write them."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Unprocessable(
            "since", f"{text!r} is no date; write 2026-11-01 or 2026-11-01T08:00:00+08:00."
        ) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone)


def print_openapi(options: argparse.Namespace) -> None:
    """Print the description of the API."""
    # No secret is needed to describe; nothing that this one signs leaves the process.
    secrets = Secrets(session=SecretStr("describes only, signs nothing"))
    settings: ApiSettings = options.settings
    without_store = settings.model_copy(
        update={"store": settings.store.model_copy(update={"s3": None})}
    )
    document = create_app(without_store, secrets, with_timers=False).openapi()
    _say(json.dumps(document, ensure_ascii=False, indent=1))


def _database(options: argparse.Namespace) -> Database:
    settings: ApiSettings = options.settings
    secrets: Secrets = options.secrets
    return Database(open_engine(settings.database, secrets.database_password))


def _say(text: str) -> None:
    print(text, file=sys.stdout)  # noqa: T201 - a command's answer
