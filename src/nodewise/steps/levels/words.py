"""A level study in words: the answer, and everything that qualifies it."""

from collections.abc import Iterator
from dataclasses import asdict

from nodewise.report.words import counted, interval, number, whole
from nodewise.stats import FEW_PATIENTS, Estimate, Unknown
from nodewise.steps.levels.study import CORRECTED, WITHIN, Coverage, LevelStudy

SEVERAL = {"level": "levels", "side": "sides of the neck", "patient": "patients"}
ONE = {"level": "level", "side": "side of the neck", "patient": "patient"}


def sentences(study: LevelStudy) -> list[str]:
    """The answer, then everything that qualifies it, a sentence or two each."""
    return [answer(study), *verification(study), *qualifications(study)]


def answer(study: LevelStudy) -> str:
    """What the study found, in one sentence."""
    return f"{_answer(study)}."


def verification(study: LevelStudy) -> list[str]:
    """How much of what the index test says has a reference, and the correction for the rest."""
    return [f"{text}." for text in _verification(study)]


def qualifications(study: LevelStudy) -> list[str]:
    """What else a reader must bear in mind: few patients, dates, gaps, sublevels."""
    return [f"{text}." for text in _qualifications(study)]


def as_json(study: LevelStudy) -> dict[str, object]:
    """Everything at full precision, for other programs; no patient is named."""
    told = asdict(study)
    for row, stratum in zip(
        (told["overall"], *told["strata"]), (study.overall, *study.strata), strict=True
    ):
        row["estimates"] = {name: found.as_dict() for name, found in stratum.estimates.items()}
    return told | {"sentences": [plain(text) for text in sentences(study)]}


def plain(text: str) -> str:
    """Text without the thin spaces that part thousands on a page."""
    return text.replace("\u202f", "")


def _answer(study: LevelStudy) -> str:
    index, reference = study.question.index, study.question.reference
    cells, unit = study.overall.counts, study.question.unit
    if not cells.total:
        return _no_pairs(study)
    found = study.overall.estimates
    units = f"{counted(cells.total, ONE[unit], SEVERAL[unit])}"
    of = "" if unit == "patient" else f" of {counted(study.overall.patients, 'patient')}"
    return (
        f"{index} against {reference} in {units}{of}: sensitivity {figure(found['sensitivity'])}, "
        f"{cells.tp} of {cells.tp + cells.fn} involved {SEVERAL[unit]}; "
        f"specificity {figure(found['specificity'])}, "
        f"{cells.tn} of {cells.tn + cells.fp} free {SEVERAL[unit]}"
    )


def _no_pairs(study: LevelStudy) -> str:
    index, reference, timing = study.question.index, study.question.reference, study.timing
    start = f"No evaluable pairs of {index} and {reference}"
    if study.question.early_reference == "drop" and timing.patients:
        return (
            f"{start}: in all {counted(timing.patients, 'patient')} with both, "
            f"{reference} is older than {index}, and such patients were to be dropped"
        )
    filled = (
        f"{index} has entries at {_entries(study.index)}, "
        f"{reference} at {_entries(study.reference)}"
    )
    if not study.overlap:
        return f"{start}: no patient has an entry of both ({filled}), so accuracy is not estimable"
    where = f"{counted(study.overlap, 'patient has', 'patients have')} entries of both"
    if study.overlap < FEW_PATIENTS:
        where += ", but never at the same level"
    else:
        where += f", but {index} is filled in only where {reference} is missing"
    return f"{start}: {where} ({filled}). Accuracy is not estimable; it is neither 0 nor 100 %"


def _entries(coverage: Coverage) -> str:
    return f"{counted(coverage.recorded, 'level')} of {counted(coverage.patients, 'patient')}"


def _qualifications(study: LevelStudy) -> Iterator[str]:
    if study.overall.counts.total:
        yield from _too_few(study)
    yield from _timing(study)
    yield from _empty_cells(study)
    yield from _sublevels(study)
    yield from _oddities(study)


def _verification(study: LevelStudy) -> Iterator[str]:
    """How much of the index test was verified, and what the correction makes of it."""
    overall, unit = study.overall, SEVERAL[study.question.unit]
    index, reference = study.question.index, study.question.reference
    if not overall.counts.total:
        return
    if not overall.unverified_positive + overall.unverified_negative:
        yield f"Every one of the {unit} with an entry of {index} has a reference"
        return
    cells = overall.counts
    called = _share(cells.tp + cells.fp, overall.positive)
    cleared = _share(cells.fn + cells.tn, overall.negative)
    yield (
        f"Partial verification: of the {unit} with an entry of {index}, {reference} speaks of "
        f"{_share(cells.total, overall.total)}: {called} that {index} calls involved, "
        f"{cleared} that it calls free"
    )
    yield from _corrected(study)


def _corrected(study: LevelStudy) -> Iterator[str]:
    """The correction for all units alike, then the one that knows side and level."""
    found, index = study.overall.estimates, study.question.index
    pooled = [found[name] for name in CORRECTED]
    if isinstance(pooled[0], Unknown):
        yield f"No correction for this (Begg and Greenes): {pooled[0].reason}"
        return
    yield (
        f"Corrected for this (Begg and Greenes), sensitivity is {figure(pooled[0])} and "
        f"specificity {figure(pooled[1])}. The correction holds if verification depends on what "
        f"{index} says and on nothing else that tells of the truth; predictive values then need "
        "none"
    )
    within = [found[name] for name in WITHIN if name in found]
    if within and isinstance(within[0], Estimate) and within[0].low is not None:
        same = "side and level" if study.question.unit == "level" else "side"
        left = study.overall.total - (within[0].denominator or 0)
        unit = counted(left, ONE[study.question.unit], SEVERAL[study.question.unit])
        out = f"; {unit} took no part: an index result was never verified there" if left else ""
        yield (
            f"Corrected within each {same}, because who is verified depends on {same} too, "
            f"sensitivity is {figure(within[0])} and specificity {figure(within[1])}{out}"
        )


def _too_few(study: LevelStudy) -> Iterator[str]:
    overall, cells = study.overall, study.overall.counts
    if overall.patients < FEW_PATIENTS:
        yield (
            f"Only {counted(overall.patients, 'patient has', 'patients have')} both index test "
            f"and reference: too few for an interval ({FEW_PATIENTS} are needed)"
        )
    for called, word, lost in (
        (cells.tp + cells.fn, "involved", "sensitivity"),
        (cells.tn + cells.fp, "free", "specificity"),
    ):
        if not called:
            unit = ONE[study.question.unit]
            yield f"No {unit} is {word} by {study.question.reference}: {lost} is not estimable"


def _timing(study: LevelStudy) -> Iterator[str]:
    """Whether the reference may have come before the index test."""
    timing, index, reference = study.timing, study.question.index, study.question.reference
    if timing.early:
        dropped = study.question.early_reference == "drop"
        done = "dropped as asked" if dropped else "kept (early reference: keep or drop)"
        yield (
            f"In {_share(timing.early, timing.patients)} patients {reference} is older than "
            f"{index}, which did not see what {reference} judged; {done}"
        )
    if timing.patients and timing.same_day == timing.patients:
        yield (
            f"In every patient {index} and {reference} bear the same day, so the dates do not "
            "tell which came first"
        )
    if timing.undated:
        yield (
            f"In {_share(timing.undated, timing.patients)} patients a date of {index} or "
            f"{reference} is missing, so it is not known which came first"
        )


def _empty_cells(study: LevelStudy) -> Iterator[str]:
    said = (
        f"{name} is recorded at {_share(cover.recorded, cover.cells)} levels"
        for name, cover in _both(study)
    )
    yield f"An empty cell is not recorded, never negative: {' and '.join(said)}"
    if study.without_index:
        yield (
            f"At {counted(study.without_index, 'level')} with an entry of "
            f"{study.question.reference} there is none of {study.question.index}; "
            "they take no part"
        )
    if study.elsewhere:
        unit = counted(study.elsewhere, ONE[study.question.unit], SEVERAL[study.question.unit])
        yield (
            f"{unit} counted as negative for {study.question.index} although it is positive at a "
            f"level without an entry of {study.question.reference}: only levels with both count"
        )


def _sublevels(study: LevelStudy) -> Iterator[str]:
    for name, cover in _both(study):
        if cover.filled:
            yield (
                f"{name}: {counted(cover.filled, 'level has', 'levels have')} no entry but "
                "sublevels that settle it; read from those"
            )
        if cover.disagreeing:
            yield (
                f"{name}: at {counted(cover.disagreeing, 'level')} the level says one thing and "
                "its sublevels another; the level's own entry stands"
            )
        if cover.unsplit:
            yield (
                f"{name}: {counted(cover.unsplit, 'entry', 'entries')} of a level left out, "
                "because its sublevels were asked for and have none"
            )


def _oddities(study: LevelStudy) -> Iterator[str]:
    if study.empty_specimens:
        yield (
            f"At {counted(study.empty_specimens, 'compared level')} {study.question.reference} "
            "says free although no node was examined there; kept"
        )
    for name, cover in _both(study):
        if cover.unreadable:
            yield (
                f"{name}: {counted(cover.unreadable, 'cell holds', 'cells hold')} neither True "
                "nor False nor nothing; taken as not recorded"
            )
    if study.ragged:
        yield f"{counted(study.ragged, 'line')} left out: too few or too many cells"
    if study.repeated:
        yield f"{counted(study.repeated, 'line')} left out: the patient's identifier came before"


def _both(study: LevelStudy) -> tuple[tuple[str, Coverage], tuple[str, Coverage]]:
    return (study.question.index, study.index), (study.question.reference, study.reference)


def _share(part: int, all_of: int) -> str:
    """A count among others with its percentage.

    >>> _share(3, 12), _share(1, 500)
    ('3 of 12 (25 %)', '1 of 500 (< 1 %)')
    """
    if not all_of:
        return f"{whole(part)} of 0"
    percent = f"{100 * part / all_of:.0f} %"
    if part and percent == "0 %":
        percent = "< 1 %"
    if part < all_of and percent == "100 %":
        percent = "> 99 %"
    return f"{whole(part)} of {whole(all_of)} ({percent})"


def figure(found: Estimate | Unknown) -> str:
    """An estimate with its interval, in few words."""
    if isinstance(found, Unknown):
        return "not estimable"
    if found.low is None:
        return f"{number(found.value)} (no interval)"
    return f"{number(found.value)} ({interval(found.low, found.high)})"
