"""The truth: a database of its own, apart from all that readers may reach."""

from pathlib import Path

from nodewise.store.database import Database


def open_truth(folder: Path) -> Database:
    """The truth of the study in that folder: specimens, matches and what follows from them."""
    return Database(folder / "truth" / "truth.sqlite", truth=True)
