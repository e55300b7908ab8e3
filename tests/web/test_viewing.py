"""What may be opened, how it hangs, and curves of a drawn region, as the server has it."""

import json

import numpy as np
import pytest

from nodewise.errors import FormError
from nodewise.reading import display
from nodewise.reading.rounds import Round
from nodewise.steps.readings import planning
from nodewise.volume import Grid

RUNS = [[5, 3], [2000, 4]]


@pytest.fixture
def hospital(in_sqlite):
    """On SQLite alone: which database holds the readings does not matter here."""
    return in_sqlite


@pytest.fixture
def reader(hospital):
    """A client of a reader whose rounds show other images."""
    add_images(hospital.work)
    secret = hospital.room.people.password("anna")
    hospital.room.people.add("dora", "reader", password=secret, by="test")
    return hospital.client("dora")


def add_images(work):
    """Give every case an ultrasound cine and an ADC map beside its MR."""
    shelf, rng = work.study.arrays, np.random.default_rng(3)
    for row in work.tables.read("series", {"sequence": "dwi"}).to_dicts():
        facts = {name: row[name] for name in ("participant", "visit", "grid")}
        cine = rng.integers(0, 256, (48, 48, 12, 3)).astype(np.uint8)
        work.tables.add("series", [facts | {
            "series": row["series"] + "-us", "sequence": "vfa", "modality": "US", "varies": "time",
            "frames": 3, "array": shelf.put(cine), "acquisition": '{"times": [0, 0.5, 1.0]}',
        }])  # fmt: skip
        adc = rng.uniform(0, 3e-3, (48, 48, 12, 2))
        work.tables.add("maps", [facts | {
            "series": row["series"], "model": "adc", "parameters": '["s0", "adc"]',
            "units": '["a.u.", "mm²/s"]', "array": shelf.put(adc), "outcome": "none",
        }])  # fmt: skip


def planned(hospital, form, *shows):
    """The code of a case in a round of that form that shows these images."""
    name = f"r{len(hospital.room.readings.rounds())}"
    facts = {"name": name, "form": form, "shows": shows, "part": "pilot"}
    planning.plan(hospital.work, [Round.model_validate(facts)], readers=["dora"], by="test")
    return hospital.codes("dora", name)[0]


def test_a_form_shows_only_the_modalities_that_it_names(hospital, reader):
    code = planned(hospital, "ceus_v1", "t2w", "vfa", "adc.adc")
    panels = reader.get(f"/read/{code}/case").json()["panels"]
    assert [panel["modality"] for panel in panels] == ["US"]
    assert reader.get(f"/read/{code}/image/0/0").status_code == 200
    for address in ("image/1/0", "image/2/0", "overlay/1", "overlay/2"):
        assert reader.get(f"/read/{code}/{address}").status_code == 404
    assert reader.post(f"/read/{code}/curve/1", json={"runs": RUNS}).status_code == 404


def test_a_map_is_of_the_modality_that_it_was_made_from(hospital, reader):
    code = planned(hospital, "uspio_lipid_v1", "t2w", "vfa", "adc.adc")
    panels = reader.get(f"/read/{code}/case").json()["panels"]
    assert [panel["title"] for panel in panels] == ["T2W", "ADC map"]


def test_a_round_whose_form_hides_its_images_and_its_maps_is_refused(hospital, reader):
    with pytest.raises(FormError, match="lets nothing be opened"):
        planned(hospital, "ceus_v1", "t2w", "adc.adc")
    assert planned(hospital, "ceus_v1", "vfa")


def test_what_the_round_does_not_show_cannot_be_opened_though_the_form_would(hospital, reader):
    code = planned(hospital, "suspicion_v1", "t2w")
    assert len(reader.get(f"/read/{code}/case").json()["panels"]) == 1
    assert reader.get(f"/read/{code}/image/1/0").status_code == 404


def test_images_hang_with_their_windows_colours_and_units(hospital, reader):
    code = planned(hospital, "suspicion_v1", "dwi", "vfa", "adc.adc")
    dwi, cine, adc = reader.get(f"/read/{code}/case").json()["panels"]
    assert (dwi["start"], dwi["frames"]) == (1, ["b 0", "b 800"])
    assert (cine["plays"], cine["frames"][1]) == (10, "0.5 s")
    assert (adc["colours"], adc["unit"], adc["factor"]) == ("viridis", "10⁻³ mm²/s", 1e3)
    assert adc["windows"][0] == {"name": "nodes", "low": 0.4e-3, "high": 2.0e-3}
    assert set(dwi["windows"][0]) == {"name", "from", "to"}


def test_a_reader_is_told_on_which_frame_of_its_own_cine_a_node_was_drawn(hospital, reader):
    code = planned(hospital, "suspicion_v1", "dwi", "vfa")
    where = {"participant": hospital.room.readings.read(code)["participant"]}
    (row,) = hospital.work.tables.read("series", where | {"sequence": "vfa"}).to_dicts()
    grid = json.loads(row["grid"])
    grid["affine"][0][3] += 1  # another place: a cine of another node
    other = row | {"series": row["series"] + "-2", "grid": json.dumps(grid)}
    hospital.work.tables.add("series", [other])
    rows = hospital.work.tables.read("regions", where | {"kind": "node"}).to_dicts()
    drawn = [each | {"frame": 3, "grid": row["grid"]} for each in rows]
    hospital.work.tables.write("regions", drawn, where | {"kind": "node"})
    facts = reader.get(f"/read/{code}/case").json()
    nodes = {str(number): 2 for number in range(1, len(facts["nodes"]) + 1)}
    assert [panel["drawn_on"] for panel in facts["panels"]] == [{}, nodes, {}]


def test_a_curve_is_the_mean_and_spread_of_the_drawn_voxels_in_every_frame(hospital, reader):
    code = planned(hospital, "suspicion_v1", "vfa")
    found = reader.post(f"/read/{code}/curve/0", json={"runs": RUNS}).json()
    read = hospital.room.readings.read(code)
    rows = hospital.work.tables.read("series", {"participant": read["participant"]}).to_dicts()
    row = next(row for row in rows if row["sequence"] == "vfa")
    values = hospital.work.study.arrays.get(row["array"])
    parts = json.loads(row["grid"])
    grid = Grid(tuple(parts["shape"]), np.array(parts["affine"]))
    chosen = [*range(5, 8), *range(2000, 2004)]
    frames = [display.turned(values[..., n], grid)[0].ravel(order="F")[chosen] for n in range(3)]
    assert found["mean"] == pytest.approx([frame.mean() for frame in frames])
    assert found["sd"] == pytest.approx([frame.std(ddof=1) for frame in frames])
    assert (found["x"], found["axis"]) == ([0, 0.5, 1.0], {"name": "time", "unit": "s"})
    assert found["voxels"] == 7


NO_REGIONS = [
    [], [[0, 0]], [[-1, 3]], [[48 * 48 * 12 - 1, 2]], [[0, 10**12]], "all", [[0, 1]] * 20001,
]  # fmt: skip


def test_a_region_that_is_none_is_refused(hospital, reader):
    code = planned(hospital, "suspicion_v1", "vfa")
    for runs in NO_REGIONS:
        answer = reader.post(f"/read/{code}/curve/0", json={"runs": runs})
        assert answer.status_code in (413, 422), runs


def test_a_curve_asks_for_our_page_as_any_change_does(hospital, reader):
    code = planned(hospital, "suspicion_v1", "vfa")
    headers = {"x-csrf-token": "guess"}
    answer = reader.post(f"/read/{code}/curve/0", json={"runs": RUNS}, headers=headers)
    assert answer.status_code == 403
