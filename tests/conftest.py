"""What tests share: where the real files lie, and what happens when they do not."""

import os
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
