"""A study's folder: trial file, key, database, the truth in a file of its own, arrays, report."""

import os
import secrets
from pathlib import Path

from nodewise.errors import StoreError
from nodewise.store.arrays import Shelf
from nodewise.store.database import Database

TRIAL, KEY, DATABASE, TRUTH = "trial.toml", "key", "study.sqlite", "truth"


class Study:
    """An open study. The truth is opened only by those who ask for it (`store.truth_file`)."""

    def __init__(self, folder: Path) -> None:
        missing = [name for name in (TRIAL, KEY, DATABASE) if not (folder / name).is_file()]
        if missing:
            raise StoreError(
                f"{folder.name} is no study: {', '.join(missing)} missing; "
                f"make one with 'nodewise new {folder.name} --trial mpmri'"
            )
        self.folder = folder
        self.database = Database(folder / DATABASE, truth=False)
        self.arrays = Shelf(folder / "arrays")

    @property
    def trial_text(self) -> str:
        """The trial file as it stands in the study."""
        return (self.folder / TRIAL).read_text(encoding="utf-8")

    @property
    def key(self) -> bytes:
        """The secret that pseudonyms and date shifts are made with."""
        return bytes.fromhex((self.folder / KEY).read_text())


def create(folder: Path, trial_text: str, *, key: bytes | None = None) -> Study:
    """Make a study's folder.

    Args:
        folder: must not exist yet, or be empty.
        trial_text: the trial file.
        key: the pseudonyms' secret, 32 bytes; drawn at random when not given.
    """
    if folder.exists() and any(folder.iterdir()):
        raise StoreError(f"{folder.name} exists and is not empty; choose another name")
    (folder / TRUTH).mkdir(parents=True)
    (folder / TRUTH).chmod(0o700)
    (folder / TRIAL).write_text(trial_text, encoding="utf-8")
    secret = os.open(folder / KEY, os.O_WRONLY | os.O_CREAT, 0o600)
    with os.fdopen(secret, "w") as file:
        file.write((key or secrets.token_bytes(32)).hex())
    Database(folder / DATABASE, truth=False).close()
    return Study(folder)
