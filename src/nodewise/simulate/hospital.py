"""The virtual hospital: from a trial file to folders of scans, tables of specimens, and the truth.

Each participant is made by a task of their own, from a generator that only the seed and the number
settle: the third of ten is the third of a hundred, whoever computes it.
"""

import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import polars as pl

from nodewise.errors import TrialError
from nodewise.simulate import mishaps, scanner, truth
from nodewise.simulate.participant import Made, Task, participant
from nodewise.simulate.readers import Case, read
from nodewise.simulate.scanner import Dynamics
from nodewise.simulate.specimens import Row
from nodewise.simulate.studies import STUDIES
from nodewise.tables import TABLES
from nodewise.trial import Trial

KINDS = ("t2w", "dwi", "vfa", "dce", "ct", "mgre", "pet", "ceus")
SHEETS = ("participants", "dissections", "specimen_nodes")
SIMULATED = ".nodewise-simulated"
"""A file in the hospital's folder that says whose people these are: nobody's."""


def hospital(  # noqa: PLR0913 a cohort is fixed by trial, size and seed; the rest is how to run
    trial: Trial,
    out: Path,
    *,
    patients: int,
    seed: int,
    workers: int = 2,
    progress: Callable[[int, int], None] | None = None,
) -> None:
    """Write what a hospital hands over for a study, and beside it what is true.

    Args:
        trial: the study; its sequences say what is imaged.
        out: folder to make `hospital/` and `hidden_truth/` in.
        patients: number of participants.
        seed: the same seed gives the same files, whatever the number of workers.
        workers: processes.
        progress: called with the participants done and their number.

    Raises:
        TrialError: when the trial wants arms or a sequence that are not simulated.
    """
    tasks = _tasks(trial, out / "hospital" / "scans", patients=patients, seed=seed)
    rows: dict[str, list[Row]] = {}
    cases: list[Case] = []
    for done, made in enumerate(_run(tasks, workers), 1):
        for name, more in made.rows.items():
            rows.setdefault(name, []).extend(more)
        cases += [made.case] if made.case else []
        if progress:
            progress(done, patients)
    study = STUDIES[tasks[0].arms]
    panel = study.panel
    if panel:
        rows["readings"] = read(panel, cases, seed)
    for name in (*SHEETS, *study.sheets, *(["readings"] if panel else [])):
        given = rows.get(name, [])
        given = mishaps.spoiled(given) if name == "specimen_nodes" else given
        _frame(name, given).write_csv(out / "hospital" / f"{name}.csv")
    cohort = {"trial": trial.id, "patients": patients, "seed": seed}
    (out / "hospital" / SIMULATED).write_text(json.dumps(cohort), encoding="utf-8")
    truth.write(out / "hidden_truth", rows, trial=trial, seed=seed)


def _tasks(trial: Trial, folder: Path, *, patients: int, seed: int) -> list[Task]:
    sequences = tuple(sequence.name for sequence in trial.sequence)
    if strange := sorted(set(sequences) - set(KINDS)):
        raise TrialError(
            f"the virtual scanner has no sequence {', '.join(strange)}; it has {', '.join(KINDS)}"
        )
    arms = frozenset(arm.name for arm in trial.arm)
    if arms not in STUDIES:
        known = "; ".join(", ".join(sorted(each)) for each in STUDIES)
        raise TrialError(
            f"no virtual people have the arms {', '.join(sorted(arms))}; some have {known}"
        )
    maps = {each.model: each for each in trial.map}
    adc, tofts = maps.get("adc"), maps.get("extended_tofts")
    dynamics = Dynamics((tofts and tofts.haematocrit) or 0.42, (tofts and tofts.relaxivity) or 4.5)
    b_values = (adc and adc.b_values) or tuple(scanner.B_VALUES)
    folder.mkdir(parents=True, exist_ok=True)
    return [
        Task(
            number=number,
            seed=seed,
            arms=arms,
            sequences=sequences,
            b_values=b_values,
            dynamics=dynamics,
            scans=folder,
        )
        for number in range(1, patients + 1)
    ]


def _run(tasks: list[Task], workers: int) -> Iterator[Made]:
    if workers <= 1 or len(tasks) == 1:
        yield from map(participant, tasks)
        return
    context = multiprocessing.get_context("spawn")  # polars' threads do not survive a fork
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(participant, tasks)


def _frame(name: str, rows: list[Row]) -> pl.DataFrame:
    """Rows in the columns of a table, with the hospital's own number of the patient."""
    schema = {
        "patient_id" if column == "participant" else column: kind
        for column, kind in TABLES[name].schema.items()
    }
    return pl.DataFrame(rows, schema=schema)
