"""The study's question, its answer in one sentence, and what a reader must bear in mind."""

from collections.abc import Sequence
from dataclasses import dataclass

from nodewise.report.accuracy import Found, Row, crosstab, estimates, found, units_counted
from nodewise.report.sheet import Sheet
from nodewise.report.study import Study
from nodewise.report.words import (
    QUANTITIES,
    TIED,
    confidence,
    counted,
    cutoff,
    ill,
    interval,
    number,
    sentence,
    units,
    well,
    whole,
)
from nodewise.trial import Analysis, ReaderTest


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One quantity of the answer: words before it, its value, and what stands behind it."""

    before: str
    value: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The answer in one sentence: what begins it, and its quantities."""

    lead: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The sentence as plain text."""
        return self.lead + "".join(part.before + part.value + part.after for part in self.parts)


def answer(study: Study) -> Answer:
    """The primary test's accuracy in the primary analysis and unit, with its intervals."""
    test, trial = study.primary_test, study.trial
    rows = _primary(study)
    if not rows:
        lead = (
            f"These data cannot answer the question: no {units(trial.primary_unit, 1)} could be "
            f"analysed with "
            f"{test.title}."
        )
        return Answer(lead=lead, parts=())
    if test.role == "exploratory":
        area = _part(study, "auc", before=" an ")
        lead = f"{test.title} has no frozen cut-off; explored over every cut-off it had"
        return Answer(lead=lead, parts=(area, Part(before=".", value="", after="")))
    if not any((it := found(rows, name)) and it.value is not None for name in _KINDS):
        lead = (
            f"These data cannot answer the question: neither sensitivity nor specificity of "
            f"{test.title} could be estimated."
        )
        return Answer(lead=lead, parts=())
    who, cut = _readers(study), f"its frozen cut-off ({cutoff(test)})"
    lead = f"{test.title}{who} at {cut} had" if who else f"At {cut}, {test.title} had"
    return Answer(
        lead=lead,
        parts=(
            _part(study, "sensitivity", before=" a "),
            _part(study, "specificity", before=" and a "),
            Part(before=".", value="", after=""),
        ),
    )


ENROLMENT = (
    "Predictive values depend on how many of each arm were enrolled; they do not carry over to a "
    "clinic."
)
_KINDS = {"sensitivity": ill, "specificity": well}


def _readers(study: Study) -> str:
    """Whose mean it is, for a test that is read."""
    test = study.primary_test
    if not isinstance(test, ReaderTest):
        return ""
    rows = study.tables["accuracy"].filter(test=test.name, analysis=study.primary_analysis.name)
    count = rows.filter(~rows["reader"].is_in(["mean", "none"]))["reader"].n_unique()
    return f", mean of {counted(count, 'reader')}," if count > 1 else ", one reader,"


def _part(study: Study, quantity: str, *, before: str) -> Part:
    words, rows = QUANTITIES[quantity], _primary(study)
    it = found(rows, quantity)
    if it is None or it.value is None:
        why = f" ({it.remark.split(': ')[-1]})" if it and it.remark else ""
        after = f"{words} that these data cannot estimate{why}"
        return Part(before=before, value="", after=after)
    return Part(
        before=f"{before}{words} of ",
        value=number(it.value),
        after=_behind(it, _counted_in(study, quantity)),
    )


def _counted_in(study: Study, quantity: str) -> str:
    """What a proportion is a proportion of."""
    noun = units(study.trial.primary_unit)
    kind = _KINDS.get(quantity)
    return kind(study.primary_analysis.target, noun) if kind else noun


def _behind(it: Found, counted_in: str) -> str:
    limits = f"{confidence(it.level)}{TIED}{interval(it.low, it.high).replace(' ', TIED)}"
    told = "no interval" if it.low is None else limits
    if it.count:
        above, below = it.count
        return f" ({told}; {whole(above)} of {whole(below)} {counted_in})"
    return f" ({told})"


def _primary(study: Study) -> list[Row]:
    trial = study.trial
    return estimates(
        study, trial.primary_analysis, test=trial.primary_test, unit=trial.primary_unit
    )


def answer_sheet(study: Study) -> Sheet | None:
    """The first screen's table: the primary test in the primary analysis and unit."""
    rows = _primary(study)
    lines = [_line(words, it) for name, words in _wanted(study) if (it := found(rows, name))]
    if not any(row["value"] is not None for row in rows):
        return None
    it = next((each for name, _ in _wanted(study) if (each := found(rows, name))), None)
    return Sheet(
        caption=f"{study.primary_analysis.title}: {_counted(study)}.",
        head=[
            "Quantity",
            "Estimate",
            confidence(it.level if it else None),
            units(study.trial.primary_unit).capitalize(),
        ],
        rows=lines,
        notes=_notes(rows),
    ).told()


def _counted(study: Study) -> str:
    """Units and participants of the primary estimate; of readers' mean, the ill ones too."""
    trial = study.trial
    unit = trial.primary_unit
    rows = study.analysed(trial.primary_analysis, test=trial.primary_test, unit=unit)
    people = counted(len({row["participant"] for row in rows}), "participant")
    if isinstance(study.primary_test, ReaderTest):
        return f"{units_counted(rows, unit, study.primary_analysis.target)}, in {people}"
    return f"{counted(len(rows), units(unit, 1), units(unit))} in {people}"


def _notes(rows: Sequence[Row]) -> list[str]:
    """The cross table in words, how the intervals were made, and what qualifies them."""
    cells = crosstab(rows)
    main = [it for name in _KINDS if (it := found(rows, name)) and it.value is not None]
    counts = (
        f"True positive {cells['tp']}, false negative {cells['fn']}, "
        f"false positive {cells['fp']}, true negative {cells['tn']}."
        if cells
        else ""
    )
    clustered = any(it.method.startswith("clustered") for it in main)
    says = "Intervals are clustered by patient." if clustered else ""
    remarks = [
        f"{name.capitalize()}: {sentence(it.remark)}"
        for name in _KINDS
        if (it := found(rows, name)) and it.value is not None and it.remark
    ]
    return [note for note in (counts, says, *remarks) if note]


def _wanted(study: Study) -> list[tuple[str, str]]:
    """Predictive values are left to the section on accuracy where enrolment sets the prevalence."""
    left_out = {"ppv", "npv", "accuracy", "dor"} if by_arms(study.primary_analysis) else {"dor"}
    return [each for each in QUANTITIES.items() if each[0] not in left_out]


def by_arms(analysis: Analysis) -> bool:
    """Whether positives and negatives come from different arms, so that prevalence is made."""
    return set(analysis.positives_from) != set(analysis.negatives_from)


def _line(words: str, it: Found) -> list[str]:
    return [words, number(it.value), interval(it.low, it.high), it.counts]


def cautions(study: Study) -> list[tuple[str, str]]:
    """What limits the answer: a title and sentences each."""
    trial = study.trial
    told = [(f"{each.title}", each.caution) for each in trial.analysis if each.caution]
    told += [
        (f"Cut-off of {test.title}", sentence(test.standing) + " Source: " + sentence(test.source))
        for test in trial.tests
        if test.role == "confirmatory"
    ]
    verified = _verified(study)
    told += [("Partial verification", verified)] if verified else []
    if trial.unknown:
        told.append(("Not told by the registry", sentence("; ".join(trial.unknown))))
    problems = study.tables["issues"].height
    if problems:
        told.append(("Data", f"{counted(problems, 'problem')} met on the way; see issues below."))
    return told


def _verified(study: Study) -> str:
    """How many levels and nodes of the primary test have a reference at all."""
    without = []
    units_seen = study.tables["units"].filter(test=study.trial.primary_test, status="analysed")
    analysed = set(units_seen["participant"])
    for unit in ("node", "level"):
        known = {
            (row["participant"], row["item"]): row["present"] is not None
            for row in study.rows("units")
            if row["unit"] == unit
            and row["test"] == study.trial.primary_test
            and row["participant"] in analysed
        }
        if not all(known.values()):
            total = counted(len(known), units(unit, 1), units(unit))
            without.append(f"{whole(len(known) - sum(known.values()))} of {total}")
    if not without:
        return ""
    return (
        f"Without a reference standard: {' and '.join(without)}, because only removed tissue is "
        "examined, or because several specimens could be meant, or none is left. They are counted "
        "and left out: what they held is unknown."
    )
