"""Dissections that a test would have spared: counted, weighed, and told honestly."""

import numpy as np
import pytest

from nodewise import report, trial
from nodewise.report import Provenance
from nodewise.steps.analysis.sparing import AT_CUTOFF, spared
from nodewise.tables import SPARED

CEUS = trial.load("ceus")
PLAN = CEUS.sparing.model_copy(update={"tests": ("short_axis",), "units": ("side",)})


def unit(who, side, *, calls, ill, value=1.0, reader="none", status="analysed"):
    return {
        "participant": who, "item": side, "positive": calls, "present": ill, "value": value,
        "reader": reader, "status": status, "analysis": "residual", "unit": "side",
        "test": "short_axis",
    }  # fmt: skip


def figures(rows, plan=PLAN):
    asked = CEUS.model_copy(update={"sparing": plan})
    names = {("residual", test, by): rows for test in plan.tests for by in plan.units}
    found = list(spared(asked, names, seed=1))
    SPARED.frame(found)
    return {
        (row["reader"], row["decides"], row["threshold"], row["quantity"]): row for row in found
    }


SIDES = [
    unit("A", "left", calls=False, ill=False), unit("A", "right", calls=True, ill=True),
    unit("B", "left", calls=False, ill=True), unit("B", "right", calls=False, ill=False),
    unit("C", "left", calls=True, ill=False), unit("D", "left", calls=False, ill=False),
    unit("D", "right", calls=True, ill=None, status="no dissected level"),
]  # fmt: skip


def test_dissections_are_counted_among_all_and_among_each_kind():
    found = figures(SIDES)
    told = {
        name: (row["numerator"], row["denominator"], row["patients"])
        for (_, decides, threshold, name), row in found.items()
        if threshold is None and decides == AT_CUTOFF
    }
    assert told == {
        "needless": (3, 6, 4), "left": (1, 6, 4), "of_clear": (3, 4, 4), "of_ill": (1, 2, 2),
    }  # fmt: skip


@pytest.mark.parametrize("threshold", PLAN.thresholds)
def test_the_gain_is_what_was_spared_rightly_at_the_odds_less_what_was_left(threshold):
    found = figures(SIDES)
    gain, benefit, of_all = (
        found["none", AT_CUTOFF, threshold, name]["value"]
        for name in ("gain", "net_benefit", "net_benefit_all")
    )
    odds = threshold / (1 - threshold)
    assert gain == pytest.approx((3 * odds - 1) / 6)
    assert gain == pytest.approx(benefit - of_all)


def test_readers_stand_apart_and_together_with_patients_as_clusters():
    rows = [
        row | {"reader": reader, "positive": row["positive"] or reader == "r2", "test": "reading"}
        for row in SIDES[:6]
        for reader in ("r1", "r2")
    ]
    found = figures(rows, PLAN.model_copy(update={"tests": ("reading",)}))
    needless = {
        reader: (row["numerator"], row["denominator"], row["patients"])
        for (reader, _, threshold, name), row in found.items()
        if name == "needless" and threshold is None
    }
    assert needless == {"r1": (3, 6, 4), "r2": (0, 6, 4), "mean": (3, 12, 4)}


def measured(patients, rng):
    for number in range(patients):
        for side in ("left", "right"):
            ill = bool(rng.random() < 0.4)
            seen = rng.random() < 0.9
            value = float(rng.normal(16 if ill else 24, 3)) if seen else None
            yield unit(f"P{number:02}", side, calls=None, ill=ill, value=value)


CHANCE = PLAN.model_copy(update={"tests": ("time-to-peak",)})


def test_without_a_cut_off_chances_of_patients_left_out_decide_and_more_is_spared_at_higher_ones():
    found = figures(list(measured(40, np.random.default_rng(3))), CHANCE)
    shares = [
        found["none", f"from a chance of {100 * at:g} % on", at, "of_clear"]["value"]
        for at in CHANCE.thresholds
    ]
    assert shares == sorted(shares)
    assert shares[-1] > 0.5


def test_no_pseudonym_decides_who_is_left_out_together():
    rows = list(measured(40, np.random.default_rng(3)))
    other = [row | {"participant": f"Q{99 - int(row['participant'][1:])}"} for row in rows]
    shuffled = [other[place] for place in np.random.default_rng(1).permutation(len(other))]
    one, two = (
        {key: row["value"] for key, row in figures(each, CHANCE).items()}
        for each in (rows, shuffled)
    )
    assert one == pytest.approx(two)


def test_too_few_patients_for_chances_are_told_in_a_sentence():
    found = figures(list(measured(3, np.random.default_rng(3))), CHANCE)
    assert all(row["value"] is None for row in found.values())
    assert all("folds need as many patients" in row["remark"] for row in found.values())


def test_the_report_tells_both_sides_and_gives_no_advice(tmp_path):
    plan = PLAN.model_copy(update={"tests": ("short_axis",)})
    asked = CEUS.model_copy(update={"sparing": plan})
    rows = [row | {"arm": "neoadjuvant", "side": row["item"]} for row in SIDES]
    found = spared(asked, {("residual", "short_axis", "side"): rows}, seed=1)
    nothing = Provenance(version="0", trial_hash="0", frozen_hash="0", truth_opened=None)
    tables = {"spared": SPARED.frame(list(found))}
    report.write(tmp_path, asked, tables=tables, pictures=(), provenance=nothing)
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    section = page[page.index('<section id="sparing">') : page.index('<section id="roc">')]
    for text in (
        "50.0",
        "16.7",
        "Judged",
        "neck sides without viable tumour",
        "no advice on whom to operate",
    ):
        assert text in section


def test_the_first_screen_says_nothing_of_one_patient_s_dissections(tmp_path):
    alone = [row for row in SIDES if row["participant"] == "B"]
    asked = CEUS.model_copy(update={"sparing": PLAN, "primary_test": "short_axis"})
    nothing = Provenance(version="0", trial_hash="0", frozen_hash="0", truth_opened=None)
    pages = []
    for name, rows in (("one", alone), ("four", SIDES)):
        found = spared(asked, {("residual", "short_axis", "side"): rows}, seed=1)
        tables = {"spared": SPARED.frame(list(found))}
        report.write(tmp_path / name, asked, tables=tables, pictures=(), provenance=nothing)
        pages.append((tmp_path / name / "index.html").read_text(encoding="utf-8"))
    assert ["Had it decided alone" in page for page in pages] == [False, True]
