"""What a request finds in the application: settings, secrets, database, store, metrics."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Request

from api.database import Database
from api.evidence.store import EvidenceStore
from api.metrics import Metrics
from api.settings import ApiSettings, Secrets


def _settings(request: Request) -> ApiSettings:
    found: ApiSettings = request.app.state.settings
    return found


def _secrets(request: Request) -> Secrets:
    found: Secrets = request.app.state.secrets
    return found


def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found


def _store(request: Request) -> EvidenceStore:
    found: EvidenceStore = request.app.state.store
    return found


def _metrics(request: Request) -> Metrics:
    found: Metrics = request.app.state.metrics
    return found


def _base_url(request: Request) -> str:
    """Where the centre is reached from outside, without a slash at the end."""
    public = request.app.state.settings.server.public_url
    return str(public or request.base_url).rstrip("/")


CurrentSettings = Annotated[ApiSettings, Depends(_settings)]
CurrentSecrets = Annotated[Secrets, Depends(_secrets)]
CurrentDatabase = Annotated[Database, Depends(_database)]
CurrentStore = Annotated[EvidenceStore, Depends(_store)]
CurrentMetrics = Annotated[Metrics, Depends(_metrics)]
BaseUrl = Annotated[str, Depends(_base_url)]
