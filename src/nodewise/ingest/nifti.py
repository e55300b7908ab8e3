"""Reads NIfTI volumes named as BIDS names them, with the b-values and facts that lie beside them.

Patients are the `sub-` of a name, files that differ in `flip-` or `echo-` alone are one series,
and drawn regions are `…_dseg.nii.gz` with a table `…_dseg.tsv` of index, label, kind, side, level
and level_system.
"""

import csv
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.anatomy import LevelSystem, RegionKind, Side, level_name
from nodewise.errors import IngestError, NodewiseError
from nodewise.ingest import diffusion, pet
from nodewise.ingest.codes import Meaning
from nodewise.ingest.headers import MODALITIES
from nodewise.ingest.records import Acquisition, Machine, Varies
from nodewise.ingest.segmentation import Drawn
from nodewise.volume import Grid, Volume

MOST_BYTES = 1 << 30
"""Bytes of the largest volume that is read."""

DEFLATE = 1032
"""What gzip can swell by, at most."""

_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])  # NIfTI counts to the right and to the front
_MM = {"meter": 1e3, "micron": 1e-3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a file's name says: whose it is, and which files belong together."""

    patient: str
    session: str
    stem: str
    suffix: str

    @property
    def series(self) -> str:
        """The name without what tells the files of one series apart."""
        return re.sub(r"_(flip|echo)-\w+?(?=_)", "", self.stem)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A series as read, without whose it is."""

    volume: Volume
    acquisition: Acquisition
    day: date | None
    description: str
    files: int


def named(path: Path) -> Named | None:
    """What the name says; None when it names no patient."""
    stem = re.sub(r"\.nii(\.gz)?$", "", path.name, flags=re.IGNORECASE)
    told = "/".join((*path.parts[-4:-1], stem))
    patient = re.findall(r"(?:^|[/_])sub-([^/_]+)", told)
    if not patient:
        return None
    session = re.findall(r"(?:^|[/_])ses-([^/_]+)", told)
    return Named(
        patient=patient[-1],
        session=session[-1] if session else "",
        stem=stem,
        suffix=stem.rpartition("_")[2].lower(),
    )


def load(path: Path) -> Volume:
    """A volume in DICOM patient coordinates.

    Raises:
        IngestError: when it declares more than it holds, or more than is read.
    """
    import nibabel  # only where there is a NIfTI file

    try:
        image: Any = nibabel.load(path)
    except (nibabel.filebasedimages.ImageFileError, ValueError, OSError, EOFError) as error:
        raise IngestError(f"its header is damaged ({type(error).__name__})") from None
    shape, stored = image.shape, image.get_data_dtype()
    declared = math.prod(int(n) for n in shape) * stored.itemsize
    held = path.stat().st_size * (DEFLATE if path.suffix.lower() == ".gz" else 1)
    if declared > min(held, MOST_BYTES):
        raise IngestError(f"its header declares {declared} bytes of voxels")
    if len(shape) not in (3, 4) or stored.kind not in "iuf":
        raise IngestError(f"it has {len(shape)} dimensions; 3 or 4 of plain numbers are needed")
    if not (image.header["sform_code"] or image.header["qform_code"]):
        raise IngestError("it does not say where in the patient it lies")
    values: NDArray[np.generic] = np.asanyarray(image.dataobj)
    if values.dtype == np.float64:
        values = values.astype(np.float32)
    scale = _MM.get(image.header.get_xyzt_units()[0], 1.0)
    affine = _TO_LPS @ np.diag([scale, scale, scale, 1.0]) @ image.affine
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    return Volume(values, Grid((shape[0], shape[1], shape[2]), np.asarray(affine)))


def read(paths: Sequence[Path]) -> Read:
    """The series in these files: one file, or one per flip angle or echo.

    Raises:
        IngestError: when they do not fit together, or what lies beside them is missing.
    """
    volumes = [load(path) for path in paths]
    facts = [_facts(path) for path in paths]
    first = volumes[0]
    if any(not first.grid.same_as(other.grid) for other in volumes):
        raise IngestError(f"its {len(paths)} files lie on different grids")
    if len(paths) > 1:
        if any(volume.values.ndim != 3 for volume in volumes):
            raise IngestError("files of one flip angle or echo each must hold one volume each")
        first = Volume(np.stack([volume.values for volume in volumes], axis=-1), first.grid)
    acquisition = _acquisition(paths[0], facts, frames=(*first.values.shape, 1)[3])
    order = np.argsort(_varied(acquisition), kind="stable") if len(paths) > 1 else None
    if order is not None:
        first = Volume(first.values[..., order], first.grid)
        acquisition = _reordered(acquisition, order)
    return Read(
        volume=first,
        acquisition=acquisition,
        day=_day(facts[0]),
        description=str(facts[0].get("SeriesDescription") or facts[0].get("ProtocolName") or ""),
        files=len(paths),
    )


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(re.sub(r"\.nii(\.gz)?$", suffix, path.name, flags=re.IGNORECASE))


def _facts(path: Path) -> dict[str, Any]:
    sidecar = _beside(path, ".json")
    if not sidecar.is_file():
        return {}
    try:
        facts = json.loads(sidecar.read_text("utf-8"))
    except ValueError:
        raise IngestError("the JSON file beside it is damaged") from None
    return facts if isinstance(facts, dict) else {}


def _acquisition(path: Path, facts: Sequence[dict[str, Any]], *, frames: int) -> Acquisition:
    one = facts[0]
    angles, echoes = _each(facts, "FlipAngle"), _each(facts, "EchoTime")
    b = _b_values(path, frames)
    times = _times(one, frames) if frames > 1 and len(facts) == 1 and not b else ()
    varies: Varies = "b_value" if any(b) else "time" if times else "nothing"
    if len(facts) > 1:
        varies = "flip_angle" if len(set(angles)) > 1 else "echo_time"
    if len(facts) == 1:
        angles, echoes = angles * frames, echoes * frames
    maker = diffusion.vendor(str(one.get("Manufacturer") or ""))
    modality = _modality(path, one)
    return Acquisition(
        modality=modality,
        vendor=maker,
        field_strength=one.get("MagneticFieldStrength"),
        repetition_time=one.get("RepetitionTimeExcitation") or one.get("RepetitionTime"),
        echo_time=echoes[0] if echoes and len(set(echoes)) == 1 else None,
        inversion_time=one.get("InversionTime"),
        varies=varies,
        b_values=b if any(b) else (),
        flip_angles=tuple(round(math.radians(angle), 12) for angle in angles),
        echo_times=echoes,
        times=times,
        told_apart_by="" if varies == "nothing" else "order of the frames in the file",
        timed_by="JSON file" if times else "",
        units=str(one.get("Units") or "unknown"),
        tracer=pet.beside(one) if modality == "PT" else None,
        machine=_machine(one) if modality == "US" else Machine(),
    )


def _machine(facts: dict[str, Any]) -> Machine:
    """What made a cine; the words of BIDS."""
    names = ("Manufacturer", "ManufacturersModelName")
    manufacturer, model = (" ".join(str(facts.get(name) or "").split()) for name in names)
    return Machine(manufacturer=manufacturer, model=model)


def _modality(path: Path, facts: dict[str, Any]) -> str:
    told = str(facts.get("Modality") or "")
    is_pet = path.name.lower().split(".")[0].endswith("_pet") or pet.SIGNS & set(facts)
    return told if told in MODALITIES else "PT" if is_pet else "MR"


def _each(facts: Sequence[dict[str, Any]], name: str) -> tuple[float, ...]:
    found = [one.get(name) for one in facts]
    if any(not isinstance(value, int | float) for value in found):
        return ()
    return tuple(float(value) for value in found if value is not None)


def _b_values(path: Path, frames: int) -> tuple[float, ...]:
    table = _beside(path, ".bval")
    if not table.is_file():
        if path.name.lower().split(".")[0].endswith("_dwi"):
            raise IngestError("it is a diffusion series without a .bval file beside it")
        return ()
    try:
        found = [float(word) for word in re.split(r"[\s,;]+", table.read_text("ascii").strip())]
    except ValueError:
        raise IngestError("the .bval file beside it holds what is no number") from None
    if len(found) != frames:
        raise IngestError(f"it has {frames} frames, the .bval file beside it {len(found)} b-values")
    if min(found) < 0:
        raise IngestError("the .bval file beside it holds a negative b-value")
    return tuple(diffusion.rounded(b) or 0.0 for b in found)


def _times(facts: dict[str, Any], frames: int) -> tuple[float, ...]:
    listed = facts.get("VolumeTiming") or facts.get("FrameTimesStart")
    if isinstance(listed, list) and len(listed) == frames:
        return tuple(round(float(time) - float(listed[0]), 6) for time in listed)
    step = facts.get("TemporalResolution")
    if isinstance(step, int | float) and step > 0:
        return tuple(round(step * frame, 6) for frame in range(frames))
    raise IngestError(
        f"it has {frames} frames and neither b-values (.bval) nor times (VolumeTiming, "
        "FrameTimesStart or TemporalResolution in a JSON file) beside it"
    )


def _varied(acquisition: Acquisition) -> tuple[float, ...]:
    angle = acquisition.varies == "flip_angle"
    found = acquisition.flip_angles if angle else acquisition.echo_times
    if len(set(found)) < 2:
        raise IngestError("several files of one series have no FlipAngle or EchoTime that differs")
    return found


def _reordered(acquisition: Acquisition, order: NDArray[np.int_]) -> Acquisition:
    per_frame = {
        name: tuple(found[i] for i in order)
        for name in ("flip_angles", "echo_times")
        if (found := getattr(acquisition, name))
    }
    name = {"flip_angle": "FlipAngle", "echo_time": "EchoTime"}[acquisition.varies]
    return acquisition.model_copy(update={**per_frame, "told_apart_by": name})


def _day(facts: dict[str, Any]) -> date | None:
    for name in ("AcquisitionDateTime", "AcquisitionDate", "SeriesDate", "StudyDate"):
        if day := day_of(str(facts.get(name) or "")):
            return day
    return None


def day_of(text: str) -> date | None:
    """The day that a text begins with, with or without hyphens."""
    try:
        return date.fromisoformat(text[:10] if "-" in text else text[:8])
    except ValueError:
        return None


def drawn(path: Path) -> list[Drawn | str]:
    """The regions of a label volume with its table, each a region or why it is none."""
    labels = load(path)
    table = _beside(path, ".tsv")
    if not table.is_file():
        raise IngestError("it is a label volume without its table (…_dseg.tsv) beside it")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found: list[Drawn | str] = [_region(row, number, labels) for number, row in enumerate(rows, 2)]
    named_too = {row.get("index") for row in rows}
    for index in sorted(set(np.unique(labels.values).tolist()) - {0}):
        if str(int(index)) not in named_too:
            found.append(f"label {int(index)} is in the volume and not in its table")
    return found


def _region(row: dict[str, str], number: int, labels: Volume) -> Drawn | str:
    told = {
        name: (text or "").strip() for name, text in row.items() if name and isinstance(text, str)
    }
    try:
        mask = labels.values == int(told.get("index", ""))
        system = LevelSystem(told["level_system"]) if told.get("level_system") else None
        level = level_name(told["level"], system) if told.get("level") and system else None
        meaning = Meaning(
            kind=RegionKind(told["kind"]) if told.get("kind") else None,
            side=Side(told["side"]) if told.get("side") else None,
            level=level,
            level_system=system,
        )
    except (ValueError, NodewiseError):
        return f"row {number} of its table has an index, kind, side or level that is none"
    if not mask.any():
        return f"row {number} of its table: no voxel has that label"
    label = told.get("label") or told.get("name") or told["index"]
    frame = told.get("frame", "")
    return Drawn(
        label=label,
        meaning=meaning,
        drawn_by=told.get("drawn_by") or "unknown",
        mask=np.asarray(mask, bool),
        grid=labels.grid,
        frame=int(frame) if frame.isdigit() else None,
    )
