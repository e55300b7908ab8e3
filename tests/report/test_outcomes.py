"""The section on what becomes of patients."""

import re

import pytest

from nodewise.report.outcomes import outcome_figures
from nodewise.report.page import page
from nodewise.report.study import study
from nodewise.report.survival_curve import Steps, survival_curve
from nodewise.tables import TABLES

ROW = {"outcome": "overall-survival", "role": "exploratory", "method": "Kaplan-Meier",
       "stratum": "all", "patients": 12, "events": 3, "competing": 0, "left_out": 2}  # fmt: skip


@pytest.fixture
def shown(fake):
    """The text of the section, and its figures, for these estimates and steps."""

    def draw(estimates, steps=(), *, trial=fake.trial, **more):
        rows = {"outcome_estimates": estimates, "outcome_curves": steps, **more}
        tables = fake.tables | {name: TABLES[name].frame(each) for name, each in rows.items()}
        text = page(trial, tables, provenance=fake.provenance)
        section = re.search(r'<section id="outcomes">.*?</section>', text, re.DOTALL)[0]
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", section).replace("\u00a0", " "))

    return draw


def steps(days, **more):
    left = len(days)
    for number, day in enumerate(days):
        value = 1 - (number + 1) / (left + 1)
        yield {"outcome": "overall-survival", "stratum": "all", "quantity": "event-free",
               "day": float(day), "value": value, "low": value / 2, "high": (1 + value) / 2,
               "at_risk": left - number, "lost": 0} | more  # fmt: skip


def test_the_section_says_that_it_explores_and_shows_counts(shown):
    row = ROW | {"quantity": "event-free", "at_day": 730, "value": 0.75, "low": 0.4, "high": 0.9,
                 "followed": 7}  # fmt: skip
    median = ROW | {"quantity": "median follow-up", "value": 913.0}
    text = shown([row, median])
    assert "Explored, not confirmed" in text
    assert "no p-value stands here" in text
    assert "12 patients, 3 events, 2 further patients left out. Median follow-up 30 months" in text
    assert "free of the event 24 0.75 0.40 to 0.90 3 7" in text


def test_too_few_events_are_told_once(shown):
    few = ROW | {
        "value_name": "lowest-adc",
        "remark": "3 with the event; the trial file asks for 10",
    }
    text = shown([few | {"quantity": name} for name in ("hazard ratio", "Uno's C")])
    assert text.count("3 with the event; the trial file asks for 10.") == 1
    assert "Uno's C)" not in text


def test_an_outcome_with_too_few_events_is_named_before_all_else(shown):
    few = ROW | {"value_name": "lowest-adc", "quantity": "hazard ratio", "remark": "x"}
    text = shown([few])
    assert "foretells: Overall survival (3 of 10 needed). Explored" in text
    assert "nothing is estimated 12 3 X" in text
    assert "Too few events" not in shown([few | {"value": 0.8}])


@pytest.mark.parametrize(("role", "stands"), [("exploratory", False), ("confirmatory", True)])
def test_a_hazard_ratio_whose_limits_tell_nothing_is_not_shown_as_one(shown, role, stands):
    wide = ROW | {"value_name": "lowest-adc", "quantity": "hazard ratio", "role": role,
                  "value": 2.43, "low": 0.42, "high": 13.96}  # fmt: skip
    text = shown([wide])
    assert ("2.43" in text) == stands
    assert ("Limits 33-fold apart (0.42 to 13.96)" in text) != stands


def test_a_hazard_ratio_says_per_how_much(shown):
    row = ROW | {"value_name": "lowest-adc", "quantity": "hazard ratio", "value": 0.8}
    assert "hazard ratio per 0.1 × 10⁻³ mm²/s more" in shown([row])


@pytest.mark.parametrize(
    ("expected", "area", "ratio"),
    [(None, "higher values for the event", "mm²/s more 0.60"),
     ({"lowest-adc": "lower"}, "lower values, as expected, for the event", "expected below 1")],
)  # fmt: skip
def test_a_figure_says_which_values_were_expected_to_go_with_the_event(
    shown, fake, expected, area, ratio
):
    survival = fake.trial.outcome[0].model_copy(update={"expected": expected})
    trial = fake.trial.model_copy(update={"outcome": (survival,)})
    row = ROW | {"value_name": "lowest-adc", "value": 0.6}
    text = shown([row | {"quantity": name} for name in ("Uno's C", "hazard ratio")], trial=trial)
    assert area in text
    assert ratio in text


def test_what_came_after_each_category_stands_by_itself(shown):
    row = ROW | {"outcome": "relapse-in-field", "value_name": "month-3-neck"}
    share = row | {"quantity": "incidence", "at_day": 365, "stratum": "1", "value": 0.0,
                   "low": 0.0, "high": 0.26, "events": 0}  # fmt: skip
    text = shown([row | {"quantity": "hazard ratio"}, share, share | {"stratum": "positive"}])
    assert "month 3, from month 4.5 on, share with the event: 12 patients, 3 events" in text
    assert text.count("1 12 12 0.00 0.00 to 0.26 0 0") == 1
    assert "positive 12" not in text


def test_missing_visits_stand_beside_reports(shown):
    rows = [
        {"participant": f"P{number}", "visit": "month 3", "status": status, "ni_rads_neck": found}
        for number, (status, found) in enumerate(
            [("reported", "1"), ("reported", "3"), ("not reported", None), ("died before", None)]
        )
    ]
    assert "month 3 2 1 1 0 1 1" in shown([], responses=rows)


def test_a_study_without_outcomes_has_no_such_section(fake):
    bare = fake.trial.model_copy(update={"outcome": ()})
    text = page(bare, fake.tables, provenance=fake.provenance)
    assert "Explorative" not in text


def test_numbers_at_risk_are_those_of_the_day(fake):
    rows = list(steps([100, 400, 800]))
    tables = fake.tables | {"outcome_curves": TABLES["outcome_curves"].frame(rows)}
    ours = study(fake.trial, tables, pictures=(), provenance=fake.provenance)
    (figure,), further = outcome_figures(ours)
    counts = re.findall(r'class="count"[^>]*>(\d+)<', figure.svg)
    assert counts == ["3", "2", "1", "0", "0", "0"]
    assert not further


def test_a_curve_is_drawn_within_its_axes_and_begins_at_its_landmark():
    line = Steps(name="x", rows=list(steps([200, 700], at_risk=1)), begins=1.0, start=136.0)
    figure = survival_curve("t", [line], share="s", until=730, origin="surgery", caption="c")
    path = re.search(r'class="curve" d="M([\d.]+) ([\d.]+)([^"]+)"', figure.svg)
    places = [float(each) for each in re.findall(r"H([\d.]+)", path[3])]
    assert float(path[1]) == pytest.approx(60 + 330 * 136 / 730, abs=0.1)
    assert float(path[1]) < places[0] < places[1] <= 390
