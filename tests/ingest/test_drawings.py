"""Segmentations and structure sets: every voxel where it was drawn."""

import gzip
from ast import literal_eval
from pathlib import Path

import highdicom
import nibabel
import numpy as np
import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.uid import generate_uid

from nodewise.anatomy import LevelSystem, RegionKind, Side
from nodewise.ingest import codes
from nodewise.ingest.codes import Meaning
from nodewise.ingest.contours import inside

NODE = Meaning(kind=RegionKind.NODE, side=Side.LEFT, level="IIA", level_system=LevelSystem.AJCC)
MUSCLE = Meaning(kind=RegionKind.REFERENCE_TISSUE)


def draw(paths, folder, masks, **more):
    """A segmentation of masks, shape (slices, rows, columns), on classic files."""
    sources = sorted(
        (pydicom.dcmread(path) for path in paths), key=lambda one: one.ImagePositionPatient[2]
    )
    for one in sources:
        one.PatientBirthDate, one.PatientSex, one.StudyTime, one.AccessionNumber = "", "", "", ""
        one.StudyID, one.ReferringPhysicianName = "", ""
    segments = [
        highdicom.seg.SegmentDescription(
            number, label, codes.category(meaning.kind), codes.TYPES[meaning.kind], "MANUAL",
            tracking_id=label, tracking_uid=generate_uid(), anatomic_regions=codes.regions(meaning),
        )
        for number, (label, meaning, _) in enumerate(masks, 1)
    ]  # fmt: skip
    file = highdicom.seg.Segmentation(
        source_images=sources,
        pixel_array=np.stack([mask for _, _, mask in masks], axis=-1).astype(np.uint8),
        segmentation_type=more.get("kind", "BINARY"),
        segment_descriptions=segments,
        series_instance_uid=generate_uid(), series_number=9, sop_instance_uid=generate_uid(),
        instance_number=1, manufacturer="x", manufacturer_model_name="x", software_versions="1",
        device_serial_number="1",
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    file.save_as(folder / "drawing.dcm")


def block(level, row, column):
    mask = np.zeros((6, 4, 5), bool)
    mask[level, row, column] = True
    return mask


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP"])
def test_a_drawing_comes_on_the_grid_of_its_series_with_its_meaning(
    write, imported, tmp_path, kind
):
    node, muscle = block(slice(2, 4), slice(1, 3), 4), block(5, 0, slice(0, 2))
    masks = [("N3", NODE, node), ("M", MUSCLE, muscle)]
    draw(write(tmp_path / "scan", slices=6), tmp_path / "seg", masks, kind=kind)
    result = imported(tmp_path)
    found = {one.label: one for one in result.regions}
    assert found["N3"].grid.same_as(result.series[0].volume.grid)
    np.testing.assert_array_equal(found["N3"].mask, node.T)
    np.testing.assert_array_equal(found["M"].mask, muscle.T)
    assert (found["N3"].kind, found["N3"].side, found["N3"].level) == ("node", "left", "IIA")
    assert (found["M"].kind, found["M"].side, found["M"].level) == ("reference tissue", None, None)
    assert found["N3"].date == result.series[0].date
    assert found["N3"].participant == result.series[0].participant
    assert not result.problems


def test_a_drawing_whose_series_is_elsewhere_keeps_its_own_grid(write, imported, tmp_path):
    node = block(slice(2, 4), slice(1, 3), 4)
    draw(write(tmp_path / "scan", slices=6), tmp_path / "seg", [("N3", NODE, node)])
    (region,) = imported(tmp_path / "seg").regions
    assert region.mask.sum() == node.sum()
    there = region.grid.positions(np.argwhere(region.mask).astype(float)).mean(axis=0)
    np.testing.assert_allclose(there, [-10 + 3 * 4, -20 + 2 * 1.5, 4 * 2.5])


def test_a_drawing_of_no_known_kind_is_told_and_kept(write, imported, tmp_path):
    mask = block(0, 0, 0)
    draw(write(tmp_path / "scan", slices=6), tmp_path / "seg", [("X", NODE, mask)])
    path = tmp_path / "seg" / "drawing.dcm"
    file = pydicom.dcmread(path)
    file.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeValue = "1"
    file.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0].CodeMeaning = "thing"
    file.save_as(path)
    result = imported(tmp_path)
    assert result.regions[0].kind is None
    assert "1 of its regions are of no kind that is known here" in result.found()


def nrrd(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Values of a 3-D NRRD and the positions of its axes, in LPS."""
    head, _, body = path.read_bytes().partition(b"\n\n")
    told = dict(line.split(": ", 1) for line in head.decode().splitlines() if ": " in line)
    raw = gzip.decompress(body) if told["encoding"] == "gzip" else body
    kind = {"unsigned char": "u1", "short": "i2", "unsigned short": "u2"}[told["type"]]
    shape = [int(n) for n in told["sizes"].split()]
    vectors = np.array(literal_eval(f"[{told['space directions'].replace(' ', ',')}]"), float)
    affine = np.eye(4)
    affine[:3, :3] = vectors.T
    affine[:3, 3] = literal_eval(told["space origin"])
    if "right-anterior" in told.get("space", ""):
        affine = np.diag([-1, -1, 1, 1]) @ affine
    return np.frombuffer(raw, kind).reshape(shape, order="F"), affine


def places(mask, affine):
    return {tuple(p) for p in np.round(np.argwhere(mask) @ affine[:3, :3].T + affine[:3, 3], 2)}


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("drawing", "reference", "label"),
    [
        ("liver.dcm", "liver_seg.nrrd", "Liver"),
        ("sparse-labelmap-noppv.dcm", "sparse_labelmap_noppv_seg.nrrd", "Liver"),
        ("sparse-labelmap-ppv5.dcm", "sparse_labelmap_ppv5_seg.nrrd", "Liver"),
    ],
)
def test_drawings_of_others_lie_where_they_drew_them(shared, imported, drawing, reference, label):
    folder = shared / "data" / "seg-edge-cases"
    regions = {one.label: one for one in imported(folder / drawing).regions}
    values, affine = nrrd(folder / reference)
    region = regions[label]
    assert set(regions) == {label}
    assert places(region.mask, region.grid.affine) == places(values == 1, affine)


@pytest.mark.real_data
def test_overlapping_segments_stay_whole(shared, imported):
    folder = shared / "data" / "seg-edge-cases"
    regions = imported(folder / "partial_overlaps.dcm").regions
    drawn = set()
    for number in (1, 2, 3):
        values, affine = nrrd(folder / f"partial_overlaps-{number}.nrrd")
        drawn |= {frozenset(places(values == n, affine)) for n in set(values.flat) - {0}}
    assert {frozenset(places(one.mask, one.grid.affine)) for one in regions} == drawn


@pytest.mark.real_data
@pytest.mark.parametrize("modality", ["CT", "MR_T1"])
def test_a_structure_set_is_the_mask_that_its_voxel_centres_make(shared, imported, modality):
    folder = shared / "data" / "rtstruct-pair"
    (region,) = imported(folder / f"{modality}_dicom.zip").regions
    image = nibabel.load(folder / f"{modality}_mask_nifti.nii.gz")
    reference = places(np.asarray(image.dataobj) > 0, np.diag([-1, -1, 1, 1]) @ image.affine)
    ours = places(region.mask, region.grid.affine)
    assert region.mask.sum() == len(reference)
    near = {tuple(np.round(place, 1)) for place in reference}
    assert {tuple(np.round(place, 1)) for place in ours} == near  # Dice 1.0


@given(
    corners=st.tuples(*[st.floats(0.01, 8.99)] * 4),
    turned=st.booleans(),
)
def test_a_rectangle_holds_the_centres_between_its_sides(corners, turned):
    x0, x1, y0, y1 = corners
    x0, x1, y0, y1 = min(x0, x1), max(x0, x1), min(y0, y1), max(y0, y1)
    polygon = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    mask = inside(polygon[::-1] if turned else polygon, (10, 10))
    i, j = np.mgrid[:10, :10]
    edge = np.isin(i, (x0, x1)) | np.isin(j, (y0, y1))
    expected = (x0 < i) & (i < x1) & (y0 < j) & (j < y1)
    np.testing.assert_array_equal(mask[~edge], expected[~edge])
