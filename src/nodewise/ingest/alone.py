"""Series and masks outside any study: read for a single fit, named by nothing but their content."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np

from nodewise.errors import IngestError
from nodewise.ingest import nifti
from nodewise.ingest.children import Children, Failure
from nodewise.ingest.pseudonyms import Pseudonyms
from nodewise.ingest.records import Acquisition, Problem, Region, Series, digest
from nodewise.ingest.take import take_in
from nodewise.volume import Grid, Mask, Volume

R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lone:
    """What was read.

    Args:
        series: their participant is empty, their digest that of their content.
        problems: what could not be read.
    """

    series: tuple[Series, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """A region drawn on a cine.

    Args:
        label: as it was drawn; its number in a NIfTI file.
        mask: shape (columns, rows).
        frame: that it was drawn on, from 1; None where the file does not say.
    """

    label: str
    mask: Mask
    frame: int | None = None


def read(sources: Sequence[Path], *, frames_stated: bool = False) -> Lone:
    """Every series of NIfTI files, in the order given, or of folders and zips of DICOM files.

    Args:
        sources: NIfTI files with what lies beside them, or folders of them; or folders, zips and
            files of DICOM.
        frames_stated: whether the caller knows what differs between frames, so that a NIfTI file
            of several frames needs nothing beside it.

    Raises:
        IngestError: when a source does not exist, or a NIfTI file cannot be read.
    """
    if absent := sum(not path.exists() for path in sources):
        raise IngestError(f"{absent} of the {len(sources)} series named do not exist")
    sources = [path for source in sources for path in _inside(source)]
    files = [path for path in sources if is_nifti(path)]
    others = [path for path in sources if not is_nifti(path)]
    series = [_nifti(path, frames_stated=frames_stated) for path in files]
    problems = []
    for one in take_in(others, _nobody()) if others else ():
        if isinstance(one, Series):
            series.append(_unnamed(one))
        elif isinstance(one, Problem):
            problems.append(one)
    return Lone(series=tuple(series), problems=tuple(problems))


def _inside(source: Path) -> list[Path]:
    """The NIfTI files of a folder of nothing else that is not in BIDS; else the source itself."""
    files = sorted(path for path in source.iterdir() if path.is_file()) if source.is_dir() else []
    beside = (".json", ".bval", ".bvec", ".csv", ".tsv", ".txt")
    images = [path for path in files if not path.name.lower().endswith(beside)]
    lone = all(is_nifti(path) and not path.name.startswith("sub-") for path in images)
    return images if images and lone else [source]


def read_masks(source: Path) -> list[tuple[Mask, Grid]]:
    """What is drawn, each on its own grid: a NIfTI volume where it is not 0, or DICOM drawings.

    Args:
        source: NIfTI file; or a DICOM segmentation, or a folder or zip of them.

    Raises:
        IngestError: when nothing is drawn there.
    """
    if is_nifti(source):
        volume = _in_child(partial(nifti.load, source))
        if volume.values.ndim != 3:
            raise IngestError(f"a mask needs three dimensions; found {volume.values.shape}")
        inside = np.asarray(volume.values != 0) & np.isfinite(volume.values.astype(float))
        return [(inside, volume.grid)]
    found = list(take_in([source], _nobody()))
    drawn = [(one.mask, one.grid) for one in found if isinstance(one, Region)]
    if not drawn:
        told = "; ".join(one.found for one in found if isinstance(one, Problem))
        raise IngestError(f"the mask's files hold no drawing{f': {told}' if told else ''}")
    return drawn


def read_outlines(source: Path, size: tuple[int, int], *, cine: Path) -> list[Outline]:
    """What is drawn on a cine, pixel for pixel: a cine has no place in the patient.

    Args:
        source: NIfTI file of one slice, a region being the pixels of one number; or a DICOM
            segmentation.
        size: columns and rows of the cine.
        cine: its file; a segmentation names the cine that it was drawn on.

    Raises:
        IngestError: when nothing is drawn there, or on an image of another size, or on another.
    """
    elsewhere = False
    if is_nifti(source):
        values = np.atleast_3d(_in_child(partial(nifti.load, source)).values)
        numbers = [] if values.ndim > 3 else sorted(set(np.unique(values).tolist()) - {0})
        found = [Outline(label=f"{n:g}", mask=values == n) for n in numbers]
    else:
        drawn, grounds = _drawn(source, () if is_nifti(cine) else (cine,))
        there = [one for one in drawn if not grounds or any(map(one.grid.same_as, grounds))]
        found = [Outline(label=one.label, mask=one.mask, frame=one.frame) for one in there or drawn]
        elsewhere = bool(drawn) and not there
    if not found:
        raise IngestError("the mask's file holds no region")
    if wrong := next((one for one in found if one.mask.shape != (*size, 1)), None):
        raise IngestError(
            f"the mask has {' × '.join(map(str, wrong.mask.shape))} pixels, the cine "
            f"{size[0]} × {size[1]}: a region is drawn on one whole frame of the cine"
        )
    if elsewhere:
        raise IngestError(
            "the mask's file does not name this cine as what it was drawn on: give the "
            "segmentation of this cine, or the mask as NIfTI, which names none"
        )
    return [replace(one, mask=one.mask[:, :, 0]) for one in found]


def _drawn(source: Path, on: tuple[Path, ...]) -> tuple[list[Region], list[Grid]]:
    """Regions of DICOM files, and the grids of the images that they may have been drawn on."""
    found = list(take_in([source, *on], _nobody()))
    return (
        [one for one in found if isinstance(one, Region)],
        [one.volume.grid for one in found if isinstance(one, Series)],
    )


def is_nifti(path: Path) -> bool:
    """Whether a file's name is that of a NIfTI volume."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def shape(grid: Grid) -> str:
    """Columns × rows × slices, in words."""
    return " × ".join(map(str, grid.shape))


def _nifti(path: Path, *, frames_stated: bool) -> Series:
    try:
        read = _in_child(partial(nifti.read, [path]))
        volume, acquisition = read.volume, read.acquisition
    except IngestError:
        if not frames_stated:
            raise
        volume, acquisition = _in_child(partial(nifti.load, path)), Acquisition(modality="MR")
    return Series(
        participant="",
        date=None,
        description="",
        volume=volume,
        acquisition=acquisition,
        files=1,
        digest=digest("", volume, acquisition),
    )


def _in_child(task: Callable[[], R]) -> R:
    """What a reader says of a file that may be broken."""
    with Children(workers=1) as children:
        ((_, answer),) = children.answers([(None, task)])
    if isinstance(answer, Failure):
        raise IngestError(f"a NIfTI file cannot be used: {answer.found}")
    return answer


def _unnamed(one: Series) -> Series:
    content = digest("", Volume(one.volume.values, one.volume.grid), one.acquisition)
    return replace(one, participant="", date=None, description="", digest=content)


def _nobody() -> Pseudonyms:
    """Pseudonyms that are forgotten at once: nothing of a single fit is kept by participant."""
    return Pseudonyms(secrets.token_bytes(32))
