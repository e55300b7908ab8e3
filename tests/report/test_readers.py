"""What the tables of readers say, from a few rows of units and estimates."""

from dataclasses import replace

import polars as pl
import pytest

from nodewise import trial as trials
from nodewise.report import Provenance
from nodewise.report.accuracy import accuracy_sheet
from nodewise.report.answer import answer, answer_sheet
from nodewise.report.readers import predictive_sheet, reader_forests, reader_sheet
from nodewise.report.study import study
from nodewise.steps.analysis.cases import NOT_READ
from nodewise.tables import TABLES
from nodewise.truth import ANALYSED, UNREAD

PLACE = {"analysis": "extension", "test": "ct", "unit": "side"}
CELLS = {"tp": 2, "fn": 1, "fp": 1, "tn": 0}


def unit(who, reader, status, present=True):
    said = {"participant": who, "reader": reader, "item": "left", "side": "left"}
    return PLACE | said | {"present": present, "positive": True, "status": status}


def estimate(reader, quantity, value, method="clustered logit, t", **more):
    limits = {"value": value, "low": value - 0.1, "high": value + 0.1, "method": method}
    said = {"reader": reader, "quantity": quantity, "stratum": "all", "role": "confirmatory"}
    return PLACE | said | limits | {"level": 0.95} | more


@pytest.fixture
def ours():
    units = [unit(f"P{n}", reader, ANALYSED, present=n < 2) for n in range(3)
             for reader in ("anna", "ben") if (n, reader) != (0, "ben")]  # fmt: skip
    units.append(unit("P0", "ben", UNREAD))
    rows = [
        estimate(reader, quantity, 0.5, numerator=1, denominator=2, patients=2, **CELLS)
        for reader in ("anna", "ben") for quantity in ("sensitivity", "ppv", "npv")
    ]  # fmt: skip
    rows += [
        estimate("mean", "sensitivity", 0.51, "2 random readers, clustered by patient", patients=2),
        estimate("mean", "sensitivity", 0.3, "1 unread counted as wrong, 2 random readers"),
        estimate("mean", "sensitivity", 0.7, "1 unread counted as right, 2 random readers"),
        estimate("mean", "ppv", 0.6, "2 random readers, clustered by patient", patients=3),
    ]
    tables = {"units": units, "accuracy": rows}
    frames = {name: TABLES[name].frame(each) for name, each in tables.items()}
    source = Provenance(version="0", trial_hash="", frozen_hash="", truth_opened=None)
    return study(trials.load("ene"), frames, pictures=(), provenance=source)


def asked(ours):
    (analysis,) = (each for each in ours.trial.analysis if each.name == "extension")
    (test,) = (each for each in ours.trial.reader_test if each.name == "ct")
    return analysis, test


def cells(sheet, name):
    """A line's cells by the column's heading."""
    (line,) = (row for row in sheet.rows if row[0] == name)
    return dict(zip(sheet.head, line, strict=True))


def test_a_reader_s_line_counts_its_own_patients_and_what_was_left_unread(ours):
    analysis, test = asked(ours)
    sheet = reader_sheet(ours, analysis, test=test, unit="side")
    counted = {name: (line["Patients"], line["Unread"])
               for name in ("anna", "ben", "mean") for line in [cells(sheet, name)]}  # fmt: skip
    assert counted == {"anna": ("3", ""), "ben": ("2", "1"), "mean": ("3", "")}
    assert cells(sheet, "mean")["Sensitivity"] == "0.51"
    assert "for want of an answer" in sheet.notes[0]


def test_patients_whom_a_reader_never_read_are_told_reader_by_reader(ours):
    analysis, test = asked(ours)
    before = reader_sheet(ours, analysis, test=test, unit="side").notes[0]
    gone = [
        unit(who, "ben", NOT_READ, present=there) for who, there in (("P7", True), ("P8", None))
    ]
    more = pl.concat([ours.tables["units"], TABLES["units"].frame(gone)])
    sheet = reader_sheet(
        replace(ours, tables={**ours.tables, "units": more}), analysis, test=test, unit="side"
    )
    assert "Not read at all" not in before
    assert "Not read at all, and in no column of theirs: ben 1 patient." in sheet.notes[0]


def test_predictive_values_come_with_the_prevalence_that_they_hang_on(ours):
    analysis, test = asked(ours)
    sheet = predictive_sheet(ours, analysis, test=test, unit="side")
    assert cells(sheet, "ben")["Positive"] == "0.50"
    assert cells(sheet, "mean")["Positive"] == "0.60"
    assert sheet.notes == ["2 of 3 neck sides have the target condition here. "
                           "They hold at this prevalence alone."]  # fmt: skip
    by_arms = analysis.model_copy(update={"negatives_from": ("another",)})
    (note,) = predictive_sheet(ours, by_arms, test=test, unit="side").notes
    assert "how many of each arm were enrolled" in note


def test_the_ends_stand_below_the_estimate_and_never_for_it(ours):
    analysis, _ = asked(ours)
    mixed = ours.tables["accuracy"].sample(fraction=1, shuffle=True, seed=2)
    for frame in (ours.tables["accuracy"], mixed):
        shuffled = replace(ours, tables={**ours.tables, "accuracy": frame})
        sheet = accuracy_sheet(shuffled, analysis, unit="side")
        lines = [(row[0], row[1]) for row in sheet.rows if row[0].startswith("sensitivity")]
        assert lines == [
            ("sensitivity", "0.51"),
            ("sensitivity, 1 unread counted as right", "0.70"),
            ("sensitivity, 1 unread counted as wrong", "0.30"),
        ]


def test_the_first_screen_s_words_count_who_has_it_and_who_has_not(ours):
    analysis, test = asked(ours)
    (forest,) = reader_forests(ours, analysis, test=test, unit="side")
    assert "the share of 2 neck sides with" in forest.caption
    assert "clustered by patient" in forest.caption
    by_side = replace(ours, trial=ours.trial.model_copy(update={"primary_unit": "side"}))
    assert "3 neck sides, 2 with extranodal extension" in answer_sheet(by_side).caption
    assert answer(by_side).text.startswith("CT, mean of 2 readers, at its frozen cut-off (grade")
