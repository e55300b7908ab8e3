"""Runs the server."""

import uvicorn

from nodewise.web.app import create
from nodewise.web.room import Room


def serve(room: Room, *, host: str, port: int) -> None:
    """Serve a study until interrupted; nothing about requests is logged."""
    hosts = ("127.0.0.1", "localhost", *([host] if host not in ("127.0.0.1", "0.0.0.0") else []))
    app = create(room, hosts=("*",) if host == "0.0.0.0" else hosts)
    uvicorn.run(
        app, host=host, port=port, server_header=False, access_log=False, log_level="warning"
    )
