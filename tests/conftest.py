"""What tests share: where the real files lie, and what happens when they do not."""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("NODEWISE_SHARED", ROOT.parent / "shared"))


def missing(what: str) -> None:
    """Skip on a user's machine; fail where everything is required to be there."""
    if os.environ.get("NODEWISE_REQUIRE_SERVICES"):
        pytest.fail(f"{what}, and NODEWISE_REQUIRE_SERVICES is set")
    pytest.skip(what)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real files and published cases."""
    if not (SHARED / "data").is_dir():
        missing("the folder ../shared with real files is absent")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Makes an empty PostgreSQL schema and gives its address, each time it is called."""
    sql = pytest.importorskip("sqlalchemy")
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    if not programs:
        missing("PostgreSQL is not installed")
    place = Path(tempfile.mkdtemp(prefix="nodewise-"))  # in reach of the server's own user
    run = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if run:
        shutil.chown(place, "postgres")
    control, quiet = [*run, programs[-1], "-D", place / "data"], {"stdout": subprocess.DEVNULL}
    create = [*run, programs[-1].with_name("initdb"), "-D", place / "data", "-A", "trust"]
    subprocess.run([*create, "-U", "postgres"], check=True, cwd=place, **quiet)
    options = f"-k {place} -c listen_addresses= -c fsync=off"
    subprocess.run([*control, "-w", "-o", options, "start"], check=True, cwd=place, **quiet)
    server = f"postgresql+psycopg://postgres@/postgres?host={place}"
    engine = sql.create_engine(server, isolation_level="AUTOCOMMIT")

    def database() -> str:
        name = "study_" + secrets.token_hex(6)
        with engine.connect() as connection:
            connection.execute(sql.text(f"CREATE SCHEMA {name}"))
        return f"{server}&options=-csearch_path%3D{name}"

    yield database
    engine.dispose()
    subprocess.run([*control, "-m", "immediate", "stop"], check=True, cwd=place, **quiet)
    shutil.rmtree(place)
