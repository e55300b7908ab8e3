"""From files to volumes, masks and tables; the only room that knows file formats."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nodewise.ingest.pseudonyms import Pseudonyms
    from nodewise.ingest.records import Acquisition, Problem, Region, Rows, Series, Taken
    from nodewise.ingest.take import take_in, whereabouts

__all__ = [
    "Acquisition", "Problem", "Pseudonyms", "Region", "Rows", "Series", "Taken", "take_in",
    "whereabouts",
]  # fmt: skip

_HOMES = {"Pseudonyms": "pseudonyms", "take_in": "take", "whereabouts": "take"}


def __getattr__(name: str) -> Any:
    """Import on first use: a child process that reads headers needs a tenth of this room."""
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'records')}"), name)
