"""Tells what kind of file each is, by its content and not by its name alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from nodewise.errors import IngestError
from nodewise.ingest import headers
from nodewise.ingest.cines import Cine
from nodewise.ingest.headers import Drawing, Image
from nodewise.ingest.sources import Place

SHEETS = (".csv", ".tsv", ".parquet")
BESIDE = (".json", ".bval", ".bvec", ".txt", ".md", ".pdf", ".xml", ".html", ".log")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table."""

    place: Place


@dataclass(frozen=True, slots=True)
class Nifti:
    """A NIfTI volume; what belongs to it lies beside it."""

    place: Place


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that cannot be taken in, and why."""

    place: Place
    found: str


@dataclass(frozen=True, slots=True)
class Foreign:
    """A file of a kind that nothing here reads."""

    place: Place


Kind = Image | Cine | Drawing | Sheet | Nifti | Unreadable | Foreign


def look(places: Sequence[Place]) -> list[Kind]:
    """What each file is; files that are there for another's sake are left out."""
    found = [_look(place) for place in places]
    return [kind for kind in found if kind is not None]


def _look(place: Place) -> Kind | None:
    try:
        with place.path.open("rb") as file:
            return _kind(place, file)
    except IngestError as error:
        return Unreadable(place, str(error))
    except OSError:
        return Unreadable(place, "the system cannot read it")
    except MemoryError:
        return Unreadable(place, "its header needs more memory than a file is given")
    except Exception as error:
        return Unreadable(place, f"its header is damaged ({type(error).__name__})")


def _kind(place: Place, file: BinaryIO) -> Kind | None:
    name = place.path.name.lower()
    start = file.read(132)
    file.seek(0)
    if start[128:] == b"DICM" or start[:4] in (b"\x08\0\0\0", b"\x08\0\x05\0", b"\x08\0\x08\0"):
        return headers.read(place, file)
    if name.endswith((".nii", ".nii.gz")):
        return Nifti(place)
    if name.endswith("_dseg.tsv") or name.endswith(BESIDE):
        return None
    if name.endswith(SHEETS):
        return Sheet(place)
    if name.endswith((".dcm", ".dicom", ".ima")):
        return Unreadable(place, "it is named as a DICOM file and is none")
    return Foreign(place)
