"""Reader tests from the study's tables to estimates: no images, one specimen a drawn node."""

import numpy as np
import polars as pl
import pytest

from nodewise import stats, store, trial
from nodewise.steps import matching
from nodewise.steps.analysis import accuracy
from nodewise.steps.analysis.cases import Cases
from nodewise.steps.analysis.flow import flow
from nodewise.steps.work import Work
from nodewise.truth import UNREAD

PEOPLE, NODES = 24, 4
READERS = ("reader-1", "reader-2", "reader-3")
DAY = {"date": None}
SIZES = {
    "volume": 500.0, "long_axis_mm": 14.0, "axial_long_axis_mm": 14.0, "short_axis_3d_mm": 9.0,
    "long_to_short": 1.4, "voxels": 99,
}  # fmt: skip
GRID = '{"shape": [4, 4, 4], "affine": [[1,0,0,0],[0,1,0,0],[0,0,1,0],[0,0,0,1]]}'
LEVELS = ("II", "III", "IV", "V")


def drawn(who, n, visit):
    place = {"participant": who, "visit": visit, "label": f"N{n}", "kind": "node"}
    return place | {"region": f"{who}-N{n}", "side": "left", "level": LEVELS[n],
                    "level_system": "AJCC"}  # fmt: skip


def reading(who, n, visit, **answer):
    return {
        "round": "ct", "part": "pilot", "iteration": 1, "version": 1, "participant": who,
        "visit": visit, "form": "iene_v1", "item": f"N{n}", "answer": str(answer["value"]),
        "case_seconds": 60.0, "signed_at": "2026-01-05T08:00:00",
    } | answer  # fmt: skip


def made(folder, name, arms, visit):
    """A study of drawn nodes, one a level, with a specimen each and nothing read yet."""
    store.create(folder, trial.text(name))
    work = Work.on(folder)
    rng = np.random.default_rng(5)
    tables = {each: [] for each in ("participants", "series", "regions", "nodes")}
    truths = {"dissections": [], "specimen_nodes": []}
    for number in range(PEOPLE):
        who = f"P{number:02d}"
        tables["participants"].append(
            {"participant": who, "arm": arms[number % len(arms)], "primary_site": "oral cavity",
             "clinical_t": "T2", "clinical_m": "M0", "primary_side": "left"}
        )  # fmt: skip
        tables["series"].append(
            {"series": f"S{who}", "participant": who, "visit": visit, "array": "0"}
        )
        for n in range(NODES):
            node = drawn(who, n, visit)
            tables["regions"].append(node | {"grid": GRID, "array": "0"})
            short = float(rng.choice([6.0, 12.0]))
            tables["nodes"].append(node | SIZES | {"short_axis_mm": short})
            ill = bool(rng.random() < 0.5)
            truths["specimen_nodes"].append(
                {"participant": who, "specimen_node": f"S{n}", "side": "left", "level": LEVELS[n],
                 "level_system": "AJCC", "metastatic": ill, "image_label": f"N{n}",
                 "deposit_mm": 12.0 if ill else None,
                 "pene_mm": float(rng.choice([0.0, 1.0, 4.0])) if ill else None}
            )  # fmt: skip
            truths["dissections"].append(
                {"participant": who, "side": "left", "level": LEVELS[n], "level_system": "AJCC",
                 "nodes_examined": 1, "nodes_positive": int(ill)}
            )  # fmt: skip
    for table, rows in tables.items():
        work.tables.write(table, rows)
    for table, rows in truths.items():
        work.truth.write(table, rows)
    return work


def analysed(work, readings):
    work.tables.write("readings", readings)
    matching.match_nodes(work)
    accuracy.analyse(work)
    return work


@pytest.fixture(scope="module")
def ene(tmp_path_factory):
    """Three readers grade every node of CT; a third of their grades are uncertain."""
    work = made(tmp_path_factory.mktemp("ene") / "study", "ene", ["surgical"], "pre-treatment")
    rng, rows = np.random.default_rng(6), []
    extends = {
        (row["participant"], row["image_label"]): row["pene_mm"] or 0.0
        for row in work.truth.read("specimen_nodes").to_dicts()
    }
    for (who, label), extent in extends.items():
        for modality in ("ct", "mr"):
            for reader in READERS:
                seen = min(3, max(0, round(extent / 2 + rng.normal(0, 0.8))))
                for question, value in (("grade", seen), ("certainty", int(rng.integers(3, 6)))):
                    rows.append(
                        reading(who, int(label[1:]), "pre-treatment", reader=reader,
                                question=question, value=float(value)) | {"round": modality}
                    )  # fmt: skip
    return analysed(work, rows)


def found(work, table, **wanted):
    return work.truth.read(table).filter(
        pl.all_horizontal(pl.col(k) == v for k, v in wanted.items())
    )


def counted(ene, reader, cut):
    """Calls at a grade, an uncertain one counted as none, beside pathology; nodes in order."""
    grades = ene.tables.read("readings").filter(reader=reader, round="ct")
    wide = grades.pivot("question", index=["participant", "item"], values="value")
    truth = ene.truth.read("specimen_nodes").rename({"image_label": "item"})
    both = wide.join(truth, on=["participant", "item"]).sort("participant", "item")
    called = (both["grade"] >= cut) & (both["certainty"] >= 4)
    return called.to_numpy(), (both["pene_mm"].fill_null(0) > 0).to_numpy(), both["participant"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize(("stratum", "cut"), [("all", 1), ("≥ 2", 2), ("≥ 3", 3)])
def test_a_reader_is_judged_at_every_grade_and_an_uncertain_one_counts_as_none(
    ene, reader, stratum, cut
):
    called, extends, patients = counted(ene, reader, cut)
    expected = stats.sensitivity(called, extends, patients)
    where = {"analysis": "extension", "test": "ct", "unit": "node", "stratum": stratum}
    row = found(ene, "accuracy", **where, reader=reader, quantity="sensitivity",
                method=expected.method).row(0, named=True)  # fmt: skip
    assert (row["value"], row["low"], row["high"]) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )


def test_the_mean_lets_readers_and_patients_stand_for_others(ene):
    calls = np.array([[counted(ene, reader, 1)[0] for reader in READERS]], float)
    _, extends, patients = counted(ene, READERS[0], 1)
    study = stats.reader_study(calls, extends, patients, direction="higher")
    expected = stats.obuchowski_rockette(stats.reader_specificity(study)).means[0]
    row = found(ene, "accuracy", analysis="extension", test="ct", unit="node", stratum="all",
                reader="mean", quantity="specificity").row(0, named=True)  # fmt: skip
    assert (row["value"], row["low"], row["high"]) == pytest.approx(
        (expected.value, expected.low, expected.high)
    )


def test_among_metastatic_nodes_benign_ones_take_no_part(ene):
    units = found(ene, "units", analysis="extension-among-metastatic", test="ct", unit="node",
                  reader="reader-1", status="analysed")  # fmt: skip
    ill = ene.truth.read("specimen_nodes").filter("metastatic").height
    assert units.height == ill < PEOPLE * NODES


def test_differences_are_those_of_the_means_and_their_p_values_are_corrected(ene):
    rows = found(ene, "comparisons", analysis="extension", unit="node", first="ct", second="mr")
    for row in rows.to_dicts():
        means = [
            found(ene, "accuracy", analysis="extension", test=test, unit="node", stratum="all",
                  reader="mean", quantity=row["quantity"])["value"][0]
            for test in ("ct", "mr")
        ]  # fmt: skip
        assert row["value"] == pytest.approx(means[0] - means[1])
        assert row["readers"] == len(READERS)
        assert row["p"] <= row["p_adjusted"] <= 1


def test_a_modality_that_nobody_read_is_told_and_not_estimated(ene):
    rows = found(ene, "comparisons", analysis="extension", unit="node", first="ct", second="us")
    assert rows["value"].null_count() == rows.height > 0
    assert all(rows["remark"])


def test_a_reading_is_compared_with_a_measured_size(ene):
    row = found(ene, "comparisons", first="ct", second="short_axis", quantity="sensitivity")
    size = found(ene, "accuracy", analysis="extension-among-metastatic", test="short_axis",
                 unit="node", stratum="all", quantity="sensitivity")["value"][0]  # fmt: skip
    assert row["second_value"][0] == pytest.approx(size)


def test_agreement_is_told_by_certainty(ene):
    rows = found(ene, "agreement", test="ct", between="readers", what="calls",
                 coefficient="Gwet AC").sort("certain_from")  # fmt: skip
    assert rows["certain_from"].to_list() == [0, 3, 4]
    assert rows["nodes"].unique().to_list() == [PEOPLE * NODES]
    assert rows["value"].null_count() == 0


def test_imaging_extension_moves_categories_where_the_edition_counts_it_and_nowhere_else(ene):
    rows = found(ene, "consequences", before="cN without imaging ENE", after="cN", what="category")
    changed = {row["edition"]: row["changed"] for row in rows.to_dicts()}
    drawn = rows.filter(edition="AJCC8")["moves"][
        0
    ]  # nodes that only their extension made clinical
    assert "N3b" not in drawn
    assert changed["UICC9"] > changed["AJCC8"] == changed["UICC8"]


def test_a_level_whose_extension_nobody_told_is_not_analysed(tmp_path):
    work = made(tmp_path / "study", "ene", ["surgical"], "pre-treatment")
    told = work.truth.read("specimen_nodes").with_columns(pene_mm=pl.lit(None, pl.Float64))
    work.truth.write("specimen_nodes", told)
    rows = [
        reading(f"P{p:02d}", n, "pre-treatment", reader=reader, question="grade", value=1.0)
        for p in range(PEOPLE) for n in range(NODES) for reader in READERS
    ]  # fmt: skip
    analysed(work, rows)
    here = found(work, "units", analysis="extension", test="ct", unit="side", reader="reader-1")
    ill = set(told.filter("metastatic")["participant"])
    seen = here.filter(pl.col("participant").is_in(ill), side="left", status="analysed")
    assert not seen["present"].any()
    nodes = found(work, "units", analysis="extension", test="ct", unit="node", reader="reader-1")
    assert nodes.filter(status="analysed").height == told.filter(~pl.col("metastatic")).height


SKIPPED = {("P00", 0), ("P01", 1), ("P01", 2)}
"""Nodes that reader-1 left unanswered."""


@pytest.fixture(scope="module")
def gaps(tmp_path_factory):
    """Two readers who grade extension by a coin; the first leaves three nodes without an answer."""
    work = made(tmp_path_factory.mktemp("gaps") / "study", "ene", ["surgical"], "pre-treatment")
    rng = np.random.default_rng(8)
    rows = [
        reading(f"P{p:02d}", n, "pre-treatment", reader=reader, question=question, value=value)
        for p in range(PEOPLE) for n in range(NODES) for reader in READERS[:2]
        for question, value in (("grade", float(rng.integers(0, 2))), ("certainty", 5.0))
        if question == "certainty" or reader != READERS[0] or (f"P{p:02d}", n) not in SKIPPED
    ]  # fmt: skip
    return analysed(work, rows)


def of_ct(work, table, **wanted):
    return found(work, table, analysis="extension", test="ct", **wanted)


@pytest.mark.parametrize(("unit", "unread"), [("node", 3), ("side", 2), ("patient", 2)])
def test_what_holds_an_unanswered_node_is_counted_and_left_out(gaps, unit, unread):
    units = of_ct(gaps, "units", unit=unit, reader=READERS[0])
    held = units.filter(status=UNREAD)
    assert (held.height, held["present"].null_count()) == (unread, 0)
    assert units.filter(status="analysed")["positive"].null_count() == 0


def test_the_flow_counts_nodes_that_nobody_answered_for(gaps):
    assert gaps.truth.read("flow").filter(box="unread")["nodes"].to_list() == [0]
    units = gaps.truth.read("units").with_columns(
        status=pl.when(item="P00-N0", unit="node").then(pl.lit(UNREAD)).otherwise("status")
    )
    box = pl.DataFrame(flow(gaps, Cases.of(gaps), units)).filter(box="unread")
    assert (box["nodes"].to_list(), box["participants"].to_list()) == ([1], [1])


@pytest.mark.parametrize("unit", ["node", "side", "patient"])
def test_the_curve_and_the_cross_table_rest_on_the_same_units(gaps, unit):
    rows = of_ct(gaps, "units", unit=unit, status="analysed")
    for name, theirs in rows.group_by("reader"):
        line = of_ct(gaps, "accuracy", unit=unit, reader=name[0], stratum="all",
                     quantity="accuracy").row(0, named=True)  # fmt: skip
        assert line["tp"] + line["fp"] + line["fn"] + line["tn"] == theirs.height
        assert line["patients"] == theirs["participant"].n_unique()
    area = of_ct(gaps, "accuracy", unit=unit, reader="mean", stratum="all", quantity="auc")
    assert area["patients"][0] == rows["participant"].n_unique()
    assert area["denominator"][0] == rows.select("participant", "item").n_unique()


@pytest.mark.parametrize("reader", [READERS[0], "mean"])
@pytest.mark.parametrize("unit", ["node", "side"])
def test_the_ends_fill_unanswered_calls_and_keep_a_positive(gaps, reader, unit):
    rows = of_ct(gaps, "units", unit=unit).filter(pl.col("present"))
    rows = rows.filter(pl.col("status").is_in(["analysed", UNREAD]))
    for way, filled in (("wrong", False), ("right", True)):
        shares = rows.group_by("reader").agg(pl.col("positive").fill_null(filled).mean())
        expected = shares["positive"].mean()
        if reader != "mean":
            expected = shares.filter(reader=reader)["positive"][0]
        line = of_ct(gaps, "accuracy", unit=unit, reader=reader, quantity="sensitivity").filter(
            pl.col("method").str.contains(f"unread counted as {way}")
        )
        assert line["value"].to_list() == pytest.approx([expected])
        assert line["p"].null_count() == line["tp"].null_count() == 1


@pytest.mark.parametrize("quantity", ["sensitivity", "specificity", "ppv", "npv"])
def test_the_mean_counts_patients_as_each_reader_does(ene, quantity):
    alone = of_ct(ene, "accuracy", unit="node", stratum="all", quantity=quantity)
    clustered = alone.filter(~pl.col("method").str.starts_with("naive"))
    mean, readers = clustered.filter(reader="mean"), clustered.filter(pl.col("reader") != "mean")
    assert mean["value"][0] == pytest.approx(readers["value"].mean())
    every = readers["patients"].to_list()
    if quantity in {"sensitivity", "specificity"}:  # all read the same units
        assert every == [mean["patients"][0]] * len(READERS)
    assert max(every) <= mean["patients"][0] <= PEOPLE


@pytest.fixture(scope="module")
def uspio(tmp_path_factory):
    """In the explorative part one reader is always right, one always wrong; pilot read twice."""
    folder = tmp_path_factory.mktemp("uspio") / "study"
    work = made(folder, "uspio", ["explorative", "pilot"], "post")
    ill = {
        (row["participant"], row["image_label"]): row["metastatic"]
        for row in work.truth.read("specimen_nodes").to_dicts()
    }
    parts = dict(work.tables.read("participants").select("participant", "arm").rows())
    order = {who: n for part in ("explorative", "pilot")
             for n, who in enumerate(sorted(p for p in parts if parts[p] == part), 1)}  # fmt: skip
    rows = []
    for (who, label), truth in ill.items():
        for reader, right in (("always", True), ("never", False)):
            for time in (1, 2) if parts[who] == "pilot" else (1,):
                rows.append(
                    reading(who, int(label[1:]), "post", reader=reader, question="signal",
                            value=3.0 if truth == right else 0.0)
                    | {"round": parts[who], "part": parts[who], "iteration": time,
                       "position": order[who], "form": "uspio_lipid_v1",
                       "case_seconds": 100.0 / order[who]}
                )  # fmt: skip
    return analysed(work, rows)


def test_who_is_always_right_is_adequate_and_who_never_is_does_not_become_so(uspio):
    verdicts = {
        row["reader"]: row["remark"]
        for row in found(uspio, "learning", what="LC-CUSUM limit").to_dicts()
    }
    assert "adequate from case" in verdicts["always"]
    assert "not shown to be adequate" in verdicts["never"]


def test_times_that_halve_with_each_doubling_are_told(uspio):
    row = found(uspio, "learning", what="case time", reader="always", position=1.0)
    assert "after twice as many cases: 0.50" in row["remark"][0]


def test_a_reader_who_read_twice_alike_agrees_with_himself(uspio):
    row = found(uspio, "agreement", test="lipid-rule-pilot", between="always", what="calls",
                coefficient="percent agreement")  # fmt: skip
    assert row["value"][0] == pytest.approx(1)


def test_explorative_cases_take_no_part_in_the_validation(uspio):
    people = uspio.tables.read("participants").filter(arm="explorative")["participant"]
    pilot = found(uspio, "units", analysis="pilot")
    assert not set(pilot["participant"]) & set(people)


def test_an_adjudicated_round_has_one_reader_whoever_settled_a_node(tmp_path):
    work = made(tmp_path / "study", "ene", ["surgical"], "pre-treatment")
    rows = [
        reading(f"P{p:02d}", n, "pre-treatment", question="grade", value=float(n > 1),
                reader="judge" if p % 3 else "agreed")
        for p in range(PEOPLE) for n in range(NODES)
    ]  # fmt: skip
    analysed(work, rows)
    units = found(work, "units", analysis="extension", test="ct", unit="node", status="analysed")
    assert set(units["reader"]) == {"consensus"}
    assert units.height == PEOPLE * NODES
