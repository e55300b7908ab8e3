"""Simulated studies of a trial: what its primary analysis shows with so many patients."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from math import sqrt

import numpy as np

from nodewise.errors import StatsError
from nodewise.simulate.results import Index, results
from nodewise.stats import Estimate, at_cutoff, auc, sensitivity, specificity, tried
from nodewise.steps.statistics.columns import Array, Mask
from nodewise.steps.statistics.trial_design import Design

QUANTITIES = ("sensitivity", "specificity", "AUC")
LONG_RUN = 20_000
"""Patients whose figures stand for the truth."""

Progress = Callable[[str, int, int], None]
Study = Mapping[str, Estimate | None]
"""What one study estimates; None where it cannot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the study shall reach, and how it is simulated.

    Args:
        patients: numbers of enrolled patients to try; empty: a usual grid.
        goals: what the intervals of sensitivity and specificity shall lie above; empty: the
            hypothesis is the trial's own, an AUC above 0.5.
        power: chance to show it, fraction.
        half_width: of the wider of the intervals of sensitivity and specificity, or of the AUC's
            where no cut-off is frozen, mean; None: not asked.
        level: of intervals, fraction.
        runs: studies at each number of patients.
        seed: of the random numbers.
    """

    patients: tuple[int, ...] = ()
    goals: Mapping[str, float] = field(default_factory=dict)
    power: float = 0.8
    half_width: float | None = None
    level: float = 0.95
    runs: int = 400
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what tells nothing."""
        if self.runs < 50:
            raise StatsError(f"50 runs or more tell a power; {self.runs} were asked for")
        if self.patients and min(self.patients) < 2:
            raise StatsError(f"a study has 2 patients or more, not {min(self.patients)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """Studies of one size.

    Args:
        patients: enrolled in each.
        runs: how many studies.
        power: share of the studies that show the hypothesis.
        half_widths: of intervals, mean over the studies that have one.
        covered: share of those intervals that hold the long-run value.
        lacking: share of studies in which an interval cannot be had.
    """

    patients: int
    runs: int
    power: float
    half_widths: Mapping[str, float | None]
    covered: Mapping[str, float | None]
    lacking: float

    @property
    def error(self) -> float:
        """Monte-Carlo standard error of the power."""
        return sqrt(self.power * (1 - self.power) / self.runs)

    @property
    def widest(self) -> float:
        """The half-width that is asked for: without an interval, infinite."""
        cut = [self.half_widths[name] for name in QUANTITIES[:2] if name in self.half_widths]
        widths = cut or [self.half_widths["AUC"]]
        return max(np.inf if width is None else width for width in widths)

    def row(self) -> dict[str, float | None]:
        """A row of the curve's table."""
        told: dict[str, float | None] = {"patients": self.patients, "power": self.power}
        told["error"] = self.error
        told |= {f"± {name}": width for name, width in self.half_widths.items()}
        told |= {f"covers {name}": share for name, share in self.covered.items()}
        return told | {"no interval": self.lacking}


def hypothesis(of: Design, wanted: Wanted) -> str:
    """What the power is of, in words."""
    if not wanted.goals:
        return f"AUC above 0.5, its p value times {of.members}"
    above = " and ".join(f"{name} above {goal:g}" for name, goal in wanted.goals.items())
    return f"{100 * wanted.level:g} % interval of {above}"


def long_run(of: Design, wanted: Wanted) -> dict[str, float]:
    """What very many patients would show."""
    everybody = replace(of, assumed=replace(of.assumed, lost=0.0))
    found = study(everybody, LONG_RUN, np.random.default_rng([wanted.seed, 0]), wanted.level)
    return {name: one.value for name, one in found.items() if one}


def point(
    of: Design, patients: int, wanted: Wanted, *, truth: Mapping[str, float], progress: Progress
) -> Point:
    """Simulate studies of one size.

    Args:
        of: the trial's design.
        patients: enrolled in each.
        wanted: hypothesis, runs and seed.
        truth: long-run values.
        progress: called with a word, the runs done and all runs.
    """
    if patients < 2 * len(of.arms):
        raise StatsError(f"{len(of.arms)} arms need {2 * len(of.arms)} patients, not {patients}")
    studies = []
    for run in range(wanted.runs):
        rng = np.random.default_rng([wanted.seed, patients, run])
        studies.append(study(of, patients, rng, wanted.level))
        if not (run + 1) % 10:
            progress(f"{patients} patients", run + 1, wanted.runs)
    intervals = {name: _intervals(studies, name) for name in truth}
    return Point(
        patients=patients,
        runs=wanted.runs,
        power=float(np.mean([_shows(one, of, wanted) for one in studies])),
        half_widths={
            name: float(np.diff(ends).mean() / 2) if len(ends) else None
            for name, ends in intervals.items()
        },
        covered={
            name: float(np.mean((ends[:, 0] <= truth[name]) & (truth[name] <= ends[:, 1])))
            if len(ends)
            else None
            for name, ends in intervals.items()
        },
        lacking=1 - min(len(ends) for ends in intervals.values()) / wanted.runs,
    )


def study(of: Design, patients: int, rng: np.random.Generator, level: float) -> Study:
    """Sensitivity, specificity and AUC of one simulated study, as the real analysis has them."""
    patient, truth, score = units(of, patients, rng)
    rows, way = (truth, patient), of.cutoff.direction
    least = least_suspicious(score, way)
    asked: dict[str, Callable[[], Estimate]] = {
        "AUC": partial(auc, least, *rows, direction=way, level=level)
    }
    if of.cutoff.value is not None:
        call = at_cutoff(least, of.cutoff.value, direction=way) & ~np.isnan(score)
        asked["sensitivity"] = partial(sensitivity, call, *rows, level=level)
        asked["specificity"] = partial(specificity, call, *rows, level=level)
    found = {name: tried(name, asked[name]) for name in QUANTITIES if name in asked}
    return {name: one if isinstance(one, Estimate) else None for name, one in found.items()}


def units(of: Design, patients: int, rng: np.random.Generator) -> tuple[Index, Mask, Array]:
    """Patient, truth and score of every unit that the primary analysis takes, each shape (n,)."""
    ends = np.floor(np.cumsum(of.shares) * patients + 0.5 - 1e-9)
    arm = np.searchsorted(ends, np.arange(patients), side="right").clip(max=len(ends) - 1)
    possible = np.array([each.metastases_possible for each in of.arms])[arm]
    drawn = results(of.population, possible, higher=of.cutoff.direction == "higher", rng=rng)
    stays = (rng.random(patients) >= of.assumed.lost)[drawn.patient]
    taken = stays & of.compared(arm[drawn.patient], drawn.metastatic)
    return drawn.patient[taken], drawn.metastatic[taken], drawn.score[taken]


def least_suspicious(score: Array, direction: str) -> Array:
    """Scores; where nothing was seen, one beyond the least suspicious, as the analysis has it."""
    known = score[~np.isnan(score)]
    if not len(known):
        return np.zeros(len(score))
    least = known.max() + 1 if direction == "lower" else known.min() - 1
    return np.where(np.isnan(score), least, score)


def _intervals(studies: list[Study], name: str) -> Array:
    """Limits of the studies that have some, shape (n, 2)."""
    ends = [(one.low, one.high) for each in studies if (one := each[name]) and one.low is not None]
    return np.array(ends, np.float64).reshape(-1, 2)


def _shows(found: Study, of: Design, wanted: Wanted) -> bool:
    """Whether one study shows the hypothesis."""
    if wanted.goals:
        lows = {name: one.low if (one := found[name]) else None for name in wanted.goals}
        return all(low is not None and low > wanted.goals[name] for name, low in lows.items())
    area = found["AUC"]
    if area is None or area.test is None:
        return False
    return area.value > 0.5 and area.test.p * of.members < 1 - wanted.level
