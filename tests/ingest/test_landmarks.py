import json

import nibabel
import numpy as np
import pytest

from nodewise.errors import IngestError
from nodewise.ingest import landmarks

FCSV = """# Markups fiducial file version = 4.11
# CoordinateSystem = {system}
# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID
vtk_1,10.5,-20,30,0,0,0,1,1,1,0,SCM left-1,,
vtk_2,12,-21,40,0,0,0,1,1,1,0,SCM left-2,,
vtk_3,0,5,60,0,0,0,1,1,1,0,Hyoid,"a, b",
"""


def markups(system="LPS", units="mm", status="defined"):
    point = {"label": "R IJV", "position": [-30.0, -5.0, 60.0], "positionStatus": status}
    markup = {"coordinateSystem": system, "coordinateUnits": units, "controlPoints": [point]}
    return json.dumps({"markups": [markup]})


@pytest.mark.parametrize("system", ["LPS", "1"])
def test_points_of_one_landmark_are_put_together(tmp_path, system):
    path = tmp_path / "a.fcsv"
    path.write_text(FCSV.format(system=system))
    found = landmarks.points(path)
    assert found["sternocleidomastoid left"].tolist() == [[10.5, -20, 30], [12, -21, 40]]
    assert found["hyoid"].tolist() == [[0, 5, 60]]


@pytest.mark.parametrize("system", ["RAS", "0"])
def test_other_axes_are_turned_to_dicoms(tmp_path, system):
    path = tmp_path / "a.fcsv"
    path.write_text(FCSV.format(system=system))
    assert landmarks.points(path)["hyoid"].tolist() == [[0, -5, 60]]


def test_slicers_json_is_read_and_points_that_were_not_placed_are_left(tmp_path):
    path = tmp_path / "a.mrk.json"
    path.write_text(markups("RAS"))
    assert landmarks.points(path)["jugular vein right"].tolist() == [[30, 5, 60]]
    path.write_text(markups(status="undefined"))
    assert landmarks.points(path) == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (markups(system="IJK"), "coordinate system as 'IJK'"),
        (markups(system=None), "coordinate system as None"),
        (markups(units="m"), "unit as 'm'"),
        ("{}", "KeyError"),
        ("not json", "3D Slicer"),
        ("[1]", "TypeError"),
    ],
)
def test_a_file_that_does_not_say_where_it_is_is_refused(tmp_path, text, says):
    path = tmp_path / "secret-name.mrk.json"
    path.write_text(text)
    with pytest.raises(IngestError, match=says) as error:
        landmarks.points(path)
    assert "secret-name" not in str(error.value)


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("hyoid", "hyoid"),
        ("Hyoid_Bone-1", "hyoid"),
        ("sternocleidomastoid_right", "sternocleidomastoid right"),
        ("common_carotid_artery_left", "carotid left"),
        ("rt. SMG", "submandibular gland right"),
        ("C1", "c1"),
        ("tonsil L", "tonsil left"),
    ],
)
def test_names_are_written_in_one_way(label, name):
    assert landmarks.name(label) == name


def test_masks_are_named_by_their_file_and_turned_to_dicoms_axes(tmp_path):
    values = np.zeros((4, 5, 6), np.uint8)
    values[1, 2, 3] = 1
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "hyoid.nii.gz")
    (tmp_path / "notes.txt").write_text("")
    found = landmarks.masks(tmp_path)
    mask, grid = found["hyoid"]
    assert grid.positions(np.argwhere(mask).astype(float)).tolist() == [[-1, -2, 3]]
    assert set(found) == {"hyoid"}


def test_parts_of_one_landmark_are_put_together_when_they_lie_on_one_grid(tmp_path):
    for number, name in enumerate(("common_carotid_artery_left", "internal_carotid_artery_left")):
        values = np.zeros((4, 5, 6), np.uint8)
        values[1, 2, number] = 1
        nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / f"{name}.nii.gz")
    mask, _ = landmarks.masks(tmp_path)["carotid left"]
    assert mask.sum() == 2
    coarse = nibabel.Nifti1Image(np.zeros((2, 2, 2), np.uint8), np.eye(4))
    nibabel.save(coarse, tmp_path / "cca_left.nii.gz")
    with pytest.raises(IngestError, match="carotid left lie on two grids"):
        landmarks.masks(tmp_path)
