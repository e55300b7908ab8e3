"""Quantify: every map of the trial file, fitted to every voxel of every visit."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nodewise.errors import ModelError, TrialError
from nodewise.ingest import Acquisition
from nodewise.ingest.records import Tracer
from nodewise.maps import Fit, Outcome, fit, fit_segmented
from nodewise.maps.foreground import foreground
from nodewise.models import (
    MODELS,
    Adc,
    ExtendedTofts,
    Ivim,
    ParkerAif,
    SpgrConcentration,
    Vfa,
)
from nodewise.models.aif import HAEMATOCRIT
from nodewise.steps.cine import nodes as cine_nodes
from nodewise.steps.cine.curve import BOLUSES
from nodewise.steps.gallery import grid_of
from nodewise.steps.series import body
from nodewise.steps.series.contrast import Dynamic
from nodewise.steps.series.echoes import SIGNAL, Echoes
from nodewise.steps.series.regions import Place
from nodewise.steps.series.resampling import resampled
from nodewise.steps.series.standardising import OF_UPTAKE, parameter, standardised, unit_of
from nodewise.steps.series.t1 import T1
from nodewise.steps.series.unfitted import unfitted
from nodewise.steps.work import Issue, Work, in_parallel, key, plain, stale, tell
from nodewise.store import Shelf
from nodewise.tables import NODES
from nodewise.trial import SIZE, IndexTest, Map, Trial, named
from nodewise.volume import Array

Row = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """One map of one series, and the T1 series or the patient's body when the map needs it."""

    spec: Map
    series: Row
    t1_series: Row | None
    shelf: Path
    body: Tracer | None = None

    @property
    def item(self) -> str:
        """Its name in the ledger."""
        return f"{self.series['series']} {self.spec.name}"

    @property
    def key(self) -> str:
        """A hash of what it is made from."""
        other = self.t1_series and self.t1_series["array"]
        made = (self.spec.model_dump(), self.series["array"], self.series["acquisition"], other)
        return key(*made, *([self.body.model_dump()] if self.body else []))


def quantify(work: Work) -> int:
    """Fit what is stale; returns how many maps that was."""
    tasks, issues = _tasks(work)
    for item, told in issues.items():
        tell(work, "quantify", item, issues=told)
    wanted = {task.item: task.key for task in tasks}
    again = set(stale(work.tables, "quantify", wanted))
    _forget(work, set(wanted))

    def keep(task: Task, answer: Row | Issue) -> None:
        refused = [answer] if isinstance(answer, Issue) else []
        with work.tables.together():
            tell(work, "quantify", task.item, issues=refused)
            if not isinstance(answer, Issue):
                work.tables.add("maps", [answer])
            work.tables.finish("quantify", task.item, key=task.key)

    arguments = [task for task in tasks if task.item in again]
    in_parallel(work, "quantify: maps", fit_map, arguments=arguments, done=keep)
    return len(arguments)


def check(trial: Trial) -> None:
    """Refuse a trial whose maps or tests ask for what no signal model has.

    Raises:
        TrialError: naming what there is instead.
    """
    for spec in trial.map:
        if spec.model not in (known := [*FITS, *BOLUSES]):
            raise TrialError(f"map {spec.name}: no model is called {spec.model}; {sorted(known)}")
        if spec.model == "suv" and spec.standard is None:
            raise TrialError(f"map {spec.name}: uptake needs a standard: weight, lean or surface")
    cine_nodes.check(trial)
    for test in trial.index_test:
        source, units = _source(trial, test)
        _has_statistic(trial, test)
        unit = units.get(test.parameter)
        ratio = test.relative_to or test.ratio_to
        expected = unit and ("1" if ratio else unit_of(test.statistic, unit))
        if unit is None or test.unit != expected:
            raise TrialError(
                f"index test {test.name}: {source} has no parameter {test.parameter} "
                f"in {test.unit}; "
                f"it has {units}"
            )


def _has_statistic(trial: Trial, test: IndexTest) -> None:
    """Refuse a statistic of uptake that is asked of something else."""
    if test.statistic not in OF_UPTAKE:
        return
    spec = None if test.map == SIZE else named(trial.map, test.map)
    if spec is None or spec.model != "suv":
        raise TrialError(f"index test {test.name}: {test.statistic} is read of a map of model suv")
    if test.statistic != "peak" and spec.threshold is None:
        raise TrialError(
            f"index test {test.name}: {test.statistic} needs a threshold of the map {spec.name}"
        )


def _source(trial: Trial, test: IndexTest) -> tuple[str, dict[str, str]]:
    """Where a test's value comes from, and what it has: name → unit."""
    if test.map == SIZE:
        columns = (column for column in NODES.columns if column.unit)
        return "the size of a node", {column.name: column.unit for column in columns}
    spec = named(trial.map, test.map)
    name = spec.model
    if (units := cine_nodes.units_of(trial, test)) is not None:
        return name, units
    as_it_is = {"signal": SIGNAL, "suv": parameter(spec.standard or "weight")}
    parameters = (as_it_is[name],) if name in as_it_is else MODELS[name].parameters
    return name, {parameter.name: parameter.unit for parameter in parameters}


def fit_map(task: Task) -> Row | Issue:
    """Fit one map; runs in a worker process and leaves its arrays on the shelf."""
    shelf = Shelf(task.shelf)
    acquisition = Acquisition.model_validate_json(task.series["acquisition"])
    signals = np.asarray(shelf.get(task.series["array"]))
    try:
        found = FITS[task.spec.model](task, signals, acquisition)
    except ModelError as error:
        return Issue(
            where=f"{task.spec.sequence} series, visit {task.series['visit']}",
            found=str(error),
            needed=f"what the map {task.spec.name} is made from",
            action=f"export the series again, complete{BESIDE.get(task.spec.model, '')}; or change "
            "the map in the trial file before the truth is opened",
            participant=task.series["participant"],
        )
    return _row(task, found, shelf)


BESIDE = {"suv": ", or tell weight, height and sex in the participants table"}
"""What may come from elsewhere, by the signal model's name."""


def _adc(task: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    b, signals = _chosen(task.spec, np.asarray(acquisition.b_values), signals)
    return fit(Adc(b=b), signals, foreground(signals))


def _ivim(task: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    """In steps from the high b-values down where the trial says so; else all at once."""
    b, signals = _chosen(task.spec, np.asarray(acquisition.b_values), signals)
    model, tissue, threshold = Ivim(b=b), foreground(signals), task.spec.segmented_above
    if threshold is None:
        return fit(model, signals, tissue)
    return fit_segmented(model, signals, tissue, threshold=threshold)


def _vfa(task: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    model = Vfa(
        flip_angle=np.asarray(acquisition.flip_angles),
        tr=_needed(acquisition.repetition_time, "repetition time"),
    )
    return fit(model, signals, foreground(signals))


def _extended_tofts(task: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    time = np.asarray(acquisition.times)
    haematocrit = HAEMATOCRIT if task.spec.haematocrit is None else task.spec.haematocrit

    def kinetics(arrival: float) -> ExtendedTofts:
        return ExtendedTofts(time=time, aif=ParkerAif(arrival=arrival, haematocrit=haematocrit))

    sequence = SpgrConcentration(
        tr=_needed(acquisition.repetition_time, "repetition time"),
        flip_angle=_needed(acquisition.flip_angles, "flip angle")[0],
        relaxivity=_needed(task.spec.relaxivity, "relaxivity in the trial file"),
        baseline=slice(0, 2),
    )
    series = Dynamic(time=time, signals=signals, t1=_t1(task), sequence=sequence)
    arrival = series.arrival(kinetics)
    place = Place(regions=(foreground(signals),))
    return series.before(arrival).fit(kinetics(arrival), place)


def _r2_star(_: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    return Echoes.of(signals, acquisition).decay()


def _signal(task: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    time = _needed(task.spec.echo_time, "echo time in the trial file")
    return Echoes.of(signals, acquisition).echo(time)


def _suv(task: Task, signals: NDArray[Any], acquisition: Acquisition) -> Fit:
    by = _needed(task.spec.standard, "standard in the trial file")
    if signals.ndim != 3:
        raise ModelError(f"uptake needs one frame; the series has {signals.shape[3]}")
    tracer = body.completed(acquisition.tracer or Tracer(), task.body)
    activity = np.asarray(signals, float)
    return unfitted(standardised(activity, tracer, unit=acquisition.units, by=by), parameter(by))


FITS = {
    "adc": _adc,
    "ivim": _ivim,
    "vfa": _vfa,
    "extended_tofts": _extended_tofts,
    "r2_star": _r2_star,
    "signal": _signal,
    "suv": _suv,
}
"""Signal model's name → how a trial's map of it is made."""


def _t1(task: Task) -> T1:
    """T1 on the voxels of the dynamic series."""
    if task.t1_series is None:
        raise ModelError(f"no {task.spec.t1_sequence} series, which T1 before contrast comes from")
    acquisition = Acquisition.model_validate_json(task.t1_series["acquisition"])
    signals = np.asarray(Shelf(task.shelf).get(task.t1_series["array"]))
    t1 = _vfa(task, signals, acquisition).parameter("t1")
    values = resampled(t1, grid_of(task.t1_series), grid_of(task.series), word="T1")
    return T1(values=values, b1=np.array(1.0), digests=())


def _chosen(spec: Map, b: Array, signals: NDArray[Any]) -> tuple[Array, NDArray[Any]]:
    """The frames at the map's b-values; all frames when it names none."""
    if spec.b_values is None:
        return b, signals
    wanted = np.isin(b.round(), spec.b_values)
    if missing := sorted(set(spec.b_values) - set(b.round())):
        raise ModelError(
            f"no frames at b {', '.join(f'{value:g}' for value in missing)} s/mm²; "
            f"there are {', '.join(f'{value:g}' for value in np.unique(b.round()))}"
        )
    return b[wanted], signals[..., wanted]


def _needed(value: Any, name: str) -> Any:
    if value is None or value == ():
        raise ModelError(f"the {name} is missing from the files")
    return value


def _tasks(work: Work) -> tuple[list[Task], dict[str, list[Issue]]]:
    """What is to be fitted, and what cannot be for want of a sequence."""
    series = work.tables.read("series")
    people = {row["participant"]: row for row in work.tables.read("participants").to_dicts()}
    filmed = {spec.sequence for spec in work.trial.map if cine_nodes.is_bolus(spec)}
    tasks, issues = [], {}
    for (participant, visit), group in sorted(series.group_by("participant", "visit")):
        by_sequence = {
            name: _largest(group, name) for name in group["sequence"].drop_nulls().unique()
        }
        once = group.filter(~pl.col("sequence").is_in(filmed).fill_null(value=False))
        told = list(_several(once, str(participant), str(visit)))
        for spec in work.trial.map:
            source = by_sequence.get(spec.sequence)
            if source is None:
                if not _optional(work, str(visit)) and _imaged(work, spec, people.get(participant)):
                    told.append(_absent(spec, str(participant), str(visit)))
                continue
            if cine_nodes.is_bolus(spec):
                continue  # each region's curve is fitted where regions are measured
            t1 = by_sequence.get(spec.t1_sequence) if spec.t1_sequence else None
            more, differ = _body(work, spec, source, people.get(participant))
            told += differ
            tasks.append(Task(spec, source, t1, work.study.arrays.folder, more))
        issues[f"{participant} {visit}"] = told
    return tasks, issues


def _body(
    work: Work, spec: Map, series: Row, facts: Row | None
) -> tuple[Tracer | None, list[Issue]]:
    """What the participants table lends to uptake, and where it and the header do not agree."""
    if spec.model != "suv" or facts is None:
        return None, []
    found = Acquisition.model_validate_json(series["acquisition"]).tracer or Tracer()
    table = body.stated(facts, at_index=series["visit"] == work.trial.index_visit)
    where = f"{spec.sequence} series, visit {series['visit']}"
    differ = body.disagreements(found, table, where=where, participant=facts["participant"])
    return body.lent(found, table), list(differ)


def _largest(group: pl.DataFrame, sequence: str) -> Row:
    """The series of most frames; of PET, one that is corrected before one that is not."""
    found = group.filter(pl.col("sequence") == sequence).to_dicts()
    return max(found, key=lambda row: (_corrected(row), row["frames"], row["series"]), default={})


def _corrected(series: Row) -> bool:
    tracer = Acquisition.model_validate_json(series["acquisition"]).tracer
    return tracer is None or tracer.corrected is True


def _several(group: pl.DataFrame, participant: str, visit: str) -> list[Issue]:
    counts = group.drop_nulls("sequence").group_by("sequence").len().filter(pl.col("len") > 1)
    return [
        Issue(
            where=f"{sequence} series, visit {visit}",
            found=f"{count} series",
            needed="one",
            action="the one with most frames (of PET, a corrected one) is used; "
            "leave out the others if that is wrong",
            participant=participant,
        )
        for sequence, count in counts.sort("sequence").rows()
    ]


def _optional(work: Work, visit: str) -> bool:
    return any(each.optional for each in work.trial.visit if each.name == visit)


def _imaged(work: Work, spec: Map, facts: Row | None) -> bool:
    """Whether the trial wants this arm imaged with the map's sequence; unknown counts as yes."""
    arms = named(work.trial.sequence, spec.sequence).arms
    return not arms or facts is None or facts["arm"] in arms


def _absent(spec: Map, participant: str, visit: str) -> Issue:
    return Issue(
        where=f"visit {visit}",
        found=f"no {spec.sequence} series",
        needed=f"one, for the map {spec.name}",
        action="import the missing series; without it the participant leaves the tests of this map",
        participant=participant,
    )


def _forget(work: Work, wanted: set[str]) -> None:
    """Strike maps that the trial or the data ask for no more."""
    maps = work.tables.read("maps")
    kept = maps.filter(pl.concat_str("series", pl.lit(" "), "model").is_in(sorted(wanted)))
    if len(kept) < len(maps):
        work.tables.write("maps", kept)


def _row(task: Task, found: Fit, shelf: Shelf) -> Row:
    return {
        "series": task.series["series"],
        "participant": task.series["participant"],
        "visit": task.series["visit"],
        "model": task.spec.name,
        "parameters": plain([parameter.name for parameter in found.parameters]),
        "units": plain([parameter.unit for parameter in found.parameters]),
        **{outcome.name.lower(): found.count(outcome) for outcome in Outcome},
        "array": shelf.put(found.values.astype(np.float32)),
        "outcome": shelf.put(found.outcome),
        "grid": task.series["grid"],
    }
