"""People of the study of extranodal extension, their images and their files."""

from dataclasses import replace

import numpy as np
import polars as pl
import pydicom
import pytest

from nodewise.anatomy import RegionKind
from nodewise.criteria.tnm import Site
from nodewise.ingest import Problem, Pseudonyms, Region, Series, take_in
from nodewise.nodes import boundary
from nodewise.simulate import ene, hospital, neck, painting, scanner
from nodewise.simulate.contours import drawn
from nodewise.simulate.neck import CODES, Ellipsoid
from nodewise.simulate.nodes import Extension, Lump
from nodewise.simulate.painting import bumps
from nodewise.simulate.tissue import surroundings
from nodewise.volume import Grid


@pytest.fixture(scope="module")
def people():
    return [
        ene.person(number, ("ct", "t2w"), np.random.default_rng([4, number]))
        for number in range(1, 81)
    ]


def metastases(people):
    return [lump for one in people for lump in one.lumps if lump.metastatic]


def extends(lump: Lump) -> bool:
    return bool(lump.extension and lump.extension.pene_mm)


def test_extension_grows_with_size_and_necrosis(people):
    found = metastases(people)
    large = [extends(lump) for lump in found if lump.short_axis >= 14]
    small = [extends(lump) for lump in found if lump.short_axis < 10]
    assert np.mean(large) > 2 * np.mean(small)
    core = [extends(lump) for lump in found if lump.core]
    assert np.mean(core) > np.mean([extends(lump) for lump in found])


def test_extension_is_minor_or_major_and_only_of_metastases(people):
    sizes = np.array([n.extension.pene_mm for n in metastases(people) if extends(n)])
    assert 0.2 < (sizes <= 2).mean() < 0.6
    assert not any(extends(lump) for one in people for lump in one.lumps if not lump.metastatic)


def test_what_is_seen_is_neither_all_nor_only_extension(people):
    nodes = [lump for one in people for lump in one.lumps if lump.extension]
    assert any(lump.extension.border_mm > 0.6 and not extends(lump) for lump in nodes)
    assert any(lump.extension.border_mm < 0.4 and extends(lump) for lump in nodes)


def test_matted_nodes_touch_another_one(people):
    for one in people:
        matted = [lump for lump in one.lumps if lump.extension and lump.extension.matted]
        for lump in matted:
            gaps = [
                np.linalg.norm((lump.shape.centre - mate.shape.centre)[:2])
                - lump.shape.radii[:2].mean()
                - mate.shape.radii[:2].mean()
                for mate in matted
                if mate is not lump
            ]
            assert min(gaps) < 1.0


def test_sites_are_those_of_staging_and_unknown_primaries_have_no_tumour(people):
    assert {one.facts["primary_site"] for one in people} <= {site.value for site in Site}
    for one in people:
        tumours = [lump for lump in one.lumps if lump.kind is RegionKind.PRIMARY_TUMOUR]
        assert bool(tumours) == (one.facts["primary_site"] != "unknown primary")
        assert bool(tumours) == (one.facts["primary_side"] is not None)
        assert 2024 <= one.facts["diagnosis_year"] <= 2026


def test_both_kinds_of_oropharyngeal_carcinoma_come(people):
    found = {one.facts["p16"] for one in people if one.facts["primary_site"] == "oropharynx"}
    assert found == {"positive", "negative"}


def painted(border_mm: float, *, invades: bool = False) -> tuple[float, float, float]:
    """Margin width, irregularity and fat-stranding of one node of 14 mm in fat, as CT shows it."""
    rng = np.random.default_rng(2)
    labels = np.full(neck.FINE, CODES["fat"], np.uint8)
    shape = Ellipsoid(np.array([0.0, 0, 60]), np.array([7.0, 7, 8]), 0.3)
    extension = Extension(pene_mm=border_mm, border_mm=border_mm, invades=invades)
    lump = Lump(
        label="N1", kind=RegionKind.NODE, tissue="metastatic", metastatic=True, side="left",
        level="IIA", shape=shape, seen=True, values={"ct": 85.0}, extension=extension,
    )  # fmt: skip
    if border_mm:
        lump = replace(lump, shape=replace(shape, bumps=bumps(0.22 * border_mm / 7, rng)))
    painting.paint(labels, [lump], rng)
    density = {CODES[name]: value for name, value in surroundings("ct").items()}
    image = scanner.tomography(labels, density | {painting.FIRST: 85.0}, rng) - 1024.0
    mask = next(c.mask for c in drawn([lump], labels, kind="ct", rng=rng) if c.label == "N1")
    grid = Grid(image.shape, np.diag([*scanner.spacing(scanner.THIN), 1.0]))
    found = boundary.margin(mask, image, grid)
    strands = float((labels == CODES["stranding"]).mean())
    return found.width, boundary.form(mask, grid).irregularity, strands


def test_a_node_that_breaks_its_capsule_has_a_blurred_and_uneven_border_and_strands():
    smooth, broken = painted(0.0), painted(3.0)
    assert broken[0] > 1.5 * smooth[0]
    assert broken[1] > smooth[1] + 0.03
    assert broken[2] > smooth[2] == 0


def test_bumps_leave_the_volume_nearly_alone():
    shape = Ellipsoid(np.array([0.0, 0, 60]), np.array([8.0, 8, 9]), 0.0)
    _, inside = neck.occupied(shape)
    rng = np.random.default_rng(1)
    uneven = [
        neck.occupied(replace(shape, bumps=bumps(0.1, rng)))[1].sum() / inside.sum()
        for _ in range(12)
    ]
    assert np.mean(uneven) == pytest.approx(1, abs=0.08)
    assert np.std(uneven) > 0.005


def taken(cohort, patient):
    scans = cohort / "hospital" / "scans" / patient
    return list(take_in([scans], Pseudonyms(b"a key for tests only"), workers=1))


def test_ct_and_mr_come_in_with_masks_on_the_ct(ene_cohort):
    things = taken(ene_cohort, "SIM-0001")
    assert not [thing for thing in things if isinstance(thing, Problem)]
    series = {s.acquisition.modality: s for s in things if isinstance(s, Series)}
    assert set(series) == {"CT", "MR"}
    assert series["CT"].acquisition.units == "HU"
    ct = series["CT"].volume
    truth = pl.read_csv(ene_cohort / "hidden_truth" / "nodes.csv", infer_schema_length=None)
    truth = truth.filter(pl.col("short_axis_mm") > 6, patient_id="SIM-0001", necrotic_core=0.0)
    density = dict(truth.select("label", "ct").iter_rows())
    checked = 0
    for region in things:
        if isinstance(region, Region) and region.label in density:
            assert region.grid.same_as(ct.grid)
            found = np.median(ct.values[region.mask])
            assert found == pytest.approx(density[region.label], abs=20)
            checked += 1
    assert checked >= 2


def test_ct_files_are_ct_objects(ene_cohort):
    path = ene_cohort / "hospital" / "scans" / "SIM-0001" / "pre-treatment" / "30-ct" / "IM0001.dcm"
    image = pydicom.dcmread(path)
    assert image.SOPClassUID.name == "CT Image Storage" == image.file_meta[0x00020002].value.name
    assert (image.RescaleIntercept, image.RescaleSlope, image.RescaleType) == (-1024, 1, "HU")
    assert "EchoTime" not in image
    mr = pydicom.dcmread(next(path.parents[1].glob("02-t2w/*.dcm")), stop_before_pixels=True)
    assert mr.StudyInstanceUID != image.StudyInstanceUID
    assert mr.FrameOfReferenceUID != image.FrameOfReferenceUID


def test_the_truth_of_nodes_says_what_pathology_said(ene_cohort):
    nodes = pl.read_csv(ene_cohort / "hidden_truth" / "nodes.csv", infer_schema_length=None)
    specimens = pl.read_csv(
        ene_cohort / "hidden_truth" / "specimens.csv", infer_schema_length=None
    ).filter("metastatic")
    both = specimens.join(nodes, on=["patient_id", "label"])
    assert both.height == specimens.height > 0
    assert (both["pene_mm"] == both["pene_mm_right"].fill_null(0.0)).all()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_files(ene_trial, ene_cohort, tmp_path):
    hospital(ene_trial, tmp_path, patients=2, seed=3)
    few = sorted((ene_cohort / "hospital" / "scans").rglob("*.dcm"))
    assert few
    for path in few:
        assert path.read_bytes() == (tmp_path / path.relative_to(ene_cohort)).read_bytes()
