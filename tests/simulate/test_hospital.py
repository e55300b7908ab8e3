import hashlib
from pathlib import Path

import highdicom
import numpy as np
import polars as pl
import pydicom
import pytest

from nodewise.anatomy import RegionKind
from nodewise.errors import TrialError
from nodewise.ingest import codes
from nodewise.simulate import hospital, mishaps, truth
from nodewise.table import Column
from nodewise.tables import TABLES

PATIENTS, SEED = 5, 3


def scans_of(cohort: Path) -> Path:
    return cohort / "hospital" / "scans"


def segmentations(cohort: Path) -> dict[str, highdicom.seg.Segmentation]:
    """The first visit's masks by patient."""
    found = sorted(scans_of(cohort).glob("*/pre-treatment/90-seg/*.dcm"))
    return {path.parents[2].name: highdicom.seg.segread(path) for path in found}


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file()
    }


def typed_column(column: Column) -> pl.Expr:
    if column.kind == pl.Boolean():
        return pl.col(column.name).replace_strict({"true": True, "false": False})
    if column.kind == pl.Date():
        return pl.col(column.name).str.to_date()
    return pl.col(column.name).cast(column.kind)


@pytest.mark.parametrize("name", ["participants", "dissections", "specimen_nodes"])
def test_tables_hold_what_the_data_dictionary_says(cohort, name):
    table = TABLES[name]
    frame = pl.read_csv(cohort / "hospital" / f"{name}.csv", infer_schema_length=0)
    assert frame.columns == [
        "patient_id",
        *(set_of for set_of in table.schema if set_of != "participant"),
    ]
    rows = frame.rename({"patient_id": "participant"}).unique(table.key, keep="first")
    typed = rows.with_columns(typed_column(column) for column in table.columns)
    assert table.frame(typed).height == rows.height > 0


def test_every_seen_node_of_the_truth_has_a_segment_with_its_side_and_level(cohort):
    lumps = pl.read_csv(cohort / "hidden_truth" / "nodes.csv").filter(
        visit="pre-treatment", seen=True
    )
    for patient, mask in segmentations(cohort).items():
        said = {one.SegmentLabel: codes.meaning(one) for one in mask.SegmentSequence}
        assert said.pop("M").kind is RegionKind.REFERENCE_TISSUE
        expected = {row["label"]: row for row in lumps.filter(patient_id=patient).to_dicts()}
        assert set(said) == set(expected)
        for label, meaning in said.items():
            assert meaning.kind == expected[label]["kind"]
            assert meaning.side == expected[label]["side"]
            assert meaning.level in (expected[label]["level"], None)


def test_tracking_names_are_the_labels(cohort):
    for mask in segmentations(cohort).values():
        assert all(one.TrackingID == one.SegmentLabel for one in mask.SegmentSequence)


def test_a_reader_s_contours_are_near_the_truth_but_not_the_truth(cohort):
    lumps = pl.read_csv(cohort / "hidden_truth" / "nodes.csv").filter(
        visit="pre-treatment", kind="node"
    )
    ratios = []
    for patient, mask in segmentations(cohort).items():
        volume = dict(lumps.filter(patient_id=patient).select("label", "volume").iter_rows())
        frames = [
            frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
            for frame in mask.PerFrameFunctionalGroupsSequence
        ]
        for segment in mask.SegmentSequence:
            voxels = mask.pixel_array[np.array(frames) == segment.SegmentNumber].sum()
            if volume.get(segment.SegmentLabel, 0) > 400:
                ratios.append(voxels * 31.25 / volume[segment.SegmentLabel])
    assert len(ratios) > 5
    assert 0.75 < np.mean(ratios) < 1.25
    assert np.std(ratios) > 0.05


def test_masks_refer_to_the_images_that_they_were_drawn_on(cohort):
    for patient, mask in segmentations(cohort).items():
        referred = {
            item.ReferencedSOPInstanceUID
            for series in mask.ReferencedSeriesSequence
            for item in series.ReferencedInstanceSequence
        }
        folder = scans_of(cohort) / patient / "pre-treatment" / "03-dwi"
        there = {
            pydicom.dcmread(path, stop_before_pixels=True).SOPInstanceUID
            for path in folder.glob("IM0*.dcm")
        }
        assert referred <= there


def test_the_truth_is_marked_and_apart(cohort):
    assert (cohort / "hidden_truth" / truth.MARKER).is_file()
    assert not list((cohort / "hospital").rglob("*truth*"))
    names = pl.read_csv(cohort / "hospital" / "specimen_nodes.csv").columns
    assert not {"label", "image_level"} & set(names)


def test_the_truth_s_counts_are_those_of_the_dissections(cohort):
    found = pl.read_csv(cohort / "hidden_truth" / "specimens.csv")
    levels = pl.read_csv(cohort / "hospital" / "dissections.csv")
    assert found.height == levels["nodes_examined"].sum()
    assert found["metastatic"].sum() == levels["nodes_positive"].sum()


def test_the_same_seed_gives_the_same_bytes_whatever_the_workers_or_the_cohort(
    trial, cohort, tmp_path
):
    hospital(trial, tmp_path, patients=2, seed=SEED, workers=1)
    few, many = contents(tmp_path / "hospital" / "scans"), contents(scans_of(cohort))
    assert few == {
        name: digest for name, digest in many.items() if name[:8] in ("SIM-0001", "SIM-0002")
    }
    for table in ("participants", "dissections"):
        name = f"hospital/{table}.csv"
        assert (cohort / name).read_text().startswith((tmp_path / name).read_text())


def test_another_seed_gives_other_people(trial, cohort, tmp_path):
    hospital(trial, tmp_path, patients=1, seed=SEED + 1, workers=1)
    assert not set(contents(tmp_path / "hospital" / "scans").values()) & set(
        contents(scans_of(cohort)).values()
    )


def test_one_file_breaks_off(cohort):
    folder = scans_of(cohort) / f"SIM-{mishaps.UNREADABLE:04d}" / "pre-treatment" / "03-dwi"
    broken = pydicom.dcmread(folder / "IM9999.dcm")
    with pytest.raises(ValueError, match="pixel data"):
        _ = broken.pixel_array


def test_one_b_value_lacks_slices(cohort):
    folder = scans_of(cohort) / f"SIM-{mishaps.INCOMPLETE:04d}" / "month-3" / "03-dwi"
    found = [
        pydicom.dcmread(path, stop_before_pixels=True).DiffusionBValue for path in folder.iterdir()
    ]
    count = {b: found.count(b) for b in found}
    assert count.pop(500) == 21
    assert set(count.values()) == {24}


def test_one_mask_lies_on_another_grid(cohort):
    folder = scans_of(cohort) / f"SIM-{mishaps.OTHER_GRID:04d}" / "pre-treatment"
    strange = highdicom.seg.segread(folder / "91-seg" / "IM0001.dcm")
    usual = highdicom.seg.segread(folder / "90-seg" / "IM0001.dcm")
    assert (strange.Rows, usual.Rows) == (60, 80)
    assert strange.pixel_array.sum() > 0


def test_one_node_is_on_no_level(cohort):
    without = {
        patient: sum(
            codes.meaning(one).level is None
            for one in mask.SegmentSequence
            if codes.meaning(one).kind is RegionKind.NODE
        )
        for patient, mask in segmentations(cohort).items()
    }
    assert without == {p: int(p == f"SIM-{mishaps.NO_LEVEL:04d}") for p in without}


def test_specimens_have_a_duplicate_and_a_stranger(cohort):
    rows = pl.read_csv(cohort / "hospital" / "specimen_nodes.csv")
    people = pl.read_csv(cohort / "hospital" / "participants.csv")
    assert rows.select("patient_id", "specimen_node").is_duplicated().sum() == 2
    assert set(rows["patient_id"]) - set(people["patient_id"]) == {"SIM-9999"}


def test_the_readme_of_the_truth_names_every_mishap(cohort):
    text = (cohort / "hidden_truth" / "README.txt").read_text(encoding="utf-8")
    assert all(what in text and says in text for what, _, says in mishaps.MISHAPS["dwi"])


def test_progress_counts_participants(trial, tmp_path):
    seen = []
    hospital(trial, tmp_path, patients=1, seed=0, workers=1, progress=lambda *at: seen.append(at))
    assert seen == [(1, 1)]


def test_a_sequence_that_the_scanner_lacks_is_refused_in_a_sentence(trial, tmp_path):
    strange = trial.sequence[0].model_copy(update={"name": "spectroscopy"})
    other = trial.model_copy(update={"sequence": (*trial.sequence, strange)})
    with pytest.raises(
        TrialError, match="no sequence spectroscopy; it has t2w, dwi, vfa, dce, ct, mgre, pet, ceus"
    ):
        hospital(other, tmp_path, patients=1, seed=0)


def test_arms_without_virtual_people_are_refused_in_a_sentence(trial, tmp_path):
    other = trial.model_copy(update={"arm": trial.arm[:1]})
    with pytest.raises(TrialError, match="no virtual people have the arms affected; some have"):
        hospital(other, tmp_path, patients=1, seed=0)
