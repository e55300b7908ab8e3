"""Run: every step that is stale, in order; and what state a study is in."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from nodewise import store, trial
from nodewise.anatomy import RegionKind
from nodewise.errors import StoreError
from nodewise.simulate import hospital
from nodewise.steps import quantify
from nodewise.steps.analysis.accuracy import analyse
from nodewise.steps.analysis.pairing import tell_pairs
from nodewise.steps.importing import arrange, take
from nodewise.steps.matching import decide_eligibility, match_nodes
from nodewise.steps.measure import measure
from nodewise.steps.outcomes.describing import describe_outcomes
from nodewise.steps.readings import values as answered
from nodewise.steps.reporting import write_report
from nodewise.steps.work import Progress, Work, silent


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """How much of what a study holds."""

    trial: str
    counts: dict[str, int]
    finished: dict[str, str]
    truth_opened: str | None


def new(folder: Path, source: str | Path) -> None:
    """Make a study from a shipped trial's name or a trial file, which must be valid."""
    text = trial.text(source)
    _check(trial.parse(text, where=Path(source).name))
    store.create(folder, text)


def run(work: Work) -> dict[str, int]:
    """Do what is stale; returns how many items each step did anew."""
    if not len(work.tables.read("series")) and not len(work.tables.read("participants")):
        raise StoreError(
            f"study {work.study.folder.name} is empty; "
            f"'nodewise import {work.study.folder.name} SOURCE' takes files in"
        )
    _check(work.trial)
    arrange(work)
    decide_eligibility(work)
    done = {"quantify": quantify.quantify(work), "measure": measure(work)}
    tell_pairs(work)
    done |= {
        "match": match_nodes(work),
        "accuracy": int(analyse(work)),
        "outcomes": int(describe_outcomes(work)),
    }
    write_report(work)
    return done


def _check(protocol: trial.Trial) -> None:
    quantify.check(protocol)
    answered.check(protocol)


def status(work: Work) -> State:
    """What a study holds and when each step last finished."""
    counts = {name: len(work.tables.read(name)) for name in _SHOWN}
    drawn = work.tables.read("nodes")["kind"]
    counts["nodes"] = int((drawn == RegionKind.NODE).sum())
    dates = {row["step"]: row["finished"] for row in work.tables.ledger() + work.truth.ledger()}
    return State(
        trial=work.trial.id,
        counts=counts,
        truth_opened=dates.pop("truth opened", None),
        finished=dates,
    )


_SHOWN = ("participants", "series", "regions", "maps", "nodes", "issues")


def issues(work: Work) -> pl.DataFrame:
    """Every problem met so far."""
    return work.tables.read("issues").drop("issue", "item").sort("step", "participant", "where")


def simulate(
    out: Path, source: str, *, patients: int, seed: int, progress: Progress = silent
) -> None:
    """Write the files of a simulated hospital, with the hidden truth beside them."""
    if out.exists() and any(out.iterdir()):
        raise StoreError(f"{out.name} exists and is not empty; choose another folder")
    hospital(
        trial.load(source),
        out,
        patients=patients,
        seed=seed,
        progress=lambda done, total: progress("simulate: patients", done, total),
    )


def demo(out: Path, source: str, *, patients: int, seed: int, progress: Progress = silent) -> Path:
    """Simulate a hospital and take its files all the way to a report; returns the page."""
    simulate(out, source, patients=patients, seed=seed, progress=progress)
    new(out / "study", source)
    work = Work.on(out / "study", progress=progress)
    take(work, [out / "hospital"])
    run(work)
    return write_report(work)
