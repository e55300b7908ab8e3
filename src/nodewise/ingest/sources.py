"""Finds the files of folders and zips, without entering what must not be entered."""

import hashlib
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from shutil import copyfileobj
from stat import S_ISLNK

from nodewise.errors import IngestError
from nodewise.ingest.records import Problem

HIDDEN_TRUTH = ".nodewise-hidden-truth"
"""A folder that holds a file of this name is never entered: it is a simulation's truth."""

MOST_FILES = 500_000
MOST_BYTES = 64 * 1024**3
MOST_RATIO = 200
DEEPEST = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A file and how to speak of it without its name.

    Args:
        path: where it lies; never shown.
        number: its place among the files of its source, sorted, from 1.
        of: number of files of the source.
        source: which of the given sources, from 1.
    """

    path: Path
    number: int
    of: int
    source: int

    def where(self) -> str:
        """The file by its place and content."""
        return f"file {self.number} of {self.of} in source {self.source} ({fingerprint(self.path)})"


def fingerprint(path: Path) -> str:
    """The start of a file's SHA-256, which finds the file again without telling its name."""
    try:
        with path.open("rb") as file:
            return f"SHA-256 {hashlib.file_digest(file, 'sha256').hexdigest()[:12]}…"
    except OSError:
        return "unreadable"


def find(sources: Sequence[Path], scratch: Path) -> Iterator[Place | Problem]:
    """All files of the sources; zips are unpacked into scratch.

    Raises:
        IngestError: when a source does not exist.
    """
    for number, source in enumerate(sources, 1):
        if not source.exists():
            raise IngestError(f"source {number} of {len(sources)} does not exist")
        files: list[Path] = []
        for path in _walk(source):
            if path.suffix.lower() == ".zip":
                yield from _unpacked(path, scratch / f"{number}-{len(files)}", files)
            else:
                files.append(path)
        for place, path in enumerate(files, 1):
            yield Place(path=path, number=place, of=len(files), source=number)


def _walk(source: Path) -> Iterator[Path]:
    if source.is_file():
        yield source
        return
    for folder, folders, files in os.walk(source):
        if HIDDEN_TRUTH in files:
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            path = Path(folder, name)
            if not name.startswith(".") and name != "DICOMDIR" and path.is_file():
                yield path


def _unpacked(path: Path, scratch: Path, files: list[Path]) -> Iterator[Problem]:
    try:
        unpack(path, scratch)
    except (IngestError, zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        found = str(error) if isinstance(error, IngestError) else "it is damaged or encrypted"
        yield Problem(
            where=f"zip ({fingerprint(path)})",
            found=found,
            needed="a plain zip of scanner files",
            action="unpack it yourself, look at what it holds, and import the folder",
        )
        return
    files.extend(_walk(scratch))


def unpack(path: Path, folder: Path) -> None:
    """Unpack a zip that may be hostile.

    Raises:
        IngestError: when it is too large, too deep, nested, or reaches outside the folder.
    """
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        _check(entries, path.stat().st_size)
        left = sum(entry.file_size for entry in entries)
        for entry in entries:
            target = folder / PurePosixPath(entry.filename)
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(entry) as packed, target.open("wb") as file:
                copyfileobj(packed, file, 1 << 20)  # never more than the entry declares
        del left


def _check(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    total = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES:
        raise IngestError(f"it holds {len(entries)} files; at most {MOST_FILES} are unpacked")
    if total > MOST_BYTES or total > MOST_RATIO * max(size, 1 << 16):
        raise IngestError(f"its {size} bytes would swell to {total}")
    for entry in entries:
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or ":" in name.parts[0]:
            raise IngestError("it holds a file that would be written outside its folder")
        if len(name.parts) > DEEPEST:
            raise IngestError(f"it holds folders more than {DEEPEST} deep")
        if S_ISLNK(entry.external_attr >> 16):
            raise IngestError("it holds a link")
        if name.suffix.lower() == ".zip":
            raise IngestError("it holds another zip")
