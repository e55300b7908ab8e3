"""The mpMRI study end to end, on a small simulated hospital."""

import json
import shutil
from datetime import date

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.errors import StoreError, TrialError
from nodewise.ingest import Pseudonyms
from nodewise.steps import importing, measure, quantify, reporting, running
from nodewise.steps.work import Work, name_of

PATIENTS, SEED = 6, 11


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A simulated hospital and the study made from it, run to its report."""
    out = tmp_path_factory.mktemp("demo") / "demo"
    page = running.demo(out, "mpmri", patients=PATIENTS, seed=SEED)
    assert page.is_file()
    return out


@pytest.fixture
def study(made, tmp_path):
    """A copy of the study to break."""
    shutil.copytree(made / "study", tmp_path / "study")
    return tmp_path / "study"


@pytest.fixture(scope="module")
def small(made, tmp_path_factory):
    """Its first patient alone, with a study of its own: hospital and study."""
    out = tmp_path_factory.mktemp("small")
    hospital = out / "hospital"
    hospital.mkdir()
    people = pl.read_csv(made / "hospital" / "participants.csv").head(1)
    people.write_csv(hospital / "participants.csv")
    for who in people["patient_id"]:
        scans = made / "hospital" / "scans" / who
        if scans.is_dir():
            shutil.copytree(scans, hospital / "scans" / who)
    running.new(out / "study", "mpmri")
    work = Work.on(out / "study", workers=1)  # a worker's start takes longer than its part
    importing.take(work, [hospital])
    running.run(work)
    return out


@pytest.fixture
def one(small, tmp_path):
    """A copy of the study of one patient to break, where the rest would only take time."""
    shutil.copytree(small / "study", tmp_path / "one")
    return tmp_path / "one"


def recovered(made):
    """Median of each parameter per region beside the hidden truth."""
    work = Work.on(made / "study")
    names = Pseudonyms(work.study.key)
    truth = pl.read_csv(made / "hidden_truth" / "nodes.csv", infer_schema_length=None)
    truth = truth.with_columns(
        participant=pl.col("patient_id").map_elements(names.participant, return_dtype=pl.String)
    )
    regions = work.tables.read("nodes").select("region", "label")
    values = work.tables.read("values").filter(
        (pl.col("tissue") == "region") & (pl.col("statistic") == "median")
    )
    return values.join(regions, on="region").join(
        truth, on=["participant", "visit", "label"], suffix="_true"
    )


@pytest.mark.parametrize(
    ("parameter", "bias", "spread"),
    [
        ("adc", 0.03, 0.15),
        ("d", 0.04, 0.2),
        ("f", 0.12, 0.5),
        ("t1", 0.05, 0.2),
        ("ktrans", 0.06, 0.35),
        ("ve", 0.1, 0.3),
    ],
)
def test_the_tissue_is_recovered_from_the_files(made, parameter, bias, spread):
    found = recovered(made).filter(pl.col("parameter") == parameter).drop_nulls("value")
    error = (found["value"] / found[parameter] - 1).to_numpy()
    assert len(error) > 40
    assert abs(np.median(error)) < bias
    assert np.percentile(np.abs(error), 68) < spread


def test_every_broken_input_is_told_and_the_rest_goes_on(made):
    work = Work.on(made / "study")
    told = " ".join(running.issues(work)["found"])
    for sentence in (
        "slices are missing",
        "on no level",
        "not in the participants table",
        "an earlier row has the same",
        "that no series has",
    ):
        assert sentence in told
    assert work.tables.read("nodes").height > 40
    assert work.truth.read("accuracy").filter(pl.col("quantity") == "auc").height > 0


def test_uptake_is_known_of_the_affected_whose_headers_tell_it_and_asked_of_nobody_else(made):
    work = Work.on(made / "study")
    arms = dict(work.tables.read("participants").select("participant", "arm").rows())
    maps = work.tables.read("maps").filter(pl.col("model") == "suv")
    assert 0 < len(maps) < sum(arm == "affected" for arm in arms.values())
    told = running.issues(work).filter(pl.col("needed").str.contains("map suv|suv is made"))
    assert {arms[who] for who in told["participant"]} == {"affected"}
    assert any("needs the weight" in found for found in told["found"])
    units = work.truth.read("units").filter(pl.col("test") == "suv_max")
    unknown = units.filter(~pl.col("participant").is_in(maps["participant"].to_list()))
    assert set(units["analysis"]) == {"within-affected"}
    assert unknown["value"].null_count() == len(unknown)
    assert work.truth.read("comparisons").filter(pl.col("second") == "suv_max").height > 0


def test_nothing_is_done_twice(made):
    done = running.run(Work.on(made / "study"))
    assert set(done.values()) == {0}


def test_what_changed_is_done_again_and_nothing_else(one):
    work = Work.on(one)
    region = work.tables.read("regions").row(0, named=True)
    work.tables.add("regions", [region | {"level": "IV", "side": "left"}])
    done = running.run(Work.on(one))
    assert (done["quantify"], done["measure"], done["accuracy"]) == (0, 1, 1)


def test_a_stopped_run_goes_on_where_it_was(one):
    work = Work.on(one)
    items = set(work.tables.finished("quantify"))
    work.tables.forget("quantify", items)

    def stop(what, done, total):
        if what == "quantify: maps" and done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        running.run(Work.on(one, workers=1, progress=stop))
    kept = len(Work.on(one).tables.finished("quantify"))
    assert kept == 3
    assert running.run(Work.on(one, workers=1))["quantify"] == len(items) - kept


def test_a_cut_off_changed_after_the_truth_was_opened_is_refused(study):
    path = study / "trial.toml"
    path.write_text(path.read_text().replace("value = 0.94e-3", "value = 1.1e-3"))
    page = (study / "report" / "index.html").read_bytes()
    for step in (running.run, reporting.write_report):
        with pytest.raises(TrialError, match="changed after the truth was opened"):
            step(Work.on(study))
    assert (study / "report" / "index.html").read_bytes() == page


def test_a_report_never_shows_figures_older_than_the_trial_file(one):
    path = one / "trial.toml"
    path.write_text(path.read_text().replace("shell_mm = 4.0", "shell_mm = 5.0"))
    with pytest.raises(StoreError, match="older than its trial file"):
        reporting.write_report(Work.on(one))
    running.run(Work.on(one))
    lost = reporting.write_report(Work.on(one)).parent / "tables" / "accuracy.csv"
    lost.unlink()
    reporting.write_report(Work.on(one), anew=True)
    assert lost.is_file()


def test_a_cut_off_tried_afterwards_is_exploratory_and_says_so(study):
    path = study / "trial.toml"
    text = path.read_text()
    first = text[text.index('[[index_test]]\nname = "adc"') :]
    first = first[: first.index("[[index_test]]", 5)]
    again = first.replace('name = "adc"', 'name = "adc-later"').replace("0.94e-3", "1.1e-3")
    path.write_text(text + "\n" + again + 'role = "exploratory"\n')
    work = Work.on(study)
    running.run(work)
    rows = work.truth.read("accuracy").filter(pl.col("test") == "adc-later")
    assert set(rows["role"]) == {"exploratory"}
    assert rows.filter(pl.col("quantity") == "sensitivity").height > 0


def test_a_map_that_no_model_has_is_refused(study):
    path = study / "trial.toml"
    path.write_text(path.read_text().replace('parameter = "ktrans"', 'parameter = "kd"'))
    with pytest.raises(TrialError, match="no parameter kd"):
        running.run(Work.on(study))


def test_importing_again_changes_nothing(small, one, lasting_child):
    before = {name: Work.on(one).tables.read(name).sort("participant").to_dicts()
              for name in ("participants", "nodes")}  # fmt: skip
    assert len(before["nodes"]) > 3
    work = Work.on(one, workers=1)
    importing.take(work, [small])
    importing.arrange(work)
    assert (quantify.quantify(work), measure.measure(work)) == (0, 0)
    assert before == {
        name: work.tables.read(name).sort("participant").to_dicts() for name in before
    }


def test_no_identity_and_no_hidden_truth_reaches_the_study(made):
    for path in (made / "study").rglob("*"):
        assert "SIM-" not in path.name
        if path.is_file() and path.suffix in (".sqlite", ".html", ".csv", ".toml", ".parquet"):
            content = path.read_bytes()
            assert b"SIM-0" not in content
            assert b"Simulated^" not in content
            assert b"necrotic_core" not in content


def test_dates_are_shifted_and_intervals_are_kept(made):
    given = pl.read_csv(made / "hospital" / "participants.csv", try_parse_dates=True)
    work = Work.on(made / "study")
    names = Pseudonyms(work.study.key)
    kept = dict(work.tables.read("participants").select("participant", "surgery_date").rows())
    for who, surgery in given.select("patient_id", "surgery_date").drop_nulls().rows():
        shifted = kept[names.participant(who)]
        assert shifted != surgery
        assert shifted == names.date(who, surgery)
        other = date(2020, 1, 1)
        assert (names.date(who, other) - shifted) == (other - surgery)


def test_every_unit_of_the_primary_analysis_is_in_the_counts(made):
    work = Work.on(made / "study")
    units = work.truth.read("units").filter(
        (pl.col("test") == "adc") & (pl.col("status") == "analysed")
    )
    rows = work.truth.read("accuracy").filter(
        (pl.col("test") == "adc") & (pl.col("stratum") == "all") & pl.col("tp").is_not_null()
    )
    for row in rows.to_dicts():
        here = units.filter(
            (pl.col("analysis") == row["analysis"]) & (pl.col("unit") == row["unit"])
        ).drop_nulls("positive")
        assert row["tp"] == (here["positive"] & here["present"]).sum()
        assert row["tp"] + row["fp"] + row["fn"] + row["tn"] == len(here)


def test_the_flow_adds_up_in_every_arm(made):
    """Who and what is kept at a step is who and what comes to the next, or leaves with a reason."""
    boxes = Work.on(made / "study").truth.read("flow")
    for (arm,), mine in boxes.group_by("arm"):
        count = {
            (box, what): mine.filter(pl.col("box").str.split("-").list.first() == box)[what].sum()
            for box in mine["box"].str.split("-").list.first().unique()
            for what in ("participants", "nodes")
        }
        people = [count[box, "participants"] for box in ("enrolled", "imaged", "analysed")]
        gone = [count.get((box, "participants"), 0) for box in ("excluded", "nobody")]
        assert people == [people[0], people[0] - gone[0], people[0] - sum(gone)], arm
        left = sum(count.get((box, "nodes"), 0) for box in ("unmatched", "unread", "otherwise"))
        assert count["imaged", "nodes"] - left == count["analysed", "nodes"], arm
    assert boxes.filter(pl.col("says").str.contains("not compared here"))["nodes"].sum() > 0


def test_an_empty_study_says_what_to_do(tmp_path):
    running.new(tmp_path / "study", "mpmri")
    with pytest.raises(StoreError, match="nodewise import"):
        running.run(Work.on(tmp_path / "study"))


def test_one_patient_gives_a_report_without_intervals(small):
    rows = Work.on(small / "study").truth.read("accuracy")
    assert len(rows) > 0
    assert rows["low"].null_count() == len(rows)
    assert all(rows.filter(pl.col("value").is_null())["remark"])
    assert (small / "study" / "report" / "index.html").is_file()


def test_a_study_without_metastases_says_that_sensitivity_cannot_be_estimated(study):
    work = Work.on(study)
    levels = work.truth.read("dissections").with_columns(nodes_positive=pl.lit(0, pl.Int64))
    work.truth.write("dissections", levels)
    nodes = work.truth.read("specimen_nodes").with_columns(metastatic=pl.lit(False))
    work.truth.write("specimen_nodes", nodes)
    running.run(work)
    rows = work.truth.read("accuracy").filter(
        (pl.col("quantity") == "sensitivity") & (pl.col("stratum") == "all")
    )
    assert rows["value"].null_count() == len(rows) > 0
    assert all("cannot be estimated" in remark or "needs" in remark for remark in rows["remark"])
    page = (study / "report" / "index.html").read_text(encoding="utf-8")
    assert "sensitivity that these data cannot estimate" in page


def test_the_commands_speak_json(made):
    found = CliRunner().invoke(main, ["status", str(made / "study"), "--json"])
    assert found.exit_code == 0
    state = json.loads(found.stdout)
    assert state["counts"]["participants"] == PATIENTS
    assert all(row["needed"] and row["action"] for row in state["issues"])


def test_a_mistake_is_a_sentence_and_no_traceback(tmp_path):
    found = CliRunner().invoke(main, ["run", str(tmp_path / "nothing")])
    assert found.exit_code == 1
    assert found.output.startswith("Error: nothing is no study")


def test_a_report_on_simulated_people_says_so_and_names_their_seed(made):
    page = (made / "study" / "report" / "index.html").read_text(encoding="utf-8")
    assert "Simulated participants" in page
    assert "simulated cohort" in page


def test_a_region_keeps_its_name_when_the_code_is_newer(made, monkeypatch):
    there = Work.on(made / "study").tables.read("regions").row(0, named=True)
    monkeypatch.setattr("nodewise.steps.work.code_version", lambda: "9.9.9")
    name = name_of(there["participant"], there["date"], there["label"])[:12]
    assert name == there["region"]


def test_what_became_of_the_patients_reaches_the_report(made):
    work = Work.on(made / "study")
    given = pl.read_csv(made / "hospital" / "outcomes.csv")
    assert work.truth.read("outcomes").height == given.height > 0
    known = work.truth.read("outcome_units").filter(status="analysed", outcome="overall-survival")
    row = work.truth.read("outcome_estimates").filter(
        outcome="overall-survival", quantity="event-free", at_day=365, stratum="all"
    )
    assert row["patients"].to_list() == [known.height]
    page = (made / "study" / "report" / "index.html").read_text(encoding="utf-8")
    assert "Explorative: after treatment" in page
    assert f"Overall survival: {known.height} patients" in page
