"""Landmarks of the neck as 3D Slicer saves them, and structures as masks named by their file.

Names are told in many ways; they are written here as one: `sternocleidomastoid left`. Positions
become DICOM's: x to the patient's left, y back, z to the head.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nodewise.errors import IngestError
from nodewise.ingest import nifti
from nodewise.volume import Array, Grid, Mask

TO_LPS: Mapping[str, Array] = {
    "LPS": np.array([1.0, 1.0, 1.0]), "1": np.array([1.0, 1.0, 1.0]),
    "RAS": np.array([-1.0, -1.0, 1.0]), "0": np.array([-1.0, -1.0, 1.0]),
}  # fmt: skip
"""Slicer's coordinate systems, by name and by the number that old files give them."""

_SIDES = {"left": "left", "l": "left", "lt": "left", "right": "right", "r": "right", "rt": "right"}
_ALSO = {
    "scm": "sternocleidomastoid",
    "sternocleidomastoid muscle": "sternocleidomastoid",
    "ijv": "jugular vein",
    "internal jugular vein": "jugular vein",
    "cca": "carotid",
    "ica": "carotid",
    "common carotid artery": "carotid",
    "internal carotid artery": "carotid",
    "carotid artery": "carotid",
    "smg": "submandibular gland",
    "anterior digastric": "digastric",
    "digastric anterior": "digastric",
    "anterior belly of digastric": "digastric",
    "scalenus anterior": "anterior scalene",
    "anterior scalene muscle": "anterior scalene",
    "hyoid bone": "hyoid",
    "hyoid body": "hyoid",
    "cricoid cartilage": "cricoid",
    "lateral process of c1": "c1",
    "atlas": "c1",
    "top of manubrium": "manubrium",
    "parotid gland": "parotid",
    "jaw": "mandible",
    "angle of mandible": "mandible angle",
    "gonion": "mandible angle",
    "external auditory canal": "ear canal",
    "external acoustic meatus": "ear canal",
    "mastoid process": "mastoid",
    "inion": "occipital protuberance",
    "external occipital protuberance": "occipital protuberance",
    "infrahyoid muscles": "strap muscles",
    "strap muscle": "strap muscles",
    "masseter muscle": "masseter",
}
_MASK = (".nii", ".nii.gz")


def name(label: str) -> str:
    """A landmark's name as this project writes it, the side last; a number at the end is dropped.

    >>> name("L_SCM-2"), name("Hyoid bone"), name("internal_jugular_vein_right")
    ('sternocleidomastoid left', 'hyoid', 'jugular vein right')
    """
    words = re.sub(r"[\s_.,/-]+", " ", label.strip().lower()).split(" ")
    if len(words) > 1 and words[-1].isdigit():
        words = words[:-1]
    side = next((_SIDES[word] for word in words if word in _SIDES), "")
    structure = " ".join(word for word in words if word not in _SIDES)
    return f"{_ALSO.get(structure, structure)} {side}".strip()


def points(path: Path) -> dict[str, Array]:
    """The placed points of a Slicer file, by landmark, shape (n, 3), mm.

    Args:
        path: a `.mrk.json` or `.fcsv` file.

    Raises:
        IngestError: when it is neither, damaged, or does not say its coordinate system.
    """
    reader = _fcsv if path.suffix.lower() == ".fcsv" else _markups
    found: dict[str, list[Array]] = {}
    try:
        for label, position in reader(path.read_text(encoding="utf-8-sig")):
            found.setdefault(name(label), []).append(position)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise IngestError(
            f"a landmark file cannot be read ({type(error).__name__}); needed: a .mrk.json or "
            ".fcsv file as 3D Slicer saves it"
        ) from None
    return {label: np.array(places, float) for label, places in found.items()}


def masks(folder: Path) -> dict[str, tuple[Mask, Grid]]:
    """Structures of a folder of NIfTI masks, by landmark; the file's name tells which it is.

    Parts of one landmark (common and internal carotid) are put together.

    Raises:
        IngestError: when a mask has several volumes, or parts of a landmark lie on two grids.
    """
    found: dict[str, tuple[Mask, Grid]] = {}
    for path in sorted(folder.iterdir()):
        if path.name.lower().endswith(_MASK):
            volume = nifti.load(path)
            if volume.values.ndim != 3:
                raise IngestError("a structure's mask has more than one volume; one is needed")
            stem = path.name[: path.name.lower().index(".nii")]
            mask, grid = np.asarray(volume.values, float) > 0.5, volume.grid
            before, same = found.get(name(stem), (mask, grid))
            if not same.same_as(grid):
                raise IngestError(f"masks of the {name(stem)} lie on two grids; one is needed")
            found[name(stem)] = (before | mask, grid)
    return found


def _markups(text: str) -> Iterator[tuple[str, Array]]:
    for markup in json.loads(text)["markups"]:
        flip = _flip(markup.get("coordinateSystem"))
        _millimetres(markup.get("coordinateUnits", "mm"))
        for point in markup["controlPoints"]:
            if point.get("positionStatus", "defined") == "defined":
                yield str(point["label"]), flip * np.array(point["position"], float)


def _fcsv(text: str) -> Iterator[tuple[str, Array]]:
    lines = text.splitlines()
    heads = dict(
        part.strip("# ").split(" = ", 1) for part in lines if part.startswith("#") and " = " in part
    )
    flip = _flip(heads.get("CoordinateSystem"))
    columns = [column.strip() for column in heads["columns"].split(",")]
    rows = csv.DictReader((line for line in lines if not line.startswith("#")), columns)
    for row in rows:
        yield str(row["label"]), flip * np.array([float(row[axis]) for axis in "xyz"])


def _flip(system: Any) -> Array:
    if str(system) not in TO_LPS:
        raise IngestError(
            f"a landmark file gives its coordinate system as {system!r}; needed: LPS or RAS"
        )
    return TO_LPS[str(system)]


def _millimetres(units: Any) -> None:
    if units not in ("mm", ["mm", "mm", "mm"]):
        raise IngestError(f"a landmark file gives its unit as {units!r}; needed: mm")
