"""Nodes on cines within a study: from files to values, ratios on a node's own cine, refusals."""

import json
from datetime import date

import numpy as np
import pytest

from nodewise import trial
from nodewise.errors import TrialError
from nodewise.ingest import take
from nodewise.steps import importing, quantify, running
from nodewise.steps.analysis.cases import Cases
from nodewise.steps.cine import nodes as cine_nodes
from nodewise.steps.cine.curve import CURVES
from nodewise.steps.measure import measure
from nodewise.steps.work import Work
from nodewise.store import create
from nodewise.trial import named
from tests.ingest.conftest import InProcess
from tests.steps.cines import DRAWN_ON, NODE, STEP, phantom

PEAKS = {("pre", "N1"): 1.0, ("pre", "N2"): 0.6, ("post", "N1"): 0.3, ("post", "N2"): 0.6}
DAYS = {"pre": "20240105", "post": "20240401"}


def made_by(visit):
    """The header of a visit's cines."""
    machine = {"Manufacturer": "Mindray", "ManufacturerModelName": "Resona 7"}
    return machine | {"FrameTime": 1e3 * STEP, "StudyDate": DAYS[visit]}


@pytest.fixture(scope="module")
def work(tmp_path_factory, screen, outlined):
    """One patient, two nodes, a cine of each before therapy and after it, muscle on every one."""
    folder, rng = tmp_path_factory.mktemp("study"), np.random.default_rng(8)
    for (visit, label), strength in PEAKS.items():
        made = phantom(rng, frames=70, split=label == "N1", node=NODE * [strength, 1, 1, 1])
        path = folder / "scans" / f"{visit}-{label}.dcm"
        screen(path, made.pixels, boxes=made.boxes, **made_by(visit))
        masks = {label: made.masks["N1"].T, "muscle": made.masks["muscle"].T}
        outlined(path.with_name(f"{path.stem}-seg.dcm"), path, masks, frame=DRAWN_ON + 1)
    create(folder / "study", trial.text("ceus"))
    work = Work.on(folder / "study", workers=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(take, "Children", InProcess)
        importing.take(work, [folder / "scans"])
    (who,) = set(work.tables.read("series")["participant"])
    days = work.tables.read("series")["date"].unique().sort()
    work.tables.add("participants", [{
        "participant": who, "arm": "neoadjuvant", "surgery_date": _after(days[-1], 7),
        "neoadjuvant_start_date": _after(days[0], 7),
    }])  # fmt: skip
    importing.arrange(work)
    quantify.quantify(work)
    measure(work)
    return work


def _after(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)


@pytest.fixture(scope="module")
def values(work):
    """(visit, label, parameter, statistic) → value of nodes."""
    labels = {row["region"]: row["label"] for row in work.tables.read("nodes").to_dicts()}
    return {
        (row["visit"], labels[row["region"]], row["parameter"], row["statistic"]): row["value"]
        for row in work.tables.read("values").to_dicts()
    }


def test_every_region_of_every_cine_is_kept_with_the_frame_it_was_drawn_on(work):
    regions = work.tables.read("regions")
    assert len(regions) == 8
    assert set(regions["frame"]) == {DRAWN_ON + 1}
    assert sorted(regions["visit"].unique()) == ["post", "pre"]
    assert len(regions.filter(label="muscle")["region"].unique()) == 4


def test_reference_tissues_are_regions_and_count_as_no_nodes(work):
    counts = running.status(work).counts
    assert (counts["regions"], counts["nodes"]) == (8, 4)


def test_several_cines_of_a_visit_are_no_issue(work):
    assert work.tables.read("issues")["found"].to_list() == []


def test_a_nodes_bolus_is_read_with_its_errors(values):
    for (visit, label), strength in PEAKS.items():
        value, error = (values[visit, label, "peak", each] for each in ("curve", "error"))
        assert value == pytest.approx(402.9 * strength, abs=4 * error), (visit, label)
        assert values[visit, label, "time_to_peak", "curve"] == pytest.approx(20.5, abs=1.5)
        assert values[visit, label, "quality", "curve"] > 0.85
    told = {name for _, _, name, statistic in values if statistic == "curve"}
    assert told == {*CURVES, "frames_followed"}


def test_ratios_are_to_the_muscle_of_the_nodes_own_cine_and_to_the_visit_before(work, values):
    cases, test = Cases.of(work), named(work.trial.index_test, "peak-ratio")
    regions = {row["region"]: row for row in work.tables.read("regions").to_dicts()}
    peaks = {row["region"]: row["value"] for row in work.tables.read("values").to_dicts()
             if (row["parameter"], row["statistic"]) == ("peak", "curve")}  # fmt: skip

    def over_own_muscle(visit, label):
        own = next(r for r in regions.values() if (r["visit"], r["label"]) == (visit, label))
        muscle = next(r for r in regions.values()
                      if r["label"] == "muscle" and r["grid"] == own["grid"])  # fmt: skip
        return peaks[own["region"]] / peaks[muscle["region"]]

    (who,) = cases.people
    for node in cases.nodes[who]:
        expected = over_own_muscle("post", node["label"]) / over_own_muscle("pre", node["label"])
        assert cases.value(node, test, "none") == pytest.approx(expected)
        assert cases._untested(who, test, "none") == ""
    assert len(cases.nodes[who]) == 2


def test_a_nodes_row_has_the_axes_of_its_plane_and_no_volume(work):
    (row, *_) = work.tables.read("nodes").filter(kind="node").to_dicts()
    assert row["axial_long_axis_mm"] == pytest.approx(5.6, abs=0.4)
    assert row["short_axis_mm"] == pytest.approx(4.0, abs=0.4)
    assert row["volume"] is row["long_axis_mm"] is row["surface"] is None


def test_a_mask_on_the_grid_of_two_cines_is_measured_and_not_read(work):
    regions = work.tables.read("regions").to_dicts()[:1]
    series = work.tables.read("series").to_dicts()
    twice = cine_nodes.drawn_on(regions, series * 2)
    folder = work.study.arrays.folder
    nodes, values, issues = cine_nodes.read(regions, twice, work.trial.map, folder=folder)
    assert (len(nodes), values) == (1, [])
    assert "on the grid of 2 cines" in issues[0].found
    assert "DICOM segmentation" in issues[0].action


def test_a_cine_that_is_none_is_to_be_exported_again_and_not_drawn_on_again(work):
    (region, *_) = work.tables.read("regions").to_dicts()
    series, folder = work.tables.read("series").to_dicts(), work.study.arrays.folder
    told = cine_nodes.drawn_on([region], series)
    (row,) = told[region["region"]]
    faint = work.study.arrays.put(work.study.arrays.get(row["array"]) / 2)
    told = {region["region"]: [row | {"array": faint}]}
    _, values, (issue,) = cine_nodes.read([region], told, work.trial.map, folder=folder)
    assert values == []
    assert issue.found == "brightness is whole numbers from 0 to 255; found others"
    assert issue.action.startswith("export the cine again")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ({"model": "RS85"}, "Mindray RS85, which map bolus of the trial file does not list"),
        ({"manufacturer": "", "model": ""}, "a machine of no stated name, which map bolus"),
    ],
)
def test_a_cine_of_a_machine_that_is_not_listed_has_sizes_and_one_issue(work, told, found):
    series = work.tables.read("series", {"visit": "post"}).to_dicts()
    for row in series:
        acquisition = json.loads(row["acquisition"])
        acquisition["machine"] |= told
        row["acquisition"] = json.dumps(acquisition)
    regions = work.tables.read("regions", {"visit": "post"}).to_dicts()
    nodes, values, issues = cine_nodes.read(
        regions, cine_nodes.drawn_on(regions, series), work.trial.map,
        folder=work.study.arrays.folder,
    )  # fmt: skip
    assert (len(nodes), values, len(issues)) == (4, [], 1)
    assert issues[0].found.startswith(found)
    assert "Philips EPIQ 7" in issues[0].needed


DISPLAYS = trial.text("ceus").partition('and as they display"\n')[2].partition("[[index_test]]")[0]


def changed(old, new):
    text = trial.text("ceus")
    assert old in text
    return trial.parse(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (DISPLAYS, 'dynamic_range = "unknown"\n', "which is unknown; state dynamic_range in dB"),
        (DISPLAYS, "", "which is not told; state dynamic_range in dB"),
        (DISPLAYS, f"dynamic_range = 50.0\n{DISPLAYS}", "give either 'dynamic_range', or"),
        (DISPLAYS, 2 * DISPLAYS, "the display of Mindray Resona 7, Philips EPIQ 7, SAMSUNG"),
        ('statistic = "curve"', 'statistic = "median"', 'statistic = "curve" is read of maps'),
        ('parameter = "peak"', 'parameter = "kep"', "lognormal has no parameter kep in 1"),
        ('model = "lognormal"', 'model = "bell"', "no model is called bell"),
    ],
)
def test_a_trial_that_asks_for_what_a_bolus_does_not_have_is_refused(old, new, says):
    with pytest.raises(TrialError, match=says.replace("(", r"\(")):
        quantify.check(changed(old, new))
