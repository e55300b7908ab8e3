"""What a reader draws: nearly the truth, on the grid of one series, as DICOM SEG."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from io import BytesIO

import numpy as np
import pydicom
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.filebase import DicomBytesIO
from pydicom.sr.coding import Code
from scipy.ndimage import distance_transform_edt

from nodewise.anatomy import LevelSystem, RegionKind, Side
from nodewise.ingest import codes
from nodewise.simulate import files, scanner
from nodewise.simulate.neck import CELL, CODES, EXTENT, FINE, Ellipsoid, Labels, occupied
from nodewise.simulate.nodes import Lump
from nodewise.simulate.scanner import Block
from nodewise.volume import Mask

JITTER = 0.05  # relative error of a drawn radius: assumed
SHIFT = 0.4  # mm, error of a drawn centre: assumed
MUSCLE = Ellipsoid(np.array([13.0, 30.0, 48.0]), np.array([6.0, 7.0, 9.0]), 0.0)
"""Where the reference region is drawn: in the deep muscles of the left side of the back."""
LIPID_RADIUS = (2.5, 6.0)  # mm, least and most of the reference region in fat


@dataclass(frozen=True, slots=True, kw_only=True)
class Contour:
    """One drawn region: what it says it is, of what, and its mask, shape of the series' grid."""

    label: str
    meaning: codes.Meaning
    mask: Mask
    made_of: Code | None = None


def drawn(
    lumps: Sequence[Lump], labels: Labels, *, kind: str, rng: np.random.Generator
) -> list[Contour]:
    """A reader's contours of what was seen, in the order of their labels, and of some muscle.

    Args:
        lumps: nodes and lesions.
        labels: the fine grid that they were painted into.
        kind: of the series; after iron oxide fat is drawn too.
        rng: source of the reader's errors.
    """
    block = scanner.block(kind)
    contours = [
        Contour(
            label=lump.label,
            meaning=_meaning(lump),
            mask=_mask(_jittered(lump.shape, rng), block),
        )
        for lump in sorted(lumps, key=lambda lump: (len(lump.label), lump.label))
        if lump.seen
    ]
    muscle = codes.Meaning(kind=RegionKind.REFERENCE_TISSUE, side=Side.LEFT)
    iron = kind == "mgre"
    contours.append(
        Contour(label="muscle" if iron else "M", meaning=muscle, mask=_mask(MUSCLE, block))
    )
    if iron:
        lipid = codes.Meaning(kind=RegionKind.REFERENCE_TISSUE)
        mask = _mask(_within(labels, "fat"), block)
        contours.append(
            Contour(label="lipid", meaning=lipid, mask=mask, made_of=codes.ADIPOSE_TISSUE)
        )
    return contours


def _within(labels: Labels, tissue: str) -> Ellipsoid:
    """A ball in the thickest part of a tissue."""
    every = (4, 4, 2)
    there = labels[:: every[0], :: every[1], :: every[2]] == CODES[tissue]
    there[:, :, [0, 1, -2, -1]] = False  # nobody draws on the last slices
    depth = distance_transform_edt(there, sampling=CELL * every)
    place = np.array(np.unravel_index(depth.argmax(), depth.shape))
    centre = (place * every + 0.5) * CELL - np.array([EXTENT[0] / 2, EXTENT[1] / 2, 0])
    radius = np.clip(depth.max() - 1.5, *LIPID_RADIUS)
    return Ellipsoid(centre, np.full(3, radius), 0.0)


def _meaning(lump: Lump) -> codes.Meaning:
    system = LevelSystem.AJCC if lump.level else None
    return codes.Meaning(kind=lump.kind, side=lump.side, level=lump.level, level_system=system)


def _jittered(shape: Ellipsoid, rng: np.random.Generator) -> Ellipsoid:
    """The shape as a hand draws it: too large or too small as a whole, and a little beside."""
    size = np.exp(JITTER * rng.standard_normal()) * np.exp(JITTER / 2 * rng.standard_normal(3))
    centre = shape.centre + SHIFT * rng.standard_normal(3)
    return replace(shape, centre=centre, radii=shape.radii * size)


def _mask(shape: Ellipsoid, block: Block) -> Mask:
    """Voxels of which at least half lie inside, or the fullest one."""
    box, inside = occupied(shape)
    first = [each.start // step for each, step in zip(box, block, strict=True)]
    last = [-(-each.stop // step) for each, step in zip(box, block, strict=True)]
    cells = np.zeros([(b - a) * s for a, b, s in zip(first, last, block, strict=True)], bool)
    cells[tuple(
        slice(each.start - a * s, each.stop - a * s)
        for each, a, s in zip(box, first, block, strict=True)
    )] = inside  # fmt: skip
    i, j, k = (b - a for a, b in zip(first, last, strict=True))
    share = cells.reshape(i, block[0], j, block[1], k, block[2]).mean(axis=(1, 3, 5))
    mask = np.zeros([size // step for size, step in zip(FINE, block, strict=True)], bool)
    place = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
    mask[place] = share >= min(0.5, share.max())
    return mask


def segmentation(
    contours: Sequence[Contour], scan: files.Scan, *, number: int, when: datetime
) -> bytes:
    """A SEG object with one segment a contour.

    Args:
        contours: masks on the scan's grid.
        scan: series on whose first frame they were drawn.
        number: of the series.
        when: it was drawn; a SEG otherwise says when it was made.
    """
    series = files.uid(scan.header.SeriesInstanceUID, "segmentation", number)
    order = list(scan.slices())
    turned = [replace(each, mask=each.mask[:, :, order]) for each in contours]
    return saved(described(turned, _sources(scan), series=series, numbered=(number, 1), when=when))


def described(
    contours: Sequence[Contour],
    sources: Sequence[pydicom.Dataset],
    *,
    series: str,
    numbered: tuple[int, int],
    when: datetime,
) -> Segmentation:
    """A SEG object with one segment a contour.

    Args:
        contours: masks in the order of the sources, shape (columns, rows, sources).
        sources: headers of the images on which they were drawn.
        series: identifier of its series.
        numbered: number of the series, and of the object in it.
        when: it was drawn; a SEG otherwise says when it was made.
    """
    masks = np.stack([contour.mask for contour in contours], axis=-1)
    seg = Segmentation(
        source_images=list(sources),
        pixel_array=masks.transpose(2, 1, 0, 3).astype(np.uint8),
        segmentation_type="BINARY",
        segment_descriptions=[
            _segment(index, contour, f"{series}.{numbered[1]}")
            for index, contour in enumerate(contours, 1)
        ],
        series_instance_uid=series,
        series_number=numbered[0],
        sop_instance_uid=f"{series}.{numbered[1]}",
        instance_number=numbered[1],
        manufacturer="nodewise",
        manufacturer_model_name="virtual reader",
        software_versions="1",
        device_serial_number="0",
        series_description="nodes",
    )
    _undate(seg, series, when)
    return seg


def saved(seg: Segmentation) -> bytes:
    """The object as the content of a file."""
    buffer = DicomBytesIO()
    seg.save_as(buffer)
    return bytes(buffer.getvalue())


def _segment(index: int, contour: Contour, series: str) -> SegmentDescription:
    kind = contour.meaning.kind or RegionKind.NODE
    return SegmentDescription(
        index,
        contour.label,
        segmented_property_category=codes.category(kind),
        segmented_property_type=contour.made_of or codes.TYPES[kind],
        algorithm_type="MANUAL",
        tracking_id=contour.label,
        tracking_uid=f"{series}.8.{index}",
        anatomic_regions=codes.regions(contour.meaning),
    )


def _sources(scan: files.Scan) -> list[pydicom.Dataset]:
    """Headers of the first frame's slices; a multi-frame series stands for itself."""
    if not scan.multi_frame:
        return [files.source(scan, k) for k in scan.slices()]
    first = replace(
        scan, frames=scan.frames[:1], seconds=scan.seconds[:1], pixels=scan.pixels[..., :1]
    )
    return [pydicom.dcmread(BytesIO(files.enhanced(first)))]


def _undate(seg: Segmentation, series: str, when: datetime) -> None:
    """Put the examination's date and derived identifiers where the library puts today's."""
    day, clock = when.strftime("%Y%m%d"), files.clock(when)
    for name in ("ContentDate", "InstanceCreationDate", "SeriesDate", "StructureSetDate"):
        if name in seg:
            setattr(seg, name, day)
    for name in ("ContentTime", "InstanceCreationTime", "SeriesTime"):
        if name in seg:
            setattr(seg, name, clock)
    for equipment in seg.get("ContributingEquipmentSequence", ()):
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = day + clock
    for holder in (*seg.DimensionOrganizationSequence, *seg.DimensionIndexSequence):
        holder.DimensionOrganizationUID = f"{series}.9"
