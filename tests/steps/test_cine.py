"""`nodewise cine`: from a file and a drawn region to curves, measures, ratios, maps, pictures."""

import csv
import json

import nibabel
import numpy as np
import pydicom
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.ingest import take
from tests.ingest.conftest import InProcess
from tests.steps.cines import DRAWN_ON, DYNAMIC_RANGE, SPACING, STEP, phantom


@pytest.fixture(scope="module")
def made():
    return phantom(np.random.default_rng(3), split=True)


@pytest.fixture(scope="module")
def folder(made, screen, outlined, tmp_path_factory):
    """The phantom as a hospital hands it over, and as a converter leaves it."""
    there = tmp_path_factory.mktemp("cine")
    step = 1e3 * STEP
    cine = screen(there / "cine.dcm", made.pixels, boxes=made.boxes, FrameTime=step)
    image = pydicom.dcmread(cine)
    for region in image.SequenceOfUltrasoundRegions:
        region.PhysicalDeltaX = region.PhysicalDeltaY = SPACING / 10
    image.save_as(cine)
    masks = {name: mask.T for name, mask in made.masks.items()}
    outlined(there / "seg.dcm", cine, masks, frame=DRAWN_ON + 1)
    labels = sum(number * mask for number, mask in enumerate(made.masks.values(), 1))
    affine = np.diag([-SPACING, -SPACING, 1.0, 1.0])
    nibabel.save(nibabel.Nifti1Image(labels[..., None].astype("u1"), affine), there / "mask.nii.gz")
    half = made.pixels[..., made.boxes[1][0] :].transpose(2, 1, 0)[:, :, None]
    nibabel.save(nibabel.Nifti1Image(half, affine), there / "half.nii.gz")
    told = {"Modality": "US", "FrameTimesStart": (np.arange(len(half.T)) * STEP).tolist()}
    (there / "half.json").write_text(json.dumps(told))
    nibabel.save(nibabel.Nifti1Image(half, affine), there / "bare.nii.gz")
    one = made.masks["N1"][made.boxes[1][0] :, :, None].astype("u1")
    nibabel.save(nibabel.Nifti1Image(one, affine), there / "one.nii.gz")
    return there


@pytest.fixture
def run(folder, tmp_path, own_process):
    """What the command says, or its record."""

    def cine(name, mask, *options):
        given = ["cine", folder / name, "--mask", folder / mask, "--out", tmp_path / "out"]
        given += ["--dynamic-range", DYNAMIC_RANGE, *options]
        found = CliRunner().invoke(main, [str(each) for each in given])
        assert not isinstance(found.exception, Exception), found.exception
        return json.loads(found.stdout) if "--json" in options else found.output

    return cine


@pytest.fixture(scope="module", autouse=True)
def in_process():
    """Read without child processes, whose start takes long."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(take, "Children", InProcess)
        yield


@pytest.fixture(scope="module")
def record(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    given = ["cine", folder / "cine.dcm", "--mask", folder / "seg.dcm", "--out", out, "--json"]
    given += ["--dynamic-range", DYNAMIC_RANGE, "--reference", "muscle"]
    found = CliRunner().invoke(main, [str(each) for each in given])
    return json.loads(found.stdout), out


def test_the_record_says_what_was_read_and_how(record, made):
    told, _ = record
    node, muscle = told["regions"]
    assert (node["label"], node["drawn_on"], node["drawn_on_told"]) == ("N1", DRAWN_ON + 1, True)
    assert node["followed_on"] == "the other half of the screen"
    assert node["frames"] == {"followed": len(made.pixels), "anywhere": 0, "lost": 0}
    assert told["setting"]["dynamic_range"] == DYNAMIC_RANGE
    assert told["setting"]["machine"] == {"manufacturer": "MAKER"}
    peak = node["measures"]["peak"]
    assert peak["value"] == pytest.approx(made.truth["peak"], rel=0.1)
    over = peak["value"] / muscle["measures"]["peak"]["value"]
    assert peak["over_reference"] == pytest.approx(over)
    assert 0 < peak["over_reference_error"] < over
    assert node["measures"]["time_to_peak"]["over_reference"] is None
    assert muscle["measures"]["peak"]["over_reference"] is None
    assert node["measures"]["quality"]["value"] > 0.95


def test_no_identity_is_written(record):
    _, out = record
    for path in out.iterdir():
        assert b"Simulated" not in path.read_bytes()
        assert b"SIM-0001" not in path.read_bytes()


def test_tables_have_a_row_a_measure_and_a_row_a_frame(record, made):
    told, out = record
    rows = list(csv.DictReader((out / "regions.csv").open()))
    assert len(rows) == 2 * len(told["measures"])
    frames = list(csv.DictReader((out / "curves.csv").open()))
    assert len(frames) == 2 * len(made.pixels)
    shifts = np.array([[float(row["columns_mm"]), float(row["rows_mm"])] for row in frames])
    off = np.abs(shifts[: len(made.pixels)] / SPACING - made.way)
    assert off.max() < 1.5


def test_maps_lie_in_the_regions_and_only_where_the_data_determine_them(record, made):
    told, out = record
    values = nibabel.load(out / "time_to_peak.nii.gz").get_fdata()[:, :, 0]
    inside = made.masks["N1"] | made.masks["muscle"]
    assert np.isnan(values[~inside]).all()
    assert np.isfinite(values[inside]).mean() > 0.5
    node = values[made.masks["N1"]]
    assert np.nanmedian(node) == pytest.approx(made.truth["time_to_peak"], abs=1.0)
    peak = nibabel.load(out / "peak.nii.gz").get_fdata()[:, :, 0]
    assert np.nanmedian(peak[made.masks["N1"]]) > 2 * np.nanmedian(peak[made.masks["muscle"]])
    assert told["setting"]["smooth_mm"] == 0.5


def test_each_region_has_a_picture_that_says_how_it_was_made(record):
    _, out = record
    text = (out / "curve-1.svg").read_text("utf-8")
    for said in (
        "Region N1",
        "wash-in",
        "echo power, a.u.",
        "60 dB",
        "were followed",
        "Subtracted",
    ):
        assert said in text.replace("</text>\n", " ")


def test_a_nifti_cine_with_a_nifti_mask_reads_the_same(run, record):
    told = run("half.nii.gz", "one.nii.gz", "--frame", DRAWN_ON + 1, "--json")
    (node,) = told["regions"]
    assert node["followed_on"] == "the contrast itself"
    same = record[0]["regions"][0]["measures"]
    for name in ("peak", "time_to_peak", "area"):
        assert node["measures"][name]["value"] == pytest.approx(same[name]["value"], rel=0.05), name


def test_labels_of_a_nifti_mask_are_regions_and_a_frame_that_nobody_told_is_said(run):
    said = run("cine.dcm", "mask.nii.gz", "--reference", "2")
    assert "region 1: " in said
    assert " of 2" in said
    assert "counts as drawn on frame 1 (--frame says another)" in said


def test_times_count_from_the_injection_and_late_frames_are_left_out(run, record):
    late = ("--injection", 4, "--until", 38, "--frame", DRAWN_ON + 1)
    told = run("half.nii.gz", "one.nii.gz", *late, "--json")
    assert told["setting"]["frames"] == 77
    before, after = (each["regions"][0]["measures"] for each in (record[0], told))
    moved = before["time_to_peak"]["value"] - after["time_to_peak"]["value"]
    assert moved == pytest.approx(4, abs=0.5)
    assert after["rise_time"]["value"] == pytest.approx(before["rise_time"]["value"], rel=0.1)


@pytest.mark.parametrize(
    ("name", "mask", "options", "says"),
    [
        ("half.nii.gz", "mask.nii.gz", (), "the mask has 180 × 80 × 1 pixels, the cine 90 × 80"),
        ("half.nii.gz", "one.nii.gz", ("--reference", "fat"), "is called 'fat'; there are 1"),
        ("half.nii.gz", "one.nii.gz", ("--frame", "400"), "drawn on frame 400 of a cine of 90"),
        ("half.nii.gz", "one.nii.gz", ("--dynamic-range", "0"), "above 0 dB"),
        ("half.nii.gz", "one.nii.gz", ("--reach", "0"), "over more than 0 mm"),
        ("half.nii.gz", "one.nii.gz", (), "say which frame it was drawn on"),
        ("mask.nii.gz", "mask.nii.gz", (), "one cine of ultrasound is read at a time; found 0"),
        ("seg.dcm", "seg.dcm", (), "found 0 of them. Give the file as the machine stored it"),
        ("bare.nii.gz", "one.nii.gz", (), "Beside a NIfTI cine lies a JSON file"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(run, name, mask, options, says):
    assert says in run(name, mask, *options)


def test_a_segmentation_of_another_cine_is_refused(run, folder, tmp_path):
    """Two cines of one machine have the same size, so that the mask of the wrong node would fit."""
    other = pydicom.dcmread(folder / "cine.dcm")
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = pydicom.uid.generate_uid()
    other.save_as(folder / "other.dcm")
    assert "does not name this cine as what it was drawn on" in run("other.dcm", "seg.dcm")
    assert not (tmp_path / "out").exists()
