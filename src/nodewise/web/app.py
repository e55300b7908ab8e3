"""The server of one study: its routes, and what every answer must bear."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from nodewise.errors import NodewiseError
from nodewise.web import (
    adjudication,
    allocation,
    answers,
    export,
    images,
    marking,
    matching,
    pathology,
    queries,
    reader,
    score,
    sign_in,
    staff,
)
from nodewise.web.pages import page
from nodewise.web.room import Room

PARTS = (
    sign_in, reader, images, answers, adjudication, marking, staff, allocation, score, pathology,
    matching, queries, export,
)  # fmt: skip
LONGEST_BODY = 256 * 1024
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",  # none at all would blind the check of origins
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


def create(room: Room, *, hosts: tuple[str, ...] = ("127.0.0.1", "localhost")) -> FastAPI:
    """The application of one study.

    Args:
        room: the study, its readings, and the door to the truth.
        hosts: names under which this server may be addressed.
    """
    app = FastAPI(title="nodewise", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.room = room
    for part in PARTS:
        app.include_router(part.router)
    static = Path(str(files("nodewise").joinpath("web", "static")))
    app.mount("/static", StaticFiles(directory=static), name="static")
    app.middleware("http")(_guard)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    app.exception_handler(HTTPException)(_refused)
    app.exception_handler(NodewiseError)(_stopped)
    app.exception_handler(RequestValidationError)(_malformed)
    return app


async def _guard(request: Request, follow: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse large bodies before they are read; put our headers on every answer."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdigit():
        response: Response = JSONResponse({"problem": "say how long the body is"}, 411)
    elif int(length) > LONGEST_BODY:
        response = JSONResponse({"problem": "the body is too long"}, 413)
    else:
        response = await follow(request)
    response.headers.update(HEADERS)
    return response


def _answer(request: Request, status: int, says: str) -> Response:
    """A problem as a page for people and as JSON for our scripts."""
    if "text/html" not in request.headers.get("accept", ""):
        return JSONResponse({"problem": says}, status)
    if status == 401:
        return RedirectResponse("/login", 303)
    return page("problem.html", {"problem": says}, status=status)


async def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    says = "there is no such page" if error.detail == "Not Found" else str(error.detail)
    return _answer(request, error.status_code, says)


async def _stopped(request: Request, error: Exception) -> Response:
    return _answer(request, 409, str(error))


async def _malformed(request: Request, error: Exception) -> Response:
    """Say which field is wrong and how; what was sent is not repeated."""
    if not isinstance(error, RequestValidationError):
        raise error
    says = [
        f"{'.'.join(map(str, each['loc'][1:])) or 'the request'}: "
        f"{each['msg'].removeprefix('Value error, ')}"
        for each in error.errors()
    ]
    return _answer(request, 422, f"nothing was saved; {'; '.join(says[:3])}")
