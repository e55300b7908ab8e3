"""What goes wrong in a hospital, a fixed number of times; the import must say each."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from nodewise.anatomy import RegionKind, Side
from nodewise.simulate import outcomes
from nodewise.simulate.contours import Contour
from nodewise.simulate.nodes import Lump
from nodewise.simulate.specimens import Row
from nodewise.volume import Grid

UNREADABLE, INCOMPLETE, OTHER_GRID, NO_LEVEL, NO_WEIGHT = 1, 4, 5, 3, 4
OTHER_MACHINE, OTHER_SIDE, ANOTHER_LEVEL = 9, 13, 15
"""Numbers of the participants whose files these are."""

IN_MPMRI = (
    (
        "an unreadable file among good ones",
        f"SIM-{UNREADABLE:04d}, first visit, diffusion series: the last file is cut short",
        "the file cannot be read; its series is complete without it",
    ),
    (
        "a b-value with missing slices",
        f"SIM-{INCOMPLETE:04d}, month 3, diffusion series: b = 500 s/mm² lacks three slices",
        "slices are missing at one b-value; the others can still be used or the series is refused",
    ),
    (
        "a mask drawn on another grid",
        f"SIM-{OTHER_GRID:04d}, first visit: a second SEG on 60 × 60 × 24 voxels of 3.3 mm",
        "the mask's grid is that of no series; the visit's other mask is used",
    ),
    (
        "a node on no level",
        f"SIM-{NO_LEVEL:04d}, first visit: one segment has no level",
        "the node has no level; it can be measured, and linked by the surgeon, but not by level",
    ),
    (
        "a PET header without the patient's weight",
        f"SIM-{NO_WEIGHT:04d}, first visit, PET series",
        "its activity cannot become uptake by weight; the nodes' uptake stays unknown",
    ),
    (
        "nobody knows until when a patient was followed",
        f"outcomes.csv: SIM-{outcomes.NO_LAST_CONTACT:04d} has no last contact",
        "where no death is known either, the patient is in no analysis of time",
    ),
    (
        "a relapse before surgery",
        f"outcomes.csv: SIM-{outcomes.BEFORE_SURGERY:04d}",
        "the row is refused, and the patient is in no analysis of time",
    ),
)
"""What is wrong in the mpMRI study's files, where, and what the import should say or do."""

IN_CEUS = (
    (
        "another machine after treatment",
        f"SIM-{OTHER_MACHINE:04d}, visit post: every cine",
        "echo power does not compare between the visits; what compares it goes without the patient",
    ),
    (
        "a node drawn on the wrong side",
        f"SIM-{OTHER_SIDE:04d}, visit pre: the first node's segmentation names the other side",
        "held for another node than after treatment",
    ),
    (
        "a node on another level than after treatment",
        f"SIM-{ANOTHER_LEVEL:04d}, visit pre: the first node's segmentation names another level",
        "held for the same node; whoever drew it is asked",
    ),
)
"""What is wrong in the files of the study of contrast ultrasound."""

IN_EVERY_STUDY = (
    (
        "a specimen of an unknown patient",
        "specimen_nodes.csv: SIM-9999 is in no other table and has no images",
        "the row is left out",
    ),
    (
        "a duplicate identifier",
        "specimen_nodes.csv: the first described node stands twice, with different sizes",
        "the second row is left out, or both",
    ),
)
"""What is wrong in the tables of every study."""

MISHAPS = {"dwi": (*IN_MPMRI, *IN_EVERY_STUDY), "ceus": (*IN_CEUS, *IN_EVERY_STUDY)}
"""The same by a sequence of the study; what is not here has those of every study."""


def misplaced(lump: Lump, number: int) -> Lump:
    """A lump as the participant of this number has it drawn before treatment."""
    if number == OTHER_SIDE and lump.side:
        return replace(lump, side=Side.RIGHT if lump.side == Side.LEFT else Side.LEFT)
    if number == ANOTHER_LEVEL:
        return replace(lump, level="IV" if lump.level == "III" else "III")
    return lump


def cut_short(folder: Path) -> None:
    """Leave a file that ends in the middle of its pixels beside the good ones of a folder."""
    whole = max(folder.glob("*.dcm")).read_bytes()
    (folder / "IM9999.dcm").write_bytes(whole[: len(whole) // 2])


def lose_slices(folder: Path, *, frame: int, slices: int) -> None:
    """Delete three files of one frame from a classic series."""
    for number in (5, 6, 7):
        (folder / f"IM{frame * slices + number:04d}.dcm").unlink()


def without_level(contours: list[Contour]) -> list[Contour]:
    """The same contours, the first node's level left out."""
    node = _first_node(contours)
    nowhere = replace(node, meaning=replace(node.meaning, level=None, level_system=None))
    return [nowhere if contour is node else contour for contour in contours]


def other_grid(contours: list[Contour], grid: Grid) -> tuple[list[Contour], Grid]:
    """One node as someone drew it on images of 60 × 60 voxels, and their grid."""
    node = _first_node(contours)
    near = ((np.arange(60) + 0.5) * 80 / 60).astype(int)
    affine = grid.affine.copy()
    affine[:3, 3] += (grid.affine[:3, 0] + grid.affine[:3, 1]) * (80 / 60 - 1) / 2
    affine[:3, :2] *= 80 / 60
    mask = node.mask[near][:, near]
    return [replace(node, label="X1", mask=mask)], Grid((60, 60, grid.shape[2]), affine)


def _first_node(contours: list[Contour]) -> Contour:
    return next(contour for contour in contours if contour.meaning.kind is RegionKind.NODE)


def spoiled(specimen_nodes: list[Row]) -> list[Row]:
    """The rows, one of them twice and one of somebody unknown."""
    if not specimen_nodes:
        return specimen_nodes
    first = specimen_nodes[0]
    twice = first | {"specimen_size_mm": round(first["specimen_size_mm"] + 4, 1)}
    unknown = first | {"patient_id": "SIM-9999", "specimen_node": "S1", "image_label": None}
    return [*specimen_nodes, twice, unknown]
