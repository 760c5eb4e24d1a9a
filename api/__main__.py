"""The centre's commands: serve, migrate, storage, box, user, audit, export-reviews, openapi.

Settings come from the TOML file of --settings, secrets from the environment: STREETCASE_SECRET (at
least 32 random characters), STREETCASE_DATABASE_PASSWORD, STREETCASE_STORE_SECRET; with _FILE
appended to such a name, from the file that it names. docs/storage.md and docs/api.md say more.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from api import commands
from api.errors import ApiError
from api.logs import configure_logs
from api.problems import is_database_away
from api.settings import MIN_SECRET_CHARACTERS, SESSION_SECRET, read_secrets, read_settings
from pipeline.errors import SettingsError

OK, FAILED, WRONG_USE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; its last line is one JSON object with `ok`, except that of `openapi`.

    Returns:
        0 if ok, 1 if not, 2 for wrong arguments or settings.
    """
    options = _parser().parse_args(arguments)
    configure_logs(sys.stderr)
    command: Callable[[argparse.Namespace], commands.Figures | None] = options.run
    try:
        options.settings = read_settings(options.settings)
        options.secrets = read_secrets() if options.needs_secrets else None
        figures = command(options)
    except SettingsError as error:
        return _fail(WRONG_USE, str(error))
    except ApiError as error:
        return _fail(FAILED, error.detail, code=error.code)
    except SQLAlchemyError as error:
        if not is_database_away(error):
            raise
        return _fail(FAILED, f"The database does not answer: {getattr(error, 'orig', error)}")
    if figures is None:
        return OK
    print(json.dumps(figures, ensure_ascii=False))  # noqa: T201 - a command's answer
    return OK if figures["ok"] else FAILED


def _fail(status: int, problem: str, **more: str) -> int:
    print(problem, file=sys.stderr)  # noqa: T201 - a command's answer
    print(json.dumps({"ok": False, "error": problem, **more}, ensure_ascii=False))  # noqa: T201
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m api",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--settings", type=Path, help="the centre's TOML file; none: the defaults")
    nouns = parser.add_subparsers(dest="command", required=True)
    serve = _add(
        nouns, "serve", commands.serve,
        "answer requests until SIGTERM or SIGINT, then end what is in progress",
    )  # fmt: skip
    serve.add_argument(
        "--fd", type=int, help="listen on this inherited socket, shared with other processes"
    )
    migrate = _add(
        nouns, "migrate", commands.migrate, "bring the database to this version's schema"
    )
    migrate.add_argument(
        "--check", action="store_true", help="change nothing; ok only if nothing is missing"
    )
    _add(
        nouns, "openapi", commands.print_openapi,
        "print the description of the API (OpenAPI 3.1) as JSON", needs_secrets=False,
    )  # fmt: skip
    _add_storage(nouns)
    _add_box(nouns)
    _add_user(nouns)
    _add_export(nouns)
    audit = nouns.add_parser("audit", help="the log of everything that happened")
    verify = _add(
        audit.add_subparsers(required=True), "verify", commands.verify_audit,
        "check the chain of the log; names the first entry that does not hold",
    )  # fmt: skip
    del verify
    return parser


def _add_storage(nouns: commands.Subparsers) -> None:
    storage = nouns.add_parser("storage", help="the evidence store")
    _add(
        storage.add_subparsers(required=True), "check", commands.check_storage,
        "try out what the store can and cannot do",
    )  # fmt: skip


def _add_box(nouns: commands.Subparsers) -> None:
    box = nouns.add_parser("box", help="the boxes at intersections")
    code = _add(
        box.add_subparsers(required=True), "code", commands.create_box_code,
        "print a one-time code with which one box enrols",
    )  # fmt: skip
    code.add_argument("box_id", help="the box's own name: letters, digits, '.', '_' and '-'")
    code.add_argument("--organisation", required=True, help="id of the node that it belongs to")
    code.add_argument("--hours", type=int, default=72, help="life of the code (%(default)s)")


def _add_export(nouns: commands.Subparsers) -> None:
    reviews = _add(
        nouns, "export-reviews", commands.export_reviews,
        "write finally judged, redacted frames for training; called again, it goes on",
    )  # fmt: skip
    reviews.add_argument("--out", type=Path, required=True, help="an empty or new folder")
    reviews.add_argument(
        "--approval", required=True, help="who allowed this use and when; stands in log and export"
    )
    reviews.add_argument("--since", help="decided on or after this date or instant, as 2026-11-01")
    reviews.add_argument("--organisation", help="id of a node: it and all below; none: everything")
    reviews.add_argument(
        "--with-subject-clear",
        action="store_true",
        help="also pictures that show faces or plates of the subject itself; marked as unmasked",
    )


def _add_user(nouns: commands.Subparsers) -> None:
    people = nouns.add_parser("user", help="the people").add_subparsers(required=True)
    _add(
        people, "create-demo", commands.create_demo,
        "fill an empty database with people of all roles, for a demonstration only",
    )  # fmt: skip
    admin = _add(
        people, "create-admin", commands.create_admin,
        "make the first administrator and print a password, to be changed at the first login",
    )  # fmt: skip
    admin.add_argument("login", help="the name to log in with")
    admin.add_argument("--name", default="", help="the person's name")
    admin.add_argument("--organisation-name", default="", help="name of the city's node")


def _add(
    nouns: commands.Subparsers,
    name: str,
    run: Callable[[argparse.Namespace], commands.Figures | None],
    about: str,
    *,
    needs_secrets: bool = True,
) -> argparse.ArgumentParser:
    parser = nouns.add_parser(
        name,
        help=about,
        description=f"{about[0].upper()}{about[1:]}.",
        epilog=f"Needs {SESSION_SECRET} (at least {MIN_SECRET_CHARACTERS} characters)."
        if needs_secrets
        else None,
    )
    parser.set_defaults(run=run, needs_secrets=needs_secrets)
    return parser


if __name__ == "__main__":
    sys.exit(main())
