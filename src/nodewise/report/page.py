"""The report as one page: a pure function of trial, tables, pictures and provenance."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from nodewise.report import answer, baseline, checklist, methods, quality
from nodewise.report.accuracy import accuracy_sheet, level_sheet
from nodewise.report.answer import ENROLMENT, by_arms
from nodewise.report.consequences import consequence_sheets
from nodewise.report.distribution import distribution
from nodewise.report.drawing import drawn, style
from nodewise.report.flow import flow
from nodewise.report.forest import by_level, by_unit
from nodewise.report.gallery import cards, lead
from nodewise.report.learning import learning_figures, learning_sheet
from nodewise.report.left_out import status_sheets
from nodewise.report.outcome_sheets import outcome_sheets
from nodewise.report.outcomes import outcome_figures, outcome_words
from nodewise.report.readers import (
    agreement_sheets,
    comparison_sheets,
    predictive_sheet,
    reader_forests,
    reader_sheet,
)
from nodewise.report.regression import regression_sheet
from nodewise.report.roc import roc_curves
from nodewise.report.sheet import Figure, Sheet
from nodewise.report.sparing import sparing_figures, sparing_sheets, sparing_words
from nodewise.report.study import Picture, Provenance, Study, study
from nodewise.report.words import ill, well
from nodewise.tables import TABLES
from nodewise.trial import Analysis, ReaderTest, Trial

SECTIONS = {
    "answer": "Answer",
    "cautions": "Cautions",
    "flow": "Flow of participants",
    "participants": "Participants",
    "accuracy": "Accuracy",
    "levels": "By unit and by level",
    "readers": "Readers",
    "comparisons": "Tests compared",
    "agreement": "Agreement",
    "learning": "Learning",
    "consequences": "Consequences for the N category",
    "sparing": "Dissections that a test would have spared",
    "roc": "ROC curves",
    "distributions": "Values by truth",
    "gallery": "Missed and false nodes",
    "outcomes": "Explorative: after treatment",
    "left-out": "Analysed and left out",
    "matching": "Matching",
    "fits": "Quality of fits",
    "issues": "Issues in the data",
    "methods": "Methods",
    "provenance": "Provenance",
    "stard": "STARD 2015",
    "data": "Data",
}
"""Sections of the page by anchor, in order."""

OPTIONAL = (
    "readers", "comparisons", "agreement", "learning", "consequences", "sparing",
    "outcomes",
)  # fmt: skip
"""Sections that stand only where the trial asks for them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Tables or figures of one analysis, under its title."""

    title: str
    sheets: Sequence[Sheet] = ()
    figures: Sequence[Figure] = ()
    more: Sequence[Figure] = ()
    note: str = ""


def page(
    trial: Trial,
    tables: Mapping[str, pl.DataFrame],
    *,
    pictures: Sequence[Picture] = (),
    provenance: Provenance,
) -> str:
    """The whole report as HTML that needs nothing beside itself."""
    ours = study(trial, tables, pictures=pictures, provenance=provenance)
    content = _content(ours)
    shown = {name: title for name, title in SECTIONS.items()
             if name not in OPTIONAL or content[name]}  # fmt: skip
    return str(drawn("page.html", {"style": style(), "sections": shown} | content))


def _content(ours: Study) -> dict[str, object]:
    return {
        "trial": ours.trial,
        "provenance": ours.provenance,
        "answer": answer.answer(ours),
        "answer_sheet": answer.answer_sheet(ours),
        "answer_figures": _answer_figures(ours),
        "primary": methods.primary(ours),
        "caution": ours.primary_analysis.caution,
        "cautions": answer.cautions(ours),
        "flow": flow(ours),
        "participants": _participants(ours),
        "accuracy": _accuracy(ours),
        "forests": _forests(ours),
        "readers": _readers(ours),
        "comparisons": list(comparison_sheets(ours)),
        "agreement": agreement_sheets(ours),
        "learning": _there(learning_sheet(ours)),
        "learning_figures": learning_figures(ours),
        "consequences": consequence_sheets(ours),
        "sparing": sparing_sheets(ours),
        "sparing_words": sparing_words(ours),
        "sparing_figures": sparing_figures(ours),
    } | _behind(ours)


def _behind(ours: Study) -> dict[str, object]:
    """Curves and values behind the answers, and how all of it came about."""
    return {
        "curves": _curves(ours),
        "distributions": _distributions(ours),
        "kinds": [kind(ours.primary_analysis.target, "").strip() for kind in (ill, well)],
        "gallery": cards(ours.pictures),
        "gallery_lead": lead(ours.pictures),
        "outcomes": outcome_sheets(ours),
        "outcome_words": outcome_words(ours),
        "outcome_figures": outcome_figures(ours),
        "left_out": status_sheets(ours),
        "matching": quality.matching_sheet(ours),
        "fits": _there(quality.fit_sheet(ours), quality.curve_sheet(ours)),
        "issues": quality.issue_sheets(ours),
        "methods": methods.paragraphs(ours),
        "method_sheets": [
            methods.test_sheet(ours),
            methods.map_sheet(ours),
            methods.visit_sheet(ours),
        ],
        "versions": methods.provenance_sheet(ours),
        "items": checklist.items(),
        "tables": [(table, ours.tables[name].height) for name, table in TABLES.items()],
    }


def _participants(ours: Study) -> list[Sheet]:
    return _there(
        baseline.baseline_sheet(ours), regression_sheet(ours), baseline.eligibility_sheet(ours)
    )


def _answer_figures(ours: Study) -> list[Figure]:
    """Values by truth for a measured test, readers side by side for one that is read."""
    test, analysis = ours.primary_test, ours.primary_analysis
    if isinstance(test, ReaderTest):
        return reader_forests(ours, analysis, test=test, unit=ours.trial.primary_unit)
    figure = distribution(ours, test, analysis=analysis.name)
    return [figure] if figure else []


def _readers(ours: Study) -> list[Part]:
    """Each analysis and reader test: readers beside their mean, by every unit."""
    parts = [
        Part(
            title=f"{analysis.title}: {test.title}",
            sheets=_there(
                *(
                    sheet(ours, analysis, test=test, unit=unit)
                    for unit in analysis.units
                    for sheet in (reader_sheet, predictive_sheet)
                )
            ),
            figures=reader_forests(ours, analysis, test=test, unit=analysis.units[0]),
        )
        for analysis in ours.trial.analysis
        for test in ours.trial.tests_of(analysis)
        if isinstance(test, ReaderTest)
    ]
    return [part for part in parts if part.sheets]


def _there(*sheets: Sheet | None) -> list[Sheet]:
    return [sheet for sheet in sheets if sheet is not None]


def _accuracy(ours: Study) -> list[Part]:
    return [
        Part(
            title=analysis.title,
            sheets=_there(*(accuracy_sheet(ours, analysis, unit=unit) for unit in analysis.units)),
            note=_prevalence(analysis),
        )
        for analysis in ours.trial.analysis
    ]


def _prevalence(analysis: Analysis) -> str:
    if not by_arms(analysis):
        return analysis.caution
    return f"{analysis.caution} {ENROLMENT}".strip()


def _forests(ours: Study) -> list[Part]:
    """Figures by unit where there are several, and by level; the levels' table folded away."""
    parts: list[Part] = []
    for analysis in ours.trial.analysis:
        tests = ours.trial.tests_of(analysis)
        for test in (each for each in tests if each.role == "confirmatory"):
            name = test.name
            if len(analysis.units) > 1:
                figures = by_unit(ours, analysis, test=name)
                parts.append(Part(title=f"{analysis.title}: {test.title} by unit", figures=figures))
            parts += [
                Part(
                    title=f"{analysis.title}: {test.title} by level",
                    figures=by_level(ours, analysis, test=name, unit=unit),
                    sheets=_there(level_sheet(ours, analysis, test=name, unit=unit)),
                )
                for unit in analysis.units
            ]
    return [part for part in parts if part.figures]


def _curves(ours: Study) -> list[Part]:
    """Curves by each analysis; the exploratory ones by further units are folded away."""
    parts = []
    for analysis in ours.trial.analysis:
        first, *rest = (roc_curves(ours, analysis, unit=unit) for unit in analysis.units)
        further = [curve for curves in rest for curve in curves]
        tests = ours.trial.tests_of(analysis)
        frozen = {test.title for test in tests if test.role == "confirmatory"}
        at_cutoff = [each for each in further if each.title.split(", by")[0] in frozen]
        more = [each for each in further if each not in at_cutoff]
        parts.append(Part(title=analysis.title, figures=[*first, *at_cutoff], more=more))
    return [part for part in parts if part.figures]


def _distributions(ours: Study) -> list[Figure]:
    """Every test, with the nodes of all arms."""
    figures = [distribution(ours, test) for test in ours.trial.index_test]
    return [figure for figure in figures if figure is not None]
