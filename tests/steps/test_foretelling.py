"""Endings of histories drawn by chance, and what a value foretells of them: no study, no tables."""

from datetime import date, timedelta

import numpy as np
import pytest

from nodewise import trial
from nodewise.simulate import outcomes as simulated
from nodewise.steps.outcomes.endings import endings
from nodewise.steps.outcomes.foretelling import foretold
from nodewise.steps.outcomes.histories import History
from nodewise.steps.outcomes.values import Scores
from nodewise.tables import OUTCOME_ESTIMATES
from nodewise.trial import named
from nodewise.truth import ANALYSED

SURGERY = date(2021, 1, 1)
MPMRI = trial.load("mpmri")
SURVIVAL, FREE, RELAPSE = (MPMRI.outcome[number] for number in range(3))


def day(number):
    """A day so long after surgery."""
    return SURGERY + timedelta(days=number)


def drawn(count, seed):
    """Histories whose hazard depends on one value, and the value."""
    rng = np.random.default_rng(seed)
    value = rng.normal(0.95e-3, 0.2e-3, count)
    histories = {}
    for number, each in enumerate(value):
        course = simulated.course(np.log(0.8) * (each - 0.95e-3) / 0.1e-3, rng)
        last = min(course.death, int(rng.integers(400, 2500)))
        events = {"local relapse": course.relapse, "distant metastasis": course.distant,
                  "death": course.death}  # fmt: skip
        known = {name: day(at) for name, at in events.items() if at is not None and at <= last}
        histories[f"P{number:03d}"] = History(
            origins={"surgery": SURGERY, "treatment end": SURGERY}, events=known,
            in_field=dict.fromkeys(known, True), last=day(last),
        )  # fmt: skip
    values = dict(zip(histories, value.tolist(), strict=True))
    calls = {who: each <= 0.94e-3 for who, each in values.items()}
    scores = Scores(name="lowest-adc", values=values, calls=calls, step=0.1e-3)
    return histories, scores


def estimates(outcome, histories, scores):
    units = list(endings(outcome, histories, {}))
    rows, _ = foretold(outcome, units, scores, start=0)
    full = [row | {"value_name": scores.name} for row in rows]
    return OUTCOME_ESTIMATES.frame(full).sort("stratum", "quantity", "at_day")


def test_a_relapse_beyond_the_horizon_need_not_be_placed():
    late = RELAPSE.horizon + 30
    history = History(
        origins={"surgery": SURGERY, "treatment end": SURGERY}, last=day(late + 100),
        events={"local relapse": day(late)}, in_field={"local relapse": None},
    )  # fmt: skip
    (row,) = endings(RELAPSE, {"P": history}, {})
    assert (row["days"], row["event"], row["status"]) == (RELAPSE.horizon + 1, 0, ANALYSED)


@pytest.mark.parametrize("outcome", [SURVIVAL, FREE, RELAPSE], ids=lambda each: each.name)
def test_nothing_beyond_the_horizon_moves_what_comes_before_it(outcome):
    histories, scores = drawn(80, 4)
    beyond = day(outcome.horizon + 1)
    cut = {
        who: History(
            origins=each.origins,
            events={name: at for name, at in each.events.items() if at <= beyond},
            in_field=each.in_field,
            last=min(each.last, beyond),
        )
        for who, each in histories.items()
    }
    assert cut != histories
    whole, short = (estimates(outcome, each, scores) for each in (histories, cut))
    assert whole.equals(short)


def test_the_order_of_the_patients_changes_nothing():
    histories, scores = drawn(60, 5)
    turned = dict(reversed(histories.items()))
    told = [estimates(RELAPSE, each, scores)["value"] for each in (histories, turned)]
    assert told[0].to_numpy() == pytest.approx(told[1].to_numpy(), nan_ok=True)


def test_the_unit_of_a_hazard_ratio_is_the_step_of_the_trial_file():
    histories, scores = drawn(80, 6)
    doubled = Scores(name=scores.name, values=scores.values, calls={}, step=0.2e-3)
    one, two = (
        estimates(FREE, histories, each).filter(quantity="hazard ratio", stratum="all")
        for each in (scores, doubled)
    )
    for column in ("value", "low", "high"):
        assert two[column][0] == pytest.approx(one[column][0] ** 2)


@pytest.mark.parametrize("quantity", ["Uno's C", "auc"])
def test_values_count_for_the_event_as_the_outcome_expects_and_not_as_the_test_does(quantity):
    histories, scores = drawn(80, 8)
    told = {
        way: estimates(
            FREE.model_copy(update={"expected": {"lowest-adc": way}}), histories, scores
        ).filter(quantity=quantity, stratum="all")["value"][0]
        for way in ("lower", "higher", "two-sided")
    }
    assert named(MPMRI.index_test, "adc").direction == "lower"
    assert told["lower"] == pytest.approx(1 - told["higher"])
    assert told["two-sided"] == told["higher"] < 0.5


def test_p_values_are_those_of_confirmatory_outcomes():
    planned = FREE.model_copy(update={"role": "confirmatory"})
    told = {
        each.role: estimates(each, *drawn(80, 7)).filter(quantity="hazard ratio")["p"].to_list()
        for each in (planned, FREE)
    }
    assert 0 < told["confirmatory"][0] < 1
    assert told["exploratory"] == [None]


@pytest.mark.slow
def test_the_interval_of_the_hazard_ratio_covers_the_truth():
    relapse = RELAPSE.model_copy(update={"competing": ("death", "distant metastasis")})
    covered, runs = 0, 300
    for seed in range(runs):
        found = estimates(relapse, *drawn(120, [77, seed]))
        row = found.filter(quantity="hazard ratio", stratum="all").row(0, named=True)
        covered += row["low"] <= 0.8 <= row["high"]
    assert 0.91 <= covered / runs <= 0.98


def test_a_landmark_is_the_last_day_of_its_visit():
    visit = named(MPMRI.visit, "month 3")
    assert FREE.after(visit) == visit.to_day == 136
