"""Statistics from a table: what commands say, count and refuse."""

import html
import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.stats import auc, obuchowski_rockette, reader_auc, reader_study, sensitivity

DOCS = Path(__file__).parents[2] / "docs"
WHO = ["--truth", "metastatic", "--patient", "patient"]


def page_maker():
    spec = importlib.util.spec_from_file_location("table_statistics", DOCS / "table_statistics.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The simulated tables of the documentation."""
    folder = tmp_path_factory.mktemp("tables")
    page_maker().tables(folder)
    return folder


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def said(*words):
    found = run(*words)
    assert found.exit_code == 0, found.output
    return found.output


def told(*words):
    return json.loads(said(*words, "--json"))


def refused(*words):
    found = run(*words)
    assert found.exit_code in (1, 2)
    assert not found.exception or isinstance(found.exception, SystemExit)
    return found.output


def estimates(answer):
    return {one["name"]: one for part in answer["parts"] for one in part["estimates"]}


def hypotheses(answer):
    return {one["name"]: one for part in answer["parts"] for one in part["tests"]}


def table(folder, text, name="table.csv"):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_page_prints_what_the_commands_say_today(tables):
    page = (DOCS / "statistics.md").read_text(encoding="utf-8")
    assert page_maker().refreshed(page, tables) == page
    assert page.count("$ nodewise") >= 26


def test_the_area_is_the_one_of_the_room_of_statistics_at_full_precision(tables):
    answer = told("roc", tables / "nodes.csv", "--score", "adc", *WHO, "--direction", "lower")
    frame = pl.read_csv(tables / "nodes.csv").drop_nulls("adc")
    expected = auc(frame["adc"], frame["metastatic"], frame["patient"], direction="lower")
    found = estimates(answer)["AUC"]
    assert (found["value"], found["low"], found["high"]) == (
        expected.value,
        expected.low,
        expected.high,
    )


def test_what_is_missing_is_counted_by_reason_and_never_dropped_in_silence(tmp_path):
    path = table(
        tmp_path,
        "patient,truth,score\nA,1,3\nA,0,1\nB,1,NA\nB,,2\n,1,2\nC,0,1\nC,1,2\nD,unknown,3\n",
    )
    words = ["roc", path, "--score", "score", "--truth", "truth", "--patient", "patient"]
    words += ["--direction", "higher", "--missing", "unknown"]
    answer = told(*words)
    assert (answer["rows_read"], answer["rows_used"]) == (8, 4)
    assert answer["left_out"] == [
        {"rows": 1, "reason": "without score"},
        {"rows": 2, "reason": "without truth"},
        {"rows": 1, "reason": "without patient"},
    ]
    assert "4 of 8 rows of table.csv used" in said(*words)
    assert "left out: 2 rows without truth" in said(*words)


def test_parquet_semicolons_and_decimal_commas_are_read_alike(tables, tmp_path):
    frame = pl.read_csv(tables / "nodes.csv").with_columns(pl.col("metastatic") == 1)
    frame.write_parquet(tmp_path / "nodes.parquet")
    european = frame.with_columns(
        pl.col("adc").cast(pl.String).str.replace(".", ",", literal=True),
        pl.col("metastatic").replace_strict({True: "yes", False: "no"}),
    )
    european.write_csv(tmp_path / "nodes.csv", separator=";")
    answers = [
        estimates(told("roc", path, "--score", "adc", *WHO, "--direction", "lower"))["AUC"]
        for path in (tables / "nodes.csv", tmp_path / "nodes.parquet", tmp_path / "nodes.csv")
    ]
    assert answers[0] == answers[1] == answers[2]


def test_a_column_that_is_not_there_is_answered_with_those_that_are(tables):
    output = refused("roc", tables / "nodes.csv", "--score", "acd", *WHO, "--direction", "lower")
    assert "no column 'acd'; did you mean 'adc'?" in output
    assert "patient, node, arm, metastatic, adc, size, mri, pet" in output


@pytest.mark.parametrize(
    ("truth", "needed"),
    [
        ("0\n1\n2\n1\n", "has 3 values; two are needed"),
        ("1\n1\n1\n1\n", "has one value in all 4 rows"),
        ("ill\nwell\nill\nwell\n", "name the value with --positive"),
    ],
)
def test_a_truth_that_is_not_two_valued_is_refused(tmp_path, truth, needed):
    rows = [f"P{k},{k},{value}" for k, value in enumerate(truth.split())]
    path = table(tmp_path, "patient,score,truth\n" + "\n".join(rows))
    words = ["--score", "score", "--truth", "truth", "--patient", "patient"]
    assert needed in refused("roc", path, *words, "--direction", "higher")


def test_positive_names_the_value_that_means_disease(tmp_path):
    path = table(tmp_path, "patient,score,truth\nA,1,well\nB,2,ill\nC,3,ill\nD,0,well\n")
    words = ["roc", path, "--score", "score", "--truth", "truth", "--patient", "patient"]
    words += ["--direction", "higher", "--positive"]
    assert estimates(told(*words, "ill"))["AUC"]["value"] == 1
    assert estimates(told(*words, "well"))["AUC"]["value"] == 0


def test_messages_never_quote_a_cell(tmp_path):
    path = table(tmp_path, "patient,score,truth\nA,Zztop,1\nB,2,Zztop\nC,3,0\n")
    words = ["--truth", "truth", "--patient", "patient", "--direction", "higher"]
    output = refused("roc", path, "--score", "score", *words)
    assert "row 1" in output
    assert "Zztop" not in output


def test_the_patient_is_never_forgotten(tables):
    words = ["roc", tables / "nodes.csv", "--score", "size", "--truth", "metastatic"]
    words += ["--direction", "higher"]
    assert "--rows-are-patients" in refused(*words)
    alone = estimates(told(*words, "--rows-are-patients"))["AUC"]
    assert alone["unit"] == "patient"
    assert alone["clusters"] == alone["denominator"] == 97


def test_one_patient_has_no_interval_and_the_reason_is_said(tmp_path):
    path = table(tmp_path, "patient,score,truth\nA,1,0\nA,2,1\nA,3,1\nA,0,0\n")
    words = ["--score", "score", "--truth", "truth", "--patient", "patient"]
    output = said("roc", path, *words, "--direction", "higher")
    assert "no interval" in output
    assert "2 patients or more" in output


def test_a_score_that_points_the_other_way_is_doubted(tables):
    words = ["roc", tables / "nodes.csv", "--score", "adc", *WHO, "--direction"]
    assert "the other end of this score" in said(*words, "higher")
    assert "the other end of this score" not in said(*words, "lower")


def test_the_curve_is_drawn_with_its_band_its_cut_off_and_its_area_in_words(tables, tmp_path):
    words = ["roc", tables / "nodes.csv", "--score", "adc", *WHO, "--direction", "lower"]
    answer = said(*words, "--cutoff", "0.94e-3", "--out", tmp_path)
    svg = (tmp_path / "roc.svg").read_text(encoding="utf-8")
    area = next(line.strip() for line in answer.splitlines() if line.startswith("  AUC: "))
    drawn = html.unescape(" ".join(re.findall(r'<text class="tick" x="0"[^>]*>([^<]*)', svg)))
    assert area.replace("AUC: ", "AUC ") in drawn
    assert "32 positive, 64 negative" in drawn
    assert "Diamond: the cut-off 0.00094" in drawn
    places = [re.search(rf'class="{name}" d="([^"]*)"', svg)[1] for name in ("curve", "band")]
    assert places[1].endswith("Z")
    assert all(len(place.split("L")) > 30 for place in places)
    assert "var(" not in svg


def test_a_cut_off_is_carried_to_other_prevalences(tables):
    words = ["roc", tables / "nodes.csv", "--score", "adc", *WHO, "--direction", "lower"]
    elsewhere = ["--transport", "0.1", "--transport", "0.5"]
    found = told(*words, "--cutoff", "0.94e-3", *elsewhere, "--cost-ratio", "4")
    rows = next(part for part in found["parts"] if part["title"] == "Elsewhere")["rows"]
    one = estimates(told(*words, "--cutoff", "0.94e-3", "--prevalence", "0.5"))
    ppv = one["positive predictive value at a prevalence of 0.5"]
    assert (rows[1]["PPV"], rows[1]["PPV low"]) == (ppv["value"], ppv["low"])
    assert rows[0]["PPV"] < rows[1]["PPV"]
    assert rows[0]["best cut-off"] <= rows[1]["best cut-off"]
    assert "--transport needs a --cutoff" in refused(*words, *elsewhere)


@pytest.mark.parametrize(
    ("words", "needed"),
    [(["cost"], "needs a --cost-ratio"), (["sensitivity"], "needs the --least-sensitivity")],
)
def test_a_criterion_without_its_number_is_refused(tables, words, needed):
    asked = ["roc", tables / "nodes.csv", "--score", "adc", *WHO, "--direction", "lower"]
    assert needed in refused(*asked, "--choose", *words)


def test_the_smooth_curve_and_the_range_of_sensitivity_can_be_asked_for(tables):
    words = ["roc", tables / "nodes.csv", "--score", "adc", *WHO, "--direction", "lower"]
    words += ["--binormal", "--partial-from", "0.8", "--partial-over", "sensitivity"]
    found = estimates(told(*words))
    assert abs(found["binormal AUC"]["value"] - found["AUC"]["value"]) < 0.05
    assert 0.5 < found["partial AUC, sensitivity 0.8 to 1"]["value"] < 1


def test_a_cut_off_of_both_tests_makes_calls_of_scores(tables):
    frame = pl.read_csv(tables / "nodes.csv").drop_nulls("adc")
    words = ["compare", tables / "nodes.csv", "--test", "adc", "--test", "size", *WHO]
    words += ["--direction", "lower", "--direction", "higher"]
    answer = told(*words, "--cutoff", "0.94e-3", "--cutoff", "10")
    expected = sensitivity(frame["adc"] <= 0.94e-3, frame["metastatic"], frame["patient"])
    assert answer["parts"][0]["estimates"][0]["value"] == expected.value
    assert "difference of sensitivities" in estimates(answer)
    assert "Areas under the ROC curves" in said(*words)


def test_calls_and_scores_are_not_mixed_by_accident(tables):
    words = ["compare", tables / "nodes.csv", "--test", "adc", "--test", "mri", *WHO]
    assert "mri says yes or no" in refused(*words, "--direction", "lower")


def test_several_tests_are_compared_in_pairs_and_adjusted(tables):
    nodes = tables / "nodes.csv"
    words = ["compare", nodes, *WHO, "--test", "adc", "--test", "size", "--test", "mri"]
    words += ["--direction", "lower", "--direction", "higher", "--direction", "higher"]
    answer = told(*words)
    pairs = {name: one["p"] for name, one in estimates(answer).items() if "minus" in name}
    assert len(pairs) == 3
    assert hypotheses(answer)["equality of 3 AUCs"]["df"] == [2.0]
    adjusted = answer["parts"][-1]["counts"]
    assert all(adjusted[name] >= p for name, p in pairs.items())


def test_a_margin_adds_a_one_sided_test_to_each_difference(tables):
    words = ["compare", tables / "nodes.csv", "--test", "mri", "--test", "pet", *WHO]
    found = {
        margin: hypotheses(told(*words, "--margin", margin))[
            f"difference of specificities: worse by {margin} or more"
        ]["p"]
        for margin in ("0.05", "0.3")
    }
    assert found["0.3"] < 0.05 < found["0.05"]


def test_a_margin_between_groups_and_of_predictive_values_is_held_too(tables):
    words = ["compare", tables / "nodes.csv", "--test", "mri", *WHO, "--margin", "0.3"]
    groups = hypotheses(told(*words, "--by", "arm"))
    same_rows = hypotheses(told(*words, "--test", "pet"))
    assert groups["specificity, arm chemo minus arm surgery: worse by 0.3 or more"]["p"] < 0.01
    assert len(groups) == 4
    found = same_rows["difference of positive predictive values: worse by 0.3 or more"]
    assert found["p"] < 0.05
    assert found["method"] == "clustered ratios, t, one-sided"


def test_equivalence_is_the_harder_claim(tables):
    words = ["compare", tables / "nodes.csv", "--test", "mri", *WHO, "--margin", "0.25"]
    for more in (["--test", "pet"], ["--by", "arm"]):
        one = list(hypotheses(told(*words, *more)).items())
        two = hypotheses(told(*words, *more, "--equivalence"))
        held = [
            (p["p"], two[name.replace("worse", "different")]["p"])
            for name, p in one
            if "worse" in name
        ]
        assert len(held) == 4
        assert all(harder >= easier for easier, harder in held)
    assert "needs the --margin" in refused(*words[:-2], "--test", "pet", "--equivalence")


def test_one_test_is_judged_by_itself(tables):
    words = ["compare", tables / "nodes.csv", *WHO, "--test"]
    frame = pl.read_csv(tables / "nodes.csv")
    expected = sensitivity(frame["mri"], frame["metastatic"], frame["patient"])
    found = estimates(told(*words, "mri"))
    assert found["sensitivity"]["low"] == expected.low
    assert "diagnostic odds ratio" in found
    assert "adc is a score" in refused(*words, "adc", "--direction", "lower")


def test_readers_are_compared_without_a_model_too_and_their_curves_are_averaged(tables, tmp_path):
    words = ["compare", tables / "reads.csv", "--test", "t2w", "--test", "dwi", "--reader"]
    words += ["reader", "--item", "node", *WHO, "--direction", "higher"]
    model = estimates(told(*words))["AUC, t2w minus dwi"]
    moments = estimates(told(*words, "--readers", "u-statistics", "--out", tmp_path))
    gap = moments["AUC, t2w minus dwi"]
    assert gap["value"] == pytest.approx(model["value"])
    assert gap["method"].startswith("U-statistics, 4 random readers")
    curves = pl.read_csv(tmp_path / "average_curves.csv")
    dwi = curves.filter(pl.col("test") == "dwi")
    area = np.trapezoid(dwi["sensitivity"], 1 - dwi["specificity"])
    assert area == pytest.approx(moments["AUC, dwi"]["value"])


def test_groups_that_share_patients_are_refused(tables):
    words = ["compare", tables / "nodes.csv", "--test", "mri", *WHO, "--by", "pet"]
    assert "patients have rows in both groups" in refused(*words)


def test_readings_in_one_column_or_in_two_give_one_analysis(tables, tmp_path):
    reads = pl.read_csv(tables / "reads.csv")
    long = reads.unpivot(
        ["t2w", "dwi"],
        index=["patient", "node", "reader", "metastatic"],
        variable_name="sequence",
        value_name="suspicion",
    )
    long.write_csv(tmp_path / "long.csv")
    who = ["--reader", "reader", "--item", "node", *WHO, "--direction", "higher"]
    wide = told("compare", tables / "reads.csv", "--test", "dwi", "--test", "t2w", *who)
    tall = told("compare", tmp_path / "long.csv", "--test", "suspicion", "--by", "sequence", *who)
    first = estimates(wide)["AUC, dwi minus t2w"]
    second = estimates(tall)["AUC, sequence dwi minus sequence t2w"]
    same = ("value", "low", "high", "p", "statistic", "clusters", "denominator")
    assert [first[key] for key in same] == [second[key] for key in same]
    assert first["value"] == pytest.approx(by_hand(reads).differences[0].value)


def by_hand(reads):
    """The analysis straight from arrays."""
    wide = reads.pivot(on="reader", index=["patient", "node", "metastatic"], values=["dwi", "t2w"])
    scores = [[wide[f"{test}_{who}"] for who in reads["reader"].unique(maintain_order=True)]
              for test in ("dwi", "t2w")]  # fmt: skip
    study = reader_study(np.array(scores), wide["metastatic"], wide["patient"], direction="higher")
    return obuchowski_rockette(reader_auc(study))


def test_what_a_reader_did_not_read_stays_unread_and_is_counted(tables, tmp_path):
    reads = pl.read_csv(tables / "reads.csv").with_row_index("row")
    gap = reads.with_columns(dwi=pl.when(pl.col("row") >= 5).then("dwi")).drop("row")
    gap.write_csv(tmp_path / "gap.csv")
    who = ["--reader", "reader", "--item", "node", *WHO, "--direction", "higher"]
    answer = told("compare", tmp_path / "gap.csv", "--test", "t2w", "--test", "dwi", *who)
    assert answer["left_out"] == [{"rows": 5, "reason": "without dwi"}]
    assert estimates(answer)["AUC, t2w"]["denominator"] == 97


def test_a_reader_who_used_one_sequence_is_kept_and_named(tables, tmp_path):
    reads = pl.read_csv(tables / "reads.csv")
    some = reads.with_columns(dwi=pl.when(pl.col("reader") != "cora").then("dwi"))
    some.write_csv(tmp_path / "some.csv")
    words = ["compare", tmp_path / "some.csv", "--test", "t2w", "--test", "dwi", "--reader"]
    words += ["reader", "--item", "node", *WHO, "--direction", "higher"]
    said_so = said(*words)
    assert "reader cora did not use dwi." in said_so
    assert "not estimable: this reader used one of the tests only" in said_so
    gap = estimates(told(*words))["AUC, t2w minus dwi"]
    assert "3 of 4 with both tests" in gap["method"]
    fixed = estimates(told(*words, "--readers", "fixed"))["AUC, t2w minus dwi"]
    assert "the 3 of 4 readers with every test" in fixed["method"]


def test_a_test_of_all_stands_where_readers_lack_one_of_three_and_pairs_are_adjusted(
    tables, tmp_path
):
    reads = pl.read_csv(tables / "reads.csv").with_columns(both=pl.col("t2w") + pl.col("dwi"))
    reads.write_csv(tmp_path / "reads.csv")
    some = reads.with_columns(dwi=pl.when(pl.col("reader") != "cora").then("dwi"))
    some.write_csv(tmp_path / "some.csv")
    words = ["--test", "t2w", "--test", "dwi", "--test", "both", "--reader", "reader",
             "--item", "node", *WHO, "--direction", "higher"]  # fmt: skip
    name = "equal AUC of 3 tests"
    assert name in hypotheses(told("compare", tmp_path / "reads.csv", *words))
    answer = told("compare", tmp_path / "some.csv", *words)
    assert hypotheses(answer)[name]["df"][0] == 2
    remark = "differences are those of equal readers"
    assert any(remark in said for one in answer["parts"] for said in one["remarks"])
    (holm,) = [one["counts"] for one in answer["parts"] if "Holm" in one["title"]]
    pairs = {key: one for key, one in estimates(answer).items() if key in holm}
    assert len(pairs) == 3
    assert min(holm.values()) >= min(one["p"] for one in pairs.values())


def test_an_item_read_twice_is_refused(tables):
    who = ["--reader", "reader", *WHO, "--direction", "higher"]
    output = refused("compare", tables / "reads.csv", "--test", "t2w", "--test", "dwi", *who)
    assert "differs between rows of one item" in output or "read one item twice" in output
