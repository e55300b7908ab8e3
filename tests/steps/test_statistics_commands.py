"""Agreement, follow-up and sizes from a table."""

import json

import polars as pl
import pytest
from click.testing import CliRunner

from nodewise.cli import main
from nodewise.stats import (
    agreement,
    proportional_hazards,
    ratings,
    survival_at,
    time_auc,
)
from nodewise.stats.follow_up import follow_up


def run(*words):
    return CliRunner().invoke(main, [str(word) for word in words])


def told(*words):
    found = run(*words, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.output)


def refused(*words):
    found = run(*words)
    assert found.exit_code in (1, 2)
    assert not found.exception or isinstance(found.exception, SystemExit)
    return found.output


def estimates(answer):
    return {one["name"]: one for part in answer["parts"] for one in part["estimates"]}


WIDE = "patient,anna,ben\n" + "".join(
    f"P{k // 2},{a},{b}\n" for k, (a, b) in enumerate(zip("0120121200", "0121120100", strict=True))
)


@pytest.fixture
def wide(tmp_path):
    """Grades of two readers, a column each."""
    path = tmp_path / "wide.csv"
    path.write_text(WIDE)
    return path


@pytest.fixture
def tall(wide, tmp_path):
    """The same grades, a row each."""
    frame = pl.read_csv(wide).with_row_index("node")
    index = ["patient", "node"]
    long = frame.unpivot(["anna", "ben"], index=index, variable_name="who", value_name="grade")
    long.write_csv(tmp_path / "tall.csv")
    return tmp_path / "tall.csv"


def test_ratings_in_rows_or_in_columns_agree_alike(wide, tall):
    first = told("agree", wide, "--rating", "anna", "--rating", "ben", "--patient", "patient")
    words = ["--rating", "grade", "--reader", "who", "--item", "node", "--patient", "patient"]
    second = told("agree", tall, *words)
    assert estimates(first) == estimates(second)
    frame = pl.read_csv(wide)
    expected = agreement(ratings(frame.select("anna", "ben").rows(), frame["patient"]), "kappa")
    found = estimates(first)["Cohen's kappa"]
    assert (found["value"], found["low"]) == (expected.value, expected.low)


def test_missing_ratings_are_counted_and_used_around(tmp_path):
    path = tmp_path / "gaps.csv"
    path.write_text(WIDE.replace("P0,0,0", "P0,0,").replace("P1,2,2", "P1,,"))
    answer = told("agree", path, "--rating", "anna", "--rating", "ben", "--patient", "patient")
    counts = answer["parts"][0]["counts"]
    assert counts["missing ratings"] == 3
    assert counts["items with fewer than 2 ratings"] == 2
    assert estimates(answer)["Krippendorff's alpha, nominal"]["value"] is not None


def test_words_of_an_ordinal_scale_need_their_order(tmp_path):
    path = tmp_path / "words.csv"
    path.write_text("a,b\nnone,none\nmild,severe\nsevere,severe\nmild,none\n")
    words = ["agree", path, "--rating", "a", "--rating", "b", "--rows-are-patients"]
    words += ["--scale", "ordinal"]
    assert "--order" in refused(*words)
    answer = told(*words, "--order", "none", "--order", "mild", "--order", "severe")
    assert estimates(answer)["Cohen's kappa"]["value"] == pytest.approx(1 - (2 / 4) / 1.5)


@pytest.mark.parametrize(
    ("words", "needed"),
    [
        (["--rating", "anna"], "two readers"),
        (["--rating", "anna", "--rating", "anna"], "named twice"),
        (["--rating", "anna", "--reader", "ben", "--item", "ben"], "different columns"),
        (["--rating", "anna", "--rating", "carl"], "no column 'carl'"),
    ],
)
def test_readers_that_cannot_be_told_apart_are_refused(wide, words, needed):
    assert needed in refused("agree", wide, *words, "--patient", "patient")


def test_measurements_are_not_categories(tmp_path):
    path = tmp_path / "sizes.csv"
    path.write_text("a,b\n" + "\n".join(f"{k + 0.1},{k + 0.3 + k % 3}" for k in range(120)))
    words = ["agree", path, "--rating", "a", "--rating", "b", "--rows-are-patients"]
    assert "--scale continuous" in refused(*words)
    found = estimates(told(*words, "--scale", "continuous"))
    assert found["bias"]["value"] == pytest.approx(-1.2)
    assert found["ICC(3,1)"]["value"] > 0.99


FOLLOWED = "patient,arm,age,months,died\n" + "".join(
    f"P{k},{'ab'[k % 2]},{50 + 7 * k % 23},{3 + 5 * k % 17},{k % 3 != 0:d}\n" for k in range(24)
)


@pytest.fixture
def followed(tmp_path):
    """Two arms under follow-up."""
    path = tmp_path / "followed.csv"
    path.write_text(FOLLOWED)
    return path


def test_shares_of_a_group_are_those_of_its_patients(followed):
    words = ["survive", followed, "--time", "months", "--event", "died", "--by", "arm", "--at", "8"]
    answer = told(*words)
    part = pl.read_csv(followed).filter(pl.col("arm") == "a")
    expected = survival_at(follow_up(part["months"], part["died"], part["patient"]), 8)
    found = answer["parts"][0]
    assert found["title"] == "arm a"
    assert found["estimates"][1]["value"] == expected.value
    assert answer["parts"][2]["tests"][0]["method"] == "log-rank"


def test_several_rows_a_patient_are_compared_by_patient(followed):
    frame = pl.read_csv(followed).with_columns(patient=pl.col("age") % 6)
    frame.write_csv(followed)
    words = ["survive", followed, "--time", "months", "--event", "died", "--by", "arm"]
    found = told(*words, "--patient", "patient", "--predictor", "arm", "--predictor", "age")
    assert found["parts"][2]["tests"][0]["method"] == "log-rank, errors by patient"
    assert "hazard ratio, arm b against a" in estimates(found)
    gap = estimates(found)["arm a minus arm b"]
    means = [part["estimates"][-1]["value"] for part in found["parts"][:2]]
    assert gap["value"] == pytest.approx(means[0] - means[1])
    assert gap["p"] is not None


def test_competing_events_are_followed_one_by_one(followed):
    frame = pl.read_csv(followed)
    mixed = frame.with_columns(died=pl.col("died") * (1 + pl.col("age") % 2))
    mixed.write_csv(followed)
    found = estimates(told("survive", followed, "--time", "months", "--event", "died", "--at", "9"))
    shares = [found[f"incidence of event {cause} at 9"]["value"] for cause in (1, 2)]
    assert sum(shares) + found["event-free at 9"]["value"] == pytest.approx(1)


def test_markers_foretell_an_event_by_a_time_and_are_compared(followed):
    frame = pl.read_csv(followed).with_columns(other=(pl.col("age") * 7) % 11)
    frame.write_csv(followed)
    words = ["survive", followed, "--time", "months", "--event", "died", "--at", "9"]
    words += ["--marker", "age", "--marker", "other", "--marker-direction"]
    found = estimates(told(*words, "lower"))
    data = follow_up(frame["months"], frame["died"], frame["patient"])
    expected = time_auc(data, frame["age"].to_numpy(), 9, direction="lower")
    assert found["AUC of age"]["value"] == expected.value
    gap = found["AUC of age"]["value"] - found["AUC of other"]["value"]
    assert found["AUC of age minus other"]["value"] == pytest.approx(gap)
    assert {"Harrell's C of age", "Uno's C of other"} <= set(found)
    turned = estimates(told(*words, "higher"))
    assert turned["AUC of age"]["value"] == pytest.approx(1 - expected.value)
    assert "--marker-direction" in refused(*words[:-1])


def test_the_cause_that_is_asked_for_is_foretold_and_others_compete(followed):
    frame = pl.read_csv(followed)
    frame.with_columns(died=pl.col("died") * (1 + pl.col("age") % 2)).write_csv(followed)
    words = ["survive", followed, "--time", "months", "--event", "died", "--at", "9"]
    words += ["--marker", "age", "--marker-direction", "higher", "--cause"]
    one, two = (estimates(told(*words, cause))["AUC of age"]["value"] for cause in (1, 2))
    swapped = frame.with_columns(died=pl.col("died") * (2 - pl.col("age") % 2))
    swapped.write_csv(followed)
    assert estimates(told(*words, 1))["AUC of age"]["value"] == pytest.approx(two)
    assert one != two


def test_from_a_landmark_on_follow_up_is_counted_anew(followed):
    words = ["survive", followed, "--time", "months", "--event", "died", "--landmark"]
    answer = told(*words, "6", "--at", "3")
    assert answer["question"].endswith("times are counted from the landmark at 6")
    frame = pl.read_csv(followed)
    late = frame.filter(pl.col("months") > 6)
    assert answer["rows_used"] == late.height
    assert answer["left_out"][0]["rows"] == frame.height - late.height
    data = follow_up(late["months"] - 6, late["died"], late["patient"])
    assert estimates(answer)["event-free at 3"]["value"] == pytest.approx(
        survival_at(data, 3).value
    )
    assert "beyond 99" in refused(*words, "99")


def test_a_cox_model_says_whether_its_hazards_stay_in_proportion(followed):
    words = ["survive", followed, "--time", "months", "--event", "died", "--predictor", "age"]
    tests = [one for part in told(*words)["parts"] for one in part["tests"]]
    frame = pl.read_csv(followed)
    data = follow_up(frame["months"], frame["died"], frame["patient"])
    expected = proportional_hazards(data, frame["age"].to_numpy()[:, None])
    assert [one["name"] for one in tests] == [
        "proportional hazards, age, per 1",
        "proportional hazards, all predictors",
    ]
    assert tests[0]["p"] == pytest.approx(expected[0].p)


def test_one_for_censored_and_two_for_an_event_is_noticed(followed):
    frame = pl.read_csv(followed)
    frame.with_columns(pl.col("died") + 1).write_csv(followed)
    found = run("survive", followed, "--time", "months", "--event", "died")
    assert "Nobody is censored" in found.output


def test_out_keeps_the_curves_and_every_estimate(followed, tmp_path):
    out = tmp_path / "out"
    words = ["survive", followed, "--time", "months", "--event", "died", "--by", "arm"]
    assert run(*words, "--out", out).exit_code == 0
    assert set(pl.read_csv(out / "survival.csv")["group"]) == {"arm a", "arm b"}
    assert "median time" in set(pl.read_csv(out / "estimates.csv")["name"])
    assert (out / "answer.txt").read_text().startswith("Time to died")


def counts(*words):
    return told("size", *words)["parts"][0]["counts"]


def test_more_correlation_needs_more_patients():
    words = ["sensitivity", "--expected", "0.85", "--half-width", "0.05", "--units", "6"]
    alone = counts(*words)
    together = counts(*words, "--icc", "0.3")
    assert together["design effect"] == pytest.approx(1 + 5 * 0.3)
    assert together["patients"] > alone["patients"]


def test_a_difference_and_a_margin_are_asked_one_at_a_time():
    words = ["size", "difference", "--discordant", "0.2"]
    assert "either --difference or --margin" in refused(*words)
    assert "either --difference or --margin" in refused(
        *words, "--difference", "0.1", "--margin", "0.1"
    )
    wider = counts("difference", "--discordant", "0.2", "--margin", "0.1")["patients"]
    assert wider < counts("difference", "--discordant", "0.2", "--margin", "0.05")["patients"]


def test_what_cannot_be_is_refused():
    assert "lies from 0 to 1" in refused(
        "size", "sensitivity", "--expected", "0.8", "--half-width", "0.1", "--share", "0"
    )
    assert "between 0.5 and 1" in refused("size", "auc", "--expected", "0.4")


def test_two_areas_are_planned_from_expectations_or_from_a_pilot(tmp_path):
    words = ["aucs", "--expected", "0.85", "--expected", "0.75", "--correlation"]
    alike, apart = (counts(*words, r)["patients"] for r in ("0.7", "0.1"))
    assert alike < apart
    one = counts(*words, "0.5", "--controls-per-case", "3")
    assert one["independent negative units"] == pytest.approx(
        3 * one["independent positive units"], abs=3
    )
    rows = [f"P{k // 2},{k % 3 > 0:d},{(7 * k) % 23},{(5 * k) % 19 + k % 3}" for k in range(60)]
    path = tmp_path / "pilot.csv"
    path.write_text("patient,truth,a,b\n" + "\n".join(rows))
    pilot = ["aucs", path, "--test", "a", "--test", "b", "--direction", "higher"]
    found = counts(*pilot, "--truth", "truth", "--patient", "patient")
    assert found["patients of the pilot"] == 30
    assert 0 < found["power with as many"] < 1
    assert "either --expected twice" in refused("size", "aucs", "--expected", "0.8")


def test_a_reader_study_is_planned_without_a_pilot():
    words = ["reader-study", "--expected", "0.75", "--difference", "0.1", "--between-range", "0.1"]
    parts = told("size", *words, "--readers", "6", "--readers", "12")["parts"]
    assert parts[1]["counts"]["patients"] > parts[2]["counts"]["patients"]
    assert parts[1]["counts"]["power"] >= 0.8
    hopeless = told("size", *words[:3], "--difference", "0.02", "--between-range", "0.4")
    assert "cannot show this difference" in hopeless["parts"][1]["remarks"][0]
