"""Reads the pixels of a planned series into one array."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pydicom
from numpy.typing import NDArray

from nodewise.errors import IngestError
from nodewise.ingest.plans import Plan

Values = NDArray[np.generic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """What a child needs to know to fill an array, and nothing about the patient.

    Args:
        shape: columns, rows, slices, frames.
        files: path, type of the stored numbers and start of the pixels (None: compressed).
        file: of each slice, which file, shape (m, k).
        index: which image of that file, shape (m, k).
        slope: shape (m, k).
        intercept: shape (m, k).
    """

    shape: tuple[int, int, int, int]
    files: tuple[tuple[Path, str, int | None], ...]
    file: NDArray[np.int64]
    index: NDArray[np.int64]
    slope: NDArray[np.float64]
    intercept: NDArray[np.float64]


def recipe(plan: Plan) -> Recipe:
    """How to fill the array of a plan."""
    slices = [[one for one in stack.slices if one] for stack in plan.stacks]
    images = {one.image.place.path: one.image for stack in slices for one in stack}
    number = {path: i for i, path in enumerate(images)}
    return Recipe(
        shape=(*plan.grid.shape, len(slices)),
        files=tuple((path, image.dtype, image.pixels) for path, image in images.items()),
        file=np.array([[number[one.image.place.path] for one in stack] for stack in slices]),
        index=np.array([[one.frame.index for one in stack] for stack in slices]),
        slope=np.array([[one.frame.slope for one in stack] for stack in slices]),
        intercept=np.array([[one.frame.intercept for one in stack] for stack in slices]),
    )


def fill(how: Recipe) -> Values:
    """The values, shape (columns, rows, slices) or (columns, rows, slices, frames).

    Stored integers stay as they are where nothing rescales them; else 32-bit floats.

    Raises:
        IngestError: when compressed pixels cannot be decoded here.
    """
    columns, rows, count, frames = how.shape
    plain = bool((how.slope == 1).all() and (how.intercept == 0).all())
    kinds = {np.dtype(kind).newbyteorder("=") for _, kind, _ in how.files}
    dtype = kinds.pop() if plain and len(kinds) == 1 else np.dtype(np.float32)
    values = np.empty((frames, count, rows, columns), dtype)
    for number in range(len(how.files)):
        stored = _stored(how, number)
        for frame, level in np.argwhere(how.file == number):
            image = stored[how.index[frame, level]]
            if plain:
                values[frame, level] = image
            else:
                slope, intercept = how.slope[frame, level], how.intercept[frame, level]
                values[frame, level] = image * np.float64(slope) + intercept
    whole = values.T  # columns first, without a copy
    return whole[..., 0] if frames == 1 else whole


def _stored(how: Recipe, number: int) -> NDArray[np.generic]:
    """The images of one file, shape (n, rows, columns)."""
    path, kind, start = how.files[number]
    columns, rows = how.shape[:2]
    if start is None:
        return _decoded(path).reshape(-1, rows, columns)
    images = 1 + int(how.index[how.file == number].max())
    with path.open("rb") as file:
        file.seek(start)
        stored = np.fromfile(file, kind, images * rows * columns)
    return stored.reshape(images, rows, columns)


def _decoded(path: Path) -> NDArray[np.generic]:
    image = pydicom.dcmread(path)
    try:
        return np.asarray(image.pixel_array)
    except (RuntimeError, NotImplementedError, AttributeError, ValueError):
        name = image.file_meta.TransferSyntaxUID.name
        raise IngestError(
            f"its pixels are compressed ({name}) and cannot be decoded here"
        ) from None
