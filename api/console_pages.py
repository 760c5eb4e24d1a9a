"""The built console under "/": its files, their cache and its content security policy."""

from __future__ import annotations

import gzip
import mimetypes
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, HTMLResponse
from starlette.exceptions import HTTPException

from pipeline.exchange import API_PREFIX

if TYPE_CHECKING:
    from api.settings import StoreSettings

DIST = Path(__file__).parent / "console" / "dist"  # `make console` builds it
INDEX = "index.html"
# Vite puts a digest of the content into the names below this folder: they never change.
HASHED = "assets"
FOR_EVER = "public, max-age=31536000, immutable"  # a year, as RFC 9111's readers take "for ever"
ASK_FIRST = "no-cache"  # a new version is seen at the next reload
# Of these bytes three quarters are saved; pictures are compressed already.
COMPRESSED = frozenset({".js", ".css", ".html", ".svg", ".json"})
MAX_COMPRESSED_FILES = 256  # kept in memory; a build has some dozens, two of them at an update
# What is never a page of the console; anything else that is no file is one of its addresses.
NOT_PAGES = (f"{API_PREFIX.rpartition('/')[0]}/", "/health", "/ready", "/metrics")

_NOT_BUILT = """<!doctype html>
<html lang="zh-CN"><meta charset="utf-8"><title>Streetcase</title>
<main style="font: 16px/1.6 sans-serif; max-width: 40em; margin: 4em auto; padding: 0 1em">
<h1>控制台尚未构建 · The console is not built</h1>
<p>请在项目目录运行 <code>make console</code>，然后刷新本页。接口服务正常。</p>
<p>Run <code>make console</code> in the project's folder, then reload this page. The API is up.</p>
</main></html>
"""


def install(app: FastAPI, store: StoreSettings, dist: Path = DIST) -> None:
    """Serve the console at every address that nothing else answers; to be called last.

    Args:
        app: The centre.
        store: Says from which server, besides this one, pictures and clips come.
        dist: Folder of the built console; it may come and go while the centre runs.
    """
    headers = {"Content-Security-Policy": content_security_policy(store)}

    @app.get("/{path:path}", include_in_schema=False, response_model=None)
    @app.head("/{path:path}", include_in_schema=False, response_model=None)
    def console_page(path: str, request: Request) -> Response:
        if request.url.path.startswith(NOT_PAGES):
            raise HTTPException(404)
        found = _file_of(dist, path)
        if found is not None:
            is_hashed = PurePosixPath(path).parts[0] == HASHED
            cache = FOR_EVER if is_hashed else ASK_FIRST
            return _answer(request, found, {**headers, "Cache-Control": cache})
        if PurePosixPath(path).suffix or path.startswith(f"{HASHED}/"):
            raise HTTPException(404)  # a file of an older build; a page in its place would mislead
        index = dist / INDEX
        if not index.is_file():
            return HTMLResponse(_NOT_BUILT, 503, headers={**headers, "Cache-Control": ASK_FIRST})
        return _answer(request, index, {**headers, "Cache-Control": ASK_FIRST})


def content_security_policy(store: StoreSettings) -> str:
    """Nothing but our own; pictures and clips also from the evidence store's server.

    Ant Design writes its styles at run time, hence inline styles; scripts are files of ours only.
    """
    media = "'self' blob: data:"
    if store.s3 is not None:
        s3 = store.s3
        is_secure = s3.secure if s3.public_secure is None else s3.public_secure
        media += f" {'https' if is_secure else 'http'}://{s3.public_endpoint or s3.endpoint}"
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",
            f"img-src {media}",
            f"media-src {media}",
            "font-src 'self' data:",
            "connect-src 'self'",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


def _answer(request: Request, path: Path, headers: dict[str, str]) -> Response:
    """A file, compressed for whoever takes that."""
    if path.suffix not in COMPRESSED:
        return FileResponse(path, headers=headers)
    headers = {**headers, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return FileResponse(path, headers=headers)
    content = _compressed(path, path.stat().st_mtime_ns)
    media_type = mimetypes.guess_type(path.name)[0]
    headers |= {"Content-Encoding": "gzip"}
    return Response(content, headers=headers, media_type=media_type)


@lru_cache(maxsize=MAX_COMPRESSED_FILES)
def _compressed(path: Path, _changed_at: int) -> bytes:
    return gzip.compress(path.read_bytes(), mtime=0)


def _file_of(dist: Path, path: str) -> Path | None:
    """The file of the build that an address names; never one outside of it."""
    if not path or path == INDEX or "\x00" in path:
        return None
    found = (dist / path).resolve()
    if not found.is_relative_to(dist.resolve()) or not found.is_file():
        return None
    return found
