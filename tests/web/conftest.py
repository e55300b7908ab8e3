import json
import re
import secrets
import shutil
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field

import numpy as np
import pytest
import sqlalchemy as sql

pytest.importorskip("fastapi", reason="the pages need: pip install nodewise[web]")

import uvicorn
from argon2 import PasswordHasher
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from nodewise.cli.reading import open_room
from nodewise.reading.roles import Role
from nodewise.reading.rounds import Round
from nodewise.steps.readings import planning
from nodewise.steps.work import Work
from nodewise.store import create
from nodewise.store.people import People
from nodewise.trial import text
from nodewise.web.app import create as create_app
from nodewise.web.opened import Opened
from nodewise.web.room import Room

PASSWORD = "correct horse battery"
HASH = PasswordHasher(1, 64, 1).hash(PASSWORD)  # quick, for tests alone
CANARY = "zztop"
"""Stands in everything about a case that no reader may learn."""
SHAPE, SPACING = (48, 48, 12), (2.0, 2.0, 4.0)


def grid():
    affine = np.diag([*SPACING, 1.0])
    affine[:3, 3] = (-48, -48, -24)
    return json.dumps({"shape": SHAPE, "affine": affine.tolist()})


def ball(centre, radius=6.0):
    index = np.indices(SHAPE).reshape(3, -1).T * SPACING
    return (np.linalg.norm(index - np.array(centre), axis=1) < radius).reshape(SHAPE)


def put_participant(work, number, rng):
    """A head of noise with three bright nodes, on T2-weighted images and DWI."""
    name, visit = f"P-{CANARY}{number}", "pre-treatment"
    masks = [ball((24 + 20 * node, 40, 12 + 10 * node)) for node in range(3)]
    body = ball((48, 48, 24), radius=44) * 100 + sum(80 * mask for mask in masks)
    t2w = (body + rng.normal(0, 5, SHAPE)).astype(np.float32)
    dwi = np.stack([t2w, rng.normal(50, 5, SHAPE) + 90 * masks[0]], axis=-1).astype(np.float32)
    shelf = work.study.arrays
    facts = {"participant": name, "visit": visit, "modality": "MR", "grid": grid()}
    work.tables.add("participants", [{"participant": name, "arm": "affected", "histology": CANARY}])
    work.tables.add("series", [
        facts | {"series": f"{CANARY}-t{number}", "sequence": "t2w", "varies": "nothing",
                 "frames": 1, "array": shelf.put(t2w)},
        facts | {"series": f"{CANARY}-d{number}", "sequence": "dwi", "varies": "b_value",
                 "frames": 2, "array": shelf.put(dwi), "acquisition": '{"b_values": [0, 800]}'},
    ])  # fmt: skip
    for node, mask in enumerate(masks):
        region = f"{CANARY}-r{number}-{node}"
        place = {"participant": name, "visit": visit, "grid": grid(), "array": shelf.put(mask)}
        said = {"label": f"N{node} {CANARY}", "kind": "node", "side": "left", "level": "II"}
        work.tables.add("regions", [place | said | {"region": region}])
        measured = {"short_axis_mm": 8.0, "axial_long_axis_mm": 10.0 + node, "region": region}
        here = {"participant": name, "visit": visit}
        work.tables.add("nodes", [here | said | measured])
        match = {"participant": name, "region": region, "confidence": "exact"}
        work.truth.add("matches", [match | {"metastatic": node == 0, "reason": CANARY}])


STAFF = ("allocation", "export", "pathology", "queries", "score")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """On PostgreSQL the staff's pages are tested with the slow tests."""
    for item in items:
        if item.path.stem in {f"test_{name}" for name in STAFF} and "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)


@dataclass
class Hospital:
    """A study with users, a learning round and a pilot round, and its server."""

    work: Work
    app: object
    canary: str = CANARY
    at_end: ExitStack = field(default_factory=ExitStack)

    @property
    def room(self) -> Room:
        return self.app.state.room

    def client(self, name=None, password=PASSWORD):
        """A browser without a screen, signed in when a name is given."""
        client = TestClient(self.app, base_url="http://127.0.0.1", follow_redirects=False)
        self.at_end.enter_context(client)  # one event loop for all that it asks
        client.csrf = ""
        if name:
            answer = client.post("/login", data={"name": name, "password": password})
            assert answer.status_code == 303, answer.text
            page = client.get(answer.headers["location"], follow_redirects=True).text
            client.csrf = re.search(r'name="csrf" value="([^"]+)"', page)[1]
            client.headers["x-csrf-token"] = client.csrf
        return client

    def sign_in(self, page, name):
        """Fill in the first page of a browser."""
        page.goto(self.server.address)
        page.fill("#name", name)
        page.fill("#password", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: not url.endswith("/login"))
        return page

    def close(self):
        self.at_end.close()
        self.room.trail.engine.dispose()

    def codes(self, reader="anna", round_name="learning"):
        rows = self.room.readings.reads(reader)
        return [row["code"] for row in rows if row["round"] == round_name]

    def finish(self, client, code, suspicion=4):
        """Answer every node of a case and sign it."""
        for place in range(3):
            self.save(client, code, place=place, answers={"suspicion": suspicion})
        return client.post(f"/read/{code}/sign", json={"password": PASSWORD})

    def save(self, client, code, *, place=0, answers=None, revision=0):
        """Send a draft as the page does."""
        body = {"answers": answers or {"suspicion": 2}, "revision": revision, "seconds": 3}
        body["list"] = client.get(f"/read/{code}/case").json().get("list", "")
        return client.put(f"/read/{code}/answers/{place}", json=body)

    def tamper(self, *statements):
        """What somebody with the database and no respect for triggers could do."""
        engine = self.room.trail.engine
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                query = sql.text("SELECT name FROM sqlite_master WHERE type='trigger'")
                for name in connection.execute(query).scalars().all():
                    connection.execute(sql.text(f"DROP TRIGGER {name}"))
            else:
                for table in ("audit", "signatures", "answers", "scores", "queries"):
                    connection.execute(sql.text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            for statement in statements:
                assert connection.execute(sql.text(statement)).rowcount

    def stored(self, code, version=1):
        """What is saved of a case, by the number that its reader sees."""
        read = self.room.readings.read(code)
        numbers = {each.key: each.name for each in Opened(self.room, read).subjects}
        rows = self.room.readings.answers(code, version)
        return {numbers[key]: row for key, row in rows.items()}

    def routes(self):
        """Every route of the application itself: methods, path, the deed that it asks for."""
        for route in leaves(self.app.routes):
            calls = [each.call for each in route.dependant.dependencies]
            deeds = [call.deed for call in calls if hasattr(call, "deed")]
            for method in route.methods:
                yield method, route.path, deeds[0] if deeds else "public"


def leaves(routes):
    """Routes of an application, and of the routers that it took in."""
    for route in routes:
        if isinstance(route, APIRoute):
            yield route
        else:
            router = getattr(route, "original_router", None)
            yield from leaves(router.routes if router else ())


def build(folder):
    """A study of five people."""
    create(folder, text("mpmri")).database.close()
    work = Work.on(folder)
    rng = np.random.default_rng(7)
    for number in range(5):
        put_participant(work, number, rng)
    work.tables.close()
    work.truth.close()


def opened(folder):
    """A study with users and two rounds, and its application."""
    (folder / "key").write_text(secrets.token_hex(32))
    plan(Work.on(folder))
    return reopened(folder)


def reopened(folder):
    """A study as it stands, and its application."""
    work = Work.on(folder)
    return Hospital(work, create_app(open_room(work)))


def plan(work):
    """Users, a learning round and a pilot round."""
    trail = planning.trail(work)
    for role in Role:
        People(trail).add(str(role).split()[0], role, password=HASH, by="test")
    for reader in ("anna", "ben"):
        People(trail).add(reader, Role.READER, password=HASH, by="test")
    settings = {"form": "suspicion_v1", "shows": ["t2w", "dwi"]}
    learning = Round.model_validate(
        settings | {"name": "learning", "part": "explorative", "cases": 2}
    )
    pilot = Round.model_validate(settings | {"name": "pilot", "part": "pilot"})
    for each in (learning, pilot):
        planning.plan(work, [each], readers=["anna", "ben"], by="test")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "study"
    build(folder)
    return folder


@pytest.fixture(scope="session")
def planned(built, tmp_path_factory):
    """The same study with its users and rounds, in SQLite: to be copied, not opened."""
    folder = shutil.copytree(built, tmp_path_factory.mktemp("planned") / "study")
    opened(folder).room.trail.engine.dispose()
    return folder


@pytest.fixture(scope="session")
def planned_elsewhere(built, postgres, tmp_path_factory):
    """The same with users and rounds in PostgreSQL: to be copied, not opened."""
    folder = shutil.copytree(built, tmp_path_factory.mktemp("elsewhere") / "study")
    (folder / "reading.url").write_text(postgres())
    opened(folder).room.trail.engine.dispose()
    return folder


@pytest.fixture(params=["sqlite", "postgresql"])
def hospital(request, tmp_path):
    there = "planned" if request.param == "sqlite" else "planned_elsewhere"
    folder = shutil.copytree(request.getfixturevalue(there), tmp_path / f"study-{CANARY}")
    address = folder / "reading.url"
    if address.exists():
        copied = request.getfixturevalue("postgres")(like=address.read_text())
        address.write_text(copied)
    found = reopened(folder)
    yield found
    found.close()


@pytest.fixture
def in_sqlite(planned, tmp_path):
    """A hospital for tests that need no other database."""
    found = reopened(shutil.copytree(planned, tmp_path / f"study-{CANARY}"))
    yield found
    found.close()


@pytest.fixture
def another_hospital(built, tmp_path):
    """One with a key of its own."""
    found = opened(shutil.copytree(built, tmp_path / "other"))
    yield found
    found.close()


@pytest.fixture
def serve():
    """Puts applications on real ports, which can be closed and opened again."""
    servers = []

    def start(app):
        servers.append(Server(app))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def served(in_sqlite, serve):
    """A hospital on a real port."""
    in_sqlite.server = serve(in_sqlite.app)
    return in_sqlite


@pytest.fixture
def signed_in(chromium, served):
    """Opens a page as somebody; none may end with an error in its console."""
    problems, contexts = [], []

    def open_page(name, *, width=1440, height=860, scale=1):
        size = {"width": width, "height": height}
        contexts.append(chromium.new_context(viewport=size, device_scale_factor=scale))
        page = contexts[-1].new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: m.type == "error" and problems.append(m.text))
        page.on("dialog", lambda dialog: dialog.accept())
        return served.sign_in(page, name)

    yield open_page
    for context in contexts:
        context.close()
    assert [problem for problem in problems if "Failed to load resource" not in problem] == []


class Server:
    def __init__(self, app):
        self.app = app
        self.port = 0

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        config = uvicorn.Config(self.app, port=self.port, log_level="critical", lifespan="off")
        self.uvicorn = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.uvicorn.run, daemon=True)
        self.thread.start()
        while not self.uvicorn.started:
            time.sleep(0.02)
        self.port = self.uvicorn.servers[0].sockets[0].getsockname()[1]

    def stop(self):
        self.uvicorn.should_exit = True
        self.uvicorn.force_exit = True
        self.thread.join()
