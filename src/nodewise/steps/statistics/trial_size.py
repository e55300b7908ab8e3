"""How many patients a trial needs, by simulating the statistics of its primary analysis."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from math import ceil, floor, log

import numpy as np
import polars as pl
from scipy.special import ndtri

from nodewise.errors import StatsError
from nodewise.report import SizePoint, figure_file, size_curve
from nodewise.steps.statistics.answer import Answer, Part
from nodewise.steps.statistics.columns import Array
from nodewise.steps.statistics.trial_design import Assumptions, design
from nodewise.steps.statistics.trial_run import (
    LONG_RUN,
    Point,
    Progress,
    Wanted,
    hypothesis,
    long_run,
    point,
)
from nodewise.trial import Trial

GRID = (10, 20, 30, 40, 60, 80, 120)
MOST = 5000
"""Patients beyond whom nothing is sought."""

_Z = 1.96
_HOLM = (
    "A p value times the size of its family is what Holm, Hochberg and the false discovery rate "
    "come to where the family's other tests show nothing: the power is at least this."
)
_SEEN = (
    "Not simulated: nodes without a counterpart in the specimen, error of the reference, "
    "a cut-off that does not transport."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """What was found.

    Args:
        answer: in sentences and numbers.
        hypothesis: what the power is of.
        points: the curve, by number of patients.
        wanted: what was asked.
    """

    answer: Answer
    hypothesis: str
    points: tuple[Point, ...]
    wanted: Wanted


def trial_size(trial: Trial, assumed: Assumptions, wanted: Wanted, *, progress: Progress) -> Sized:
    """Simulate the primary analysis at several numbers of patients.

    Args:
        trial: the trial file.
        assumed: what it does not say.
        wanted: power and precision, and how to simulate.
        progress: called with a word, the runs done and all runs.
    """
    of = design(trial, assumed)
    if wanted.goals and of.cutoff.value is None:
        raise StatsError(f"{of.test.title} has no frozen cut-off that a goal could be held to")
    truth = long_run(of, wanted)
    curve = Curve(partial(point, of, wanted=wanted, truth=truth, progress=progress))
    for count in sorted(set(wanted.patients or GRID)):
        curve.at(count)
    needed = [_for_power(curve, wanted.power)]
    if wanted.half_width is not None:
        needed.append(_for_width(curve, wanted.half_width))
    claim = hypothesis(of, wanted)
    expected = Part(title=f"In the long run ({LONG_RUN} patients)", counts=truth)
    shown = Part(
        title=f"Power of: {claim}; mean half-widths of {100 * wanted.level:g} % intervals",
        rows=tuple(one.row() for one in curve.points()),
        remarks=(_SEEN,) if wanted.goals else (_HOLM, _SEEN),
    )
    answer = Answer(
        question=(
            f"{trial.title}: {wanted.runs} simulated studies at each number of enrolled patients "
            f"(seed {wanted.seed})"
        ),
        parts=(*of.parts(), expected, shown, *needed),
    )
    return Sized(answer=answer, hypothesis=claim, points=curve.points(), wanted=wanted)


class Curve:
    """Simulated numbers of patients; more are added as they are needed."""

    def __init__(self, simulate: Callable[[int], Point]) -> None:
        self._simulate = simulate
        self._points: dict[int, Point] = {}

    def at(self, count: int) -> Point:
        """Studies of so many patients."""
        if count not in self._points:
            self._points[count] = self._simulate(count)
        return self._points[count]

    def points(self) -> tuple[Point, ...]:
        """By number of patients."""
        return tuple(self._points[count] for count in sorted(self._points))

    def until(self, reached: Callable[[Point], bool]) -> bool:
        """Double the patients until something is reached; False where it is not by MOST."""
        while not any(reached(one) for one in self.points()):
            last = max(self._points)
            if last >= MOST:
                return False
            self.at(min(2 * last, MOST))
        return True

    def settled(self, crossed: Callable[[], float]) -> int:
        """Where the curve crosses, once its own neighbourhood has been simulated."""
        for _ in range(2):
            count = ceil(crossed() - 1e-9)
            if count in self._points:
                break
            self.at(count)
        return count


def table(found: Sized) -> pl.DataFrame:
    """The curve, a row for each number of patients."""
    return pl.DataFrame([one.row() for one in found.points], infer_schema_length=None)


def figures(found: Sized) -> dict[str, str]:
    """SVG of the power and, where it was asked for, of the half-width over the patients."""
    wanted, runs = found.wanted, f"{found.wanted.runs} simulated studies at each number"
    caption = f"Power of: {found.hypothesis}. {runs}; whiskers: their simulation error (95 %)."
    powers = [
        SizePoint(
            patients=one.patients,
            value=one.power,
            low=max(one.power - _Z * one.error, 0.0),
            high=min(one.power + _Z * one.error, 1.0),
        )
        for one in found.points
    ]
    power = size_curve(
        "Power", powers, quantity="power", wanted=wanted.power, caption=f"{caption} Dashed: wanted."
    )
    drawn = {"power": figure_file(power)}
    if wanted.half_width is not None:
        widths = [
            SizePoint(patients=one.patients, value=one.widest, low=one.widest, high=one.widest)
            for one in found.points
            if np.isfinite(one.widest)
        ]
        told = f"Mean half-width of {100 * wanted.level:g} % intervals, the wider of two"
        width = size_curve(
            "Precision",
            widths,
            quantity="half-width",
            wanted=wanted.half_width,
            caption=f"{told}. {runs}. Dashed: wanted.",
        )
        drawn["half-width"] = figure_file(width)
    return drawn


def _for_power(curve: Curve, power: float) -> Part:
    """Patients for a power: interpolated on the probit scale, then simulated themselves."""
    title = f"Patients for a power of {power:g}"
    if not curve.until(lambda one: one.power >= power):
        return Part(title=title, remarks=(f"Not reached with {MOST} patients.",))

    def crossed(errors: float) -> float:
        points = curve.points()
        shares = [(one.power * one.runs + 0.5) / (one.runs + 1) for one in points]
        heights = ndtri(np.clip(_shifted(shares, points, errors), 1e-9, 1 - 1e-9))
        return crossing(_root(points), heights, float(ndtri(power))) ** 2

    count = curve.settled(lambda: crossed(0.0))
    told: dict[str, float] = {"patients": count}
    told |= {
        "lower limit by simulation error": floor(crossed(_Z)),
        "upper limit by simulation error": ceil(crossed(-_Z)),
    }
    told["power there"] = curve.at(count).power
    return Part(title=title, counts=told, remarks=_edge(curve, count))


def _for_width(curve: Curve, half_width: float) -> Part:
    """Patients for a half-width: interpolated on the log scale, then simulated themselves."""
    title = f"Patients for a mean half-width of {half_width:g}"
    if not half_width > 0:
        raise StatsError(f"a half-width is above 0, not {half_width:g}")
    if not curve.until(lambda one: one.widest <= half_width):
        return Part(title=title, remarks=(f"Not reached with {MOST} patients.",))

    def crossed() -> float:
        points = [one for one in curve.points() if np.isfinite(one.widest)]
        heights = -np.log([one.widest for one in points])
        return float(np.exp(2 * crossing(np.log(_root(points)), heights, -log(half_width))))

    count = curve.settled(crossed)
    told: dict[str, float] = {"patients": count, "half-width there": curve.at(count).widest}
    return Part(title=title, counts=told, remarks=_edge(curve, count))


def crossing(places: Array, heights: Array, wanted: float) -> float:
    """Where a curve that rises, but for noise, first reaches a height, on straight lines.

    Args:
        places: ascending, shape (n,).
        heights: shape (n,).
        wanted: the height.

    >>> crossing(np.array([1.0, 2.0, 4.0]), np.array([0.0, 1.0, 3.0]), 2.0)
    3.0
    """
    risen = np.maximum.accumulate(heights)
    at = int(np.searchsorted(risen, wanted))
    if at == 0 or at == len(risen):
        return float(places[min(at, len(risen) - 1)])
    share = (wanted - risen[at - 1]) / (risen[at] - risen[at - 1])
    return float(places[at - 1] + share * (places[at] - places[at - 1]))


def _root(points: Sequence[Point]) -> Array:
    return np.sqrt([one.patients for one in points])


def _shifted(shares: Sequence[float], points: Sequence[Point], errors: float) -> Array:
    return np.array(shares) + errors * np.array([one.error for one in points])


def _edge(curve: Curve, count: int) -> tuple[str, ...]:
    """A remark where the fewest patients tried are already enough."""
    if count > curve.points()[0].patients:
        return ()
    return ("The fewest that were tried; fewer may do: --patients tries them.",)
