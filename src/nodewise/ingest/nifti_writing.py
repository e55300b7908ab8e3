"""Writes maps as NIfTI volumes, which carry voxels and their place and nothing else."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import IngestError
from nodewise.volume import Grid

_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])  # NIfTI counts to the right and to the front


def write(path: Path, values: NDArray[np.generic], grid: Grid) -> None:
    """Write values on their grid: whole numbers as they are, all others as float32.

    Args:
        path: a new file, …nii.gz; one that is there is replaced.
        values: shape (columns, rows, slices).
        grid: where they lie.

    Raises:
        IngestError: when values and grid differ in shape.
    """
    import nibabel  # only where a NIfTI file is written

    untyped: Any = nibabel
    if values.shape != grid.shape:
        raise IngestError(f"values of shape {values.shape} do not fill a grid of {grid.shape}")
    kept = values if values.dtype.kind in "iu" else values.astype(np.float32)
    affine = _TO_RAS @ grid.affine
    image = untyped.Nifti1Image(kept, affine, dtype=kept.dtype)
    image.header.set_xyzt_units("mm")
    image.set_sform(affine, code="scanner")
    image.set_qform(affine, code="scanner")
    untyped.save(image, path)
