"""Neck dissections that tests would have spared, had they decided: both sides of the bargain."""

from collections.abc import Callable, Mapping, Sequence

from nodewise.report.forest import ForestRow, forest
from nodewise.report.sheet import Figure, Sheet
from nodewise.report.study import OVERALL, Study
from nodewise.report.words import (
    NOTHING,
    TIED,
    confidence,
    counted,
    ill,
    interval,
    number,
    sentence,
    units,
    well,
    whole,
)
from nodewise.trial import Sparing, Target, named

Row = Mapping[str, object]
NO_ADVICE = (
    "This is evidence about tests, and no advice on whom to operate: everybody here was operated "
    "on, and counted is what a test alone would have changed."
)
JUDGED = (
    "Judged: what a line rests on, and what dissecting all is reckoned over beside it; where "
    "several readers judged, every reading counts, and those without an answer do not."
)
_SHARES: dict[str, Callable[[Target, str], str]] = {"of_clear": well, "of_ill": ill}


def sparing_sheets(study: Study) -> list[Sheet]:
    """What each test would have spared and left, and its net benefit: two tables a unit."""
    plan, rows = study.trial.sparing, study.rows("spared")
    if plan is None or not rows:
        return []
    return [
        sheet
        for unit in plan.units
        for sheet in (_counted(study, plan, unit=unit), _weighed(study, plan, unit=unit))
    ]


def sparing_words(study: Study) -> str:
    """What the primary test would have spared and left, in a sentence; none without intervals."""
    plan = study.trial.sparing
    if plan is None or study.trial.primary_test not in plan.tests:
        return ""
    unit = plan.units[0]
    found = [
        next((row for row in _of(study, unit, name)
              if row["test"] == study.trial.primary_test and row["low"] is not None), None)
        for name in ("needless", "left")
    ]  # fmt: skip
    if found[0] is None or found[1] is None:
        return ""
    target = named(study.trial.analysis, plan.analysis).target
    spared, left = (
        f"{value} ({confidence(None)}{TIED}{limits.replace(' ', TIED)})"
        for value, limits in map(_hundred, found)
    )
    return (
        f"Had it decided alone, of 100 dissected {units(unit)} {spared} {well(target, '').strip()} "
        f"would have been spared, and {left} {ill(target, '').strip()} left "
        f"({_basis(study, plan, found[0])})."
    )


def _basis(study: Study, plan: Sparing, row: Row) -> str:
    """Units and patients that a figure rests on; readings, where several readers judged each."""
    unit, judged = str(row["unit"]), int(str(row["denominator"]))
    there = study.analysed(plan.analysis, test=str(row["test"]), unit=unit)
    many = len({(each["participant"], each["item"]) for each in there})
    readings = f"{whole(judged)} readings of " if judged != many else ""
    people = counted(int(str(row["patients"])), "patient")
    return f"{readings}{counted(many, units(unit, 1), units(unit))} in {people}"


def sparing_figures(study: Study) -> list[Figure]:
    """Shares spared, of those without the condition and of those with it, by unit."""
    plan = study.trial.sparing
    if plan is None:
        return []
    target = named(study.trial.analysis, plan.analysis).target
    figures = []
    for unit in plan.units:
        for quantity, words in _SHARES.items():
            whom = words(target, units(unit))
            rows = [row for row in _of(study, unit, quantity) if row["value"] is not None]
            clear = quantity == "of_clear"
            says = "to be read with the tumour left" if clear else "each one is tumour left"
            if rows:
                title = f"Spared, of {whom}"
                caption = f"Share of {whom} that a test would have spared: {says}."
                lines = [_forest_row(study, row) for row in rows]
                figures.append(forest(title, lines, caption=caption))
    return figures


def _of(study: Study, unit: str, quantity: str) -> list[Row]:
    """Rows of one quantity, measured ones and means over readers."""
    return [
        row
        for row in study.rows("spared")
        if (row["unit"], row["quantity"]) == (unit, quantity) and row["reader"] in OVERALL
    ]


def _forest_row(study: Study, row: Row) -> ForestRow:
    value, low, high = (_real(row[name]) for name in ("value", "low", "high"))
    text = f"{number(value)} ({interval(low, high)})  {_counts(row)}"
    label = f"{_title(study, row)}, {row['decides']}"
    return ForestRow(label=label, value=value, low=low, high=high, text=text)


def _counted(study: Study, plan: Sparing, *, unit: str) -> Sheet:
    """Dissections spared rightly, and those left undone where there was tumour."""
    target, noun = named(study.trial.analysis, plan.analysis).target, units(unit)
    needless = _of(study, unit, "needless")
    others = {
        (_key(row), name): row for name in ("left", *_SHARES) for row in _of(study, unit, name)
    }
    rows = [
        [
            _title(study, row),
            str(row["decides"]),
            whole(None if row["denominator"] is None else int(str(row["denominator"]))),
            *_hundred(row),
            *_hundred(others.get((at, "left"))),
        ]
        + [text for name in _SHARES for text in _share(others.get((at, name)))]
        for row in needless
        for at in [_key(row)]
    ]
    ci = confidence(None)
    return Sheet(
        caption=f"Dissections that each test would have spared, by {units(unit, 1)}: "
        f"{_size(study, plan, unit=unit)}.",
        head=[
            "Test", "Dissects", "Judged",
            "Needless ones spared, of 100", ci, "Tumour left, of 100", ci,
            f"Spared, of {well(target, noun)}", ci, f"Left, of {ill(target, noun)}", ci,
        ],
        rows=rows,
        notes=[sentence(plan.says), NO_ADVICE, JUDGED, *_remarks(needless)],
    )  # fmt: skip


def _weighed(study: Study, plan: Sparing, *, unit: str) -> Sheet:
    """Net benefit by threshold: of each test, of dissecting all, and what the test adds."""
    benefit = _of(study, unit, "net_benefit")
    others = {
        (_key(row), name): row
        for name in ("net_benefit_all", "gain")
        for row in _of(study, unit, name)
    }
    ci = confidence(None)
    return Sheet(
        caption=f"Net benefit by {units(unit, 1)}, of 100, at stated threshold chances.",
        head=["Threshold", "Test", "Dissects", "Net benefit", ci, "Of dissecting all", "Gain", ci],
        rows=[
            [
                _percent(row),
                _title(study, row),
                str(row["decides"]),
                *_hundred(row),
                _hundred(others.get((_key(row), "net_benefit_all")))[0],
                *_hundred(others.get((_key(row), "gain"))),
            ]
            for row in sorted(benefit, key=lambda row: _real(row["threshold"]) or 0)
        ],
        notes=[
            f"Net benefit: dissections of tumour of 100 {units(unit)}, less needless ones at the "
            "threshold's odds (at 20 %, one needless for a quarter of a needed one); dissecting "
            "nobody has none. Gain: "
            "over dissecting all. Vickers & Elkin 2006; intervals by patient.",
            f"Thresholds: {', '.join(f'{100 * each:g}{TIED}%' for each in plan.thresholds)}. Where "
            "a test has no cut-off, chances were predicted for each patient by a model that saw "
            "nothing of them; a new study judges it.",
        ],
    )


def _key(row: Row) -> tuple[object, ...]:
    return row["test"], row["reader"], row["decides"], row["threshold"]


def _title(study: Study, row: Row) -> str:
    return named(study.trial.tests, str(row["test"])).title


def _hundred(row: Row | None) -> list[str]:
    """A figure of 100 units, and its interval."""
    if row is None or row["value"] is None:
        return [NOTHING, NOTHING]
    value, low, high = (_times_100(row[name]) for name in ("value", "low", "high"))
    if low is None or high is None:
        return [number(value, digits=1), NOTHING]
    return [number(value, digits=1), f"{number(low, digits=1)} to {number(high, digits=1)}"]


def _share(row: Row | None) -> list[str]:
    if row is None or row["value"] is None:
        return [NOTHING, NOTHING]
    return [number(_real(row["value"])), interval(_real(row["low"]), _real(row["high"]))]


def _counts(row: Row) -> str:
    above, below = (row[name] for name in ("numerator", "denominator"))
    return f"{whole(int(str(above)))}/{whole(int(str(below)))}"


def _percent(row: Row) -> str:
    return f"{100 * (_real(row['threshold']) or 0):g}{TIED}%"


def _size(study: Study, plan: Sparing, *, unit: str) -> str:
    """How many units the figures rest on, in how many patients, and how many had the condition."""
    told = {
        (row["participant"], row["item"]): bool(row["present"])
        for test in plan.tests
        for row in study.analysed(plan.analysis, test=test, unit=unit)
    }
    target = named(study.trial.analysis, plan.analysis).target
    people = counted(len({who for who, _ in told}), "patient")
    many = counted(len(told), units(unit, 1), units(unit))
    sick = f"{whole(sum(told.values()))} {ill(target, units(unit))}"
    return f"{many} in {people}, {sick}"


def _remarks(rows: Sequence[Row]) -> list[str]:
    return [
        sentence(text) for text in dict.fromkeys(str(row["remark"] or "") for row in rows) if text
    ]


def _times_100(value: object) -> float | None:
    real = _real(value)
    return None if real is None else 100 * real


def _real(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None
