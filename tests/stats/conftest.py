"""Published cases by name."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))  # tests of this room share cases.py

from cases import Case

settings.register_profile("unhurried", deadline=None, max_examples=40)  # machines are busy
settings.load_profile("unhurried")


@pytest.fixture
def case(shared: Path) -> Callable[[str], Case]:
    """A published case of ../shared/reference."""
    return lambda name: Case(shared / "reference" / name)
