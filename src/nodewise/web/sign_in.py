"""Signing in and out."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from nodewise.web import access, passwords
from nodewise.web.pages import page
from nodewise.web.places import places
from nodewise.web.room import Room, room_of

WINDOW = timedelta(minutes=15)
BY_NAME, BY_ADDRESS = 5, 30
"""Attempts in vain within the window after which a name, or an address, has to wait."""

router = APIRouter()
Field = Annotated[str, Form(max_length=1024)]


@router.get("/")
def home(request: Request) -> Response:
    """Where a user's work is."""
    login = access.login_of(request)
    if login is None:
        return RedirectResponse("/login", 303)
    return RedirectResponse(places(login.role)[0][0], 303)


@router.get("/login")
def login_page(request: Request) -> Response:
    """The page to sign in."""
    if access.login_of(request):
        return RedirectResponse("/", 303)
    return page("login.html", {"problem": "", "name": ""})


@router.post("/login", dependencies=[access.OurPage])
def sign_in(request: Request, name: Field = "", password: Field = "") -> Response:
    """Check a password; say nothing about which part was wrong."""
    room, address = room_of(request), request.client.host if request.client else ""
    if tried_too_often(room, name, address):
        wait = {"problem": "Too many attempts. Wait a quarter of an hour.", "name": name}
        response: Response = page("login.html", wait, status=429)
        response.headers["retry-after"] = str(int(WINDOW.total_seconds()))
        return response
    if not passwords.fits(room.people.password(name), password):
        room.people.failed(name, address)
        wrong = {"problem": "Name and password do not belong together.", "name": name}
        return page("login.html", wrong, status=401)
    response = RedirectResponse("/", 303)
    access.begin(request, response, name)
    return response


@router.post("/logout", dependencies=[access.OurPage])
def sign_out(request: Request, login: access.Anyone) -> Response:
    """End a session."""
    response = RedirectResponse("/login", 303)
    access.end(request, response, login)
    return response


def tried_too_often(room: Room, name: str, address: str) -> bool:
    """Whether a name or an address has to wait before it may try again."""
    named, here = room.people.failures(name, address, within=WINDOW)
    return named >= BY_NAME or here >= BY_ADDRESS
