"""Who asks: sessions, roles, and proof that a change comes from our own page."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, HTTPException, Request, Response

from nodewise.reading.roles import MAY, Role
from nodewise.store.people import Login
from nodewise.web.room import Room, room_of

CSRF = "x-csrf-token"


def cookie_name(room: Room) -> str:
    """A cookie of its own for each study, since cookies do not tell ports apart."""
    return "nodewise_" + hashlib.sha256(room.study.key + b"cookie").hexdigest()[:12]


def begin(request: Request, response: Response, name: str) -> None:
    """Sign a user in: the cookie holds a random token, the store its hash."""
    room, token = room_of(request), secrets.token_urlsafe(32)
    room.people.begin(_hashed(token), name, csrf=secrets.token_urlsafe(32))
    response.set_cookie(
        cookie_name(room),
        token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        max_age=int(room.absolute.total_seconds()),
    )


def end(request: Request, response: Response, login: Login) -> None:
    """Sign a user out, on the server too."""
    room = room_of(request)
    token = request.cookies.get(cookie_name(room), "")
    room.people.end(_hashed(token), login.name)
    response.delete_cookie(cookie_name(room))


def login_of(request: Request) -> Login | None:
    """Whoever is signed in here."""
    room = room_of(request)
    token = request.cookies.get(cookie_name(room))
    if not token:
        return None
    return room.people.login(_hashed(token), idle=room.idle, absolute=room.absolute)


def may(deed: str) -> Callable[[Request], Login]:
    """A dependency that lets in whose role may do a deed (`reading.roles.MAY`)."""
    allowed = MAY[deed]

    def check(request: Request) -> Login:
        login = login_of(request)
        if login is None:
            raise HTTPException(401, "sign in first")
        if Role(login.role) not in allowed:
            raise HTTPException(
                403, f"the role of {login.role} may not do this; sign in as somebody whose role may"
            )
        return login

    check.deed = deed  # type: ignore[attr-defined]  # read by the test of roles and routes
    return check


async def from_our_page(request: Request) -> None:
    """Refuse a change that does not come from a page of ours: origin, then token.

    Raises:
        HTTPException: 403.
    """
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise HTTPException(403, "this request comes from another site")
    login = login_of(request)
    if login is None:
        return
    given = request.headers.get(CSRF)
    if given is None and "form" in request.headers.get("content-type", ""):
        given = str((await request.form()).get("csrf", ""))
    if not hmac.compare_digest((given or "").encode(), login.csrf.encode()):
        raise HTTPException(403, "the page is out of date; reload it")


OurPage = Depends(from_our_page)
Reader = Annotated[Login, Depends(may("read"))]
Staff = Annotated[Login, Depends(may("see progress"))]
Unlocker = Annotated[Login, Depends(may("unlock"))]
Auditor = Annotated[Login, Depends(may("see the audit trail"))]
Anyone = Annotated[Login, Depends(may("be signed in"))]


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
