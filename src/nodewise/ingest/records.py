"""What comes out of files: series, drawn regions, tables and problems, by pseudonym only."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from nodewise.anatomy import LevelSystem, RegionKind, Side
from nodewise.volume import Grid, Mask, Volume

if TYPE_CHECKING:
    import polars as pl

Varies = Literal["b_value", "flip_angle", "time", "echo_time", "nothing"]
Part = Literal["magnitude", "phase", "real", "imaginary", "unknown"]
Panel = tuple[int, int, int, int]
"""An image part of an ultrasound screen: first column and row, and those after the last."""


class Tracer(BaseModel):
    """What a PET series says of its tracer and of whom it was given to; None where it does not.

    Args:
        corrected: whether activity is corrected for attenuation and decay.
        dose: injected, Bq.
        half_life: s.
        since: from the injection to the time to which activity is decay-corrected, s.
        timed_by: what told that time.
        weight: kg.
        height: m.
        sex: for the formula of lean mass.
        wrong: of what there is and cannot be used, what was found, by the field's name.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    corrected: bool | None = None
    dose: float | None = None
    half_life: float | None = None
    since: float | None = None
    timed_by: str = ""
    weight: float | None = None
    height: float | None = None
    sex: Literal["female", "male"] | None = None
    wrong: dict[str, str] = {}


class Machine(BaseModel):
    """What an ultrasound file says of who made its pictures, and how; empty where it does not.

    Args:
        manufacturer: as the file words it.
        model: of the machine.
        transducer: that was held.
        processing: the machine's processing of the picture, its preset.
        mechanical_index: of the sound.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    manufacturer: str = ""
    model: str = ""
    transducer: str = ""
    processing: str = ""
    mechanical_index: float | None = None

    @property
    def name(self) -> str:
        """Manufacturer and model, or that the file tells neither."""
        return f"{self.manufacturer} {self.model}".strip() or "a machine of no stated name"


class Acquisition(BaseModel):
    """How a series was acquired, in house units; None or empty where the files do not say.

    What is given per frame has one entry for each of the m frames.

    Args:
        modality: DICOM modality, for example MR.
        vendor: GE, Siemens, Philips, Toshiba or the manufacturer's first word.
        field_strength: of the magnet, T.
        repetition_time: s.
        echo_time: of the whole series, s; None when it varies.
        inversion_time: s.
        varies: what differs between frames.
        b_values: per frame, s/mm²; diffusion only.
        flip_angles: per frame, rad.
        echo_times: per frame, s.
        times: per frame, s after the first; dynamic series only.
        told_apart_by: the attribute that sorted the frames.
        timed_by: the attribute that gave the times.
        part: part of the complex signal.
        derived: whether it was computed from other images, and so is no signal to fit.
        units: unit of the values as stated in the files, or unknown.
        scaling: how stored numbers became values.
        tracer: what makes activity uptake; PET only.
        panels: image parts of an ultrasound screen.
        machine: that made an ultrasound cine.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    modality: str
    vendor: str = "unknown"
    field_strength: float | None = None
    repetition_time: float | None = None
    echo_time: float | None = None
    inversion_time: float | None = None
    varies: Varies = "nothing"
    b_values: tuple[float, ...] = ()
    flip_angles: tuple[float, ...] = ()
    echo_times: tuple[float, ...] = ()
    times: tuple[float, ...] = ()
    told_apart_by: str = ""
    timed_by: str = ""
    part: Part = "unknown"
    derived: bool = False
    units: str = "unknown"
    scaling: str = "none"
    tracer: Tracer | None = None
    panels: tuple[Panel, ...] = Field((), repr=False)  # digests rest on the repr of older fields
    machine: Machine = Field(Machine(), repr=False)

    def __repr_args__(self) -> Iterator[tuple[str | None, object]]:
        """What it shows; without a tracer as before there were any, for its digest's sake."""
        return (pair for pair in super().__repr_args__() if pair != ("tracer", None))


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One image series: a volume, or one per frame.

    Args:
        participant: pseudonym.
        date: day of acquisition, shifted; None when the files have none.
        description: the scanner's name of the series, to recognise its sequence; it may hold
            anything that a technician typed, so it is never stored or shown.
        volume: values, shape (columns, rows, slices) or (columns, rows, slices, frames).
        acquisition: how it was acquired.
        files: number of files that it was read from.
        digest: identifier made from the content.
    """

    participant: str
    date: date | None
    description: str
    volume: Volume
    acquisition: Acquisition
    files: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """One drawn region on its own grid; what its file does not say is None.

    Args:
        frame: of a cine, that it was drawn on, from 1.
    """

    participant: str
    date: date | None
    label: str
    kind: RegionKind | None
    side: Side | None
    level: str | None
    level_system: LevelSystem | None
    drawn_by: str
    mask: Mask
    grid: Grid
    frame: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Checked rows of one table of `nodewise.tables`: pseudonyms for ids, dates shifted."""

    table: str
    frame: "pl.DataFrame"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """Something that could not be taken in, or only in part, and what to do about it.

    Args:
        where: a file by its place in the sorted listing of its source and the start of its
            SHA-256, a series or mask by its keyed mark (`nodewise.ingest.whereabouts` lists the
            files of each mark to whoever holds the key), a table by row and column. Names of
            folders and files are not shown: they often are a patient's.
        found: what was found.
        needed: what was needed.
        action: what to do about it.
        participant: pseudonym, when known.
    """

    where: str
    found: str
    needed: str
    action: str
    participant: str | None = None


Taken = Series | Region | Rows | Problem


def digest(participant: str, volume: Volume, acquisition: Acquisition) -> str:
    """A series' identifier: the same content of the same participant gives the same one."""
    sha = hashlib.sha256(f"{participant}|{volume.values.shape}|{acquisition!r}".encode())
    sha.update(np.round(volume.grid.affine, 3).astype("<f8").tobytes())
    sha.update(np.ascontiguousarray(volume.values).view(np.uint8).data)
    return sha.hexdigest()[:32]
