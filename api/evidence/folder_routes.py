"""Links of the folder store: uploading and reading one file, by whoever holds a signed token."""

from __future__ import annotations

import re
from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import StreamingResponse

from api.errors import NotFound
from api.evidence.store_folder import OBJECTS_PATH, UPLOADS_PATH, FolderStore
from api.problems import problem_response, problems
from api.state import CurrentStore
from pipeline.evidence.digests import CHUNK_BYTES

router = APIRouter(tags=["store"])

# RFC 9110, 14.1.2: one range of bytes; players ask for no more. Eighteen digits hold any file.
RANGE = re.compile(r"^bytes=(\d{0,18})-(\d{0,18})$")


def _folder(store: CurrentStore) -> FolderStore:
    if not isinstance(store, FolderStore):
        raise NotFound("not_found", "This centre keeps its files in an S3 server.")
    return store


Folder = Annotated[FolderStore, Depends(_folder)]


@router.put(
    UPLOADS_PATH + "/{token}",
    operation_id="upload_object",
    status_code=204,
    responses=problems(403, 404, 413, 422, 503),
)
async def upload_object(token: str, request: Request, folder: Folder) -> Response:
    """Bring the one file that the token is for: all of it, or nothing is kept."""
    ticket = folder.read_upload_ticket(token)
    # The body is streamed, so this handler is async; what touches the disk runs in a thread.
    receiving = folder.receive(ticket)
    incoming = await anyio.to_thread.run_sync(receiving.__enter__)
    failure: BaseException | None = None
    try:
        pieces = bytearray()
        async for piece in request.stream():
            pieces += piece
            if len(pieces) >= CHUNK_BYTES:
                await anyio.to_thread.run_sync(incoming.write, bytes(pieces))
                pieces.clear()
        await anyio.to_thread.run_sync(incoming.write, bytes(pieces))
    except BaseException as error:  # the file is closed and removed, whatever happened
        failure = error
        raise
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(
                receiving.__exit__, type(failure) if failure else None, failure, None
            )
    return Response(status_code=204)


@router.head(OBJECTS_PATH + "/{token}", include_in_schema=False)
@router.get(
    OBJECTS_PATH + "/{token}",
    operation_id="read_object",
    response_class=StreamingResponse,
    responses=problems(403, 404, 416, 503),
)
def read_object(token: str, request: Request, folder: Folder) -> Response:
    """Read the one file that the token is for, or a range of its bytes."""
    ticket = folder.read_download_ticket(token)
    size = folder.size_of(ticket.sha256, ticket.area)
    if size is None:
        raise NotFound("object_not_found", "This file is no longer in the store.")
    headers = {
        "Accept-Ranges": "bytes",
        "Content-Disposition": ticket.disposition(),
        "ETag": f'"{ticket.sha256}"',
        "Cache-Control": "private, max-age=300",  # a link lives for minutes; bytes never change
    }
    wanted = _range(request.headers.get("range"), size)
    if wanted is None:
        return problem_response(
            str(request.scope.get("request_id", "")),
            status=416,
            title="Range not satisfiable",
            code="range_not_satisfiable",
            detail=f"The file has {size} bytes.",
            headers={"Content-Range": f"bytes */{size}"},
        )
    start, length = wanted
    headers["Content-Length"] = str(length)
    if length != size:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{size}"
    status = 206 if "Content-Range" in headers else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=ticket.media_type)
    pieces = folder.read(ticket.sha256, ticket.area, start=start, length=length)
    return StreamingResponse(pieces, status, headers=headers, media_type=ticket.media_type)


def _range(header: str | None, size: int) -> tuple[int, int] | None:
    """Start and length in bytes; none: no byte of the file is in the range.

    A header of another form is ignored, as RFC 9110 allows.

    >>> _range("bytes=0-1", 10), _range("bytes=8-", 10), _range("bytes=-3", 10)
    ((0, 2), (8, 2), (7, 3))
    >>> _range(None, 10), _range("bytes=10-", 10), _range("bytes=5-20", 10)
    ((0, 10), None, (5, 5))
    """
    match = RANGE.match(header or "")
    if match is None or match[0] == "bytes=-":
        return 0, size
    if not match[1]:
        length = min(int(match[2]), size)
        return (size - length, length) if length else None
    start = int(match[1])
    end = min(int(match[2]), size - 1) if match[2] else size - 1
    if start >= size:
        return None
    return (start, end - start + 1) if end >= start else (0, size)
