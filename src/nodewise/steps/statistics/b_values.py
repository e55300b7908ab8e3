"""Where a cut-off of the ADC lies when other b-values are measured.

A mono-exponential fit of tissue that is not mono-exponential depends on its b-values. What the
cut-off becomes is computed from signal models: the tissue that has the cut-off as its ADC over the
trial's b-values is measured anew.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from nodewise.errors import StatsError
from nodewise.maps import fit
from nodewise.models import Adc, Ivim, Kurtosis
from nodewise.simulate.published import Described, described
from nodewise.steps.statistics.answer import Answer, Part
from nodewise.steps.statistics.columns import Array
from nodewise.trial import Test, Trial, named

Tissue = Callable[[Array, Array], Array]
"""Signals, shape (n, m), of diffusivities, shape (n,), at b-values, shape (m,)."""

_TRIED = np.linspace(0.3, 3.0, 2001)  # diffusivities, as multiples of the cut-off
_TURNS = 3.0  # b d k beyond which a kurtosis signal would rise again
_NOISE = "Noise, coils, fat and registration are left out; a dash: the model does not hold there."


def across_b_values(
    trial: Trial, others: Sequence[Sequence[float]], *, kurtoses: Sequence[float], test: str | None
) -> Answer:
    """Carry the frozen cut-off of an ADC to other b-values, by kind of tissue.

    Args:
        trial: the trial file.
        others: sets of b-values, s/mm².
        kurtoses: of tissues to try, besides IVIM's.
        test: index test; None: the primary one.
    """
    asked = _test(trial, test)
    cutoff, own = _frozen(trial, asked)
    rows = []
    for b in others:
        there = _checked(b)
        row: dict[str, float | str | None] = {"b-values": _listed(there)}
        row |= {
            name: _moved(tissue, cutoff, own=own, there=there)
            for name, tissue in _tissues(kurtoses)
        }
        rows.append(row)
    fixed = Part(
        title="From the trial file",
        counts={"cut-off": cutoff},
        remarks=(f"{asked.title}, b {_listed(own)} s/mm²",),
    )
    moved = Part(
        title=f"Equivalent cut-offs, {asked.unit}, by tissue", rows=tuple(rows), remarks=(_NOISE,)
    )
    return Answer(
        question=f"{asked.title}: the cut-off of {trial.id} at other b-values",
        parts=(fixed, Part(title="Assumed", remarks=tuple(_sources())), moved),
    )


def _listed(b: Array) -> str:
    return " ".join(f"{each:g}" for each in b)


def _test(trial: Trial, name: str | None) -> Test:
    names = [test.name for test in trial.tests]
    if name is not None and name not in names:
        raise StatsError(f"no index test is called '{name}'; there is {', '.join(names)}")
    return named(trial.tests, name or trial.primary_test)


def _frozen(trial: Trial, test: Test) -> tuple[float, Array]:
    """The cut-off and the b-values it was made for."""
    maps = {each.name: each for each in trial.map if each.model == "adc"}
    made_by = maps.get(getattr(test, "map", ""))
    if made_by is None or isinstance(test.value, str):
        raise StatsError(f"{test.title} has no frozen cut-off of an ADC to be carried over")
    if made_by.b_values is None:
        raise StatsError(f"the map {made_by.name} does not say the b-values of its ADC")
    return test.value, _checked(made_by.b_values)


def _checked(b_values: Sequence[float]) -> Array:
    found = np.unique(np.asarray(b_values, np.float64))
    if len(found) < 2 or found[0] < 0:
        raise StatsError("an ADC needs two b-values or more, none below 0")
    return found


def _tissues(kurtoses: Sequence[float]) -> Iterator[tuple[str, Tissue]]:
    yield "mono-exponential", lambda d, b: Adc(b=b).signal(_values(d))
    for kind, f, d_star in _ivim():
        values = f.distribution.mean, d_star.distribution.mean
        yield f"IVIM, {kind}", _perfused(*values)
    for k in kurtoses:
        yield f"kurtosis {k:g}", _restricted(k)


def _perfused(f: float, d_star: float) -> Tissue:
    return lambda d, b: Ivim(b=b).signal(_values(np.full(len(d), f), d, np.full(len(d), d_star)))


def _restricted(k: float) -> Tissue:
    """Not a number where the model's signal would rise again with b."""

    def signals(d: Array, b: Array) -> Array:
        found = Kurtosis(b=b).signal(_values(d, np.full(len(d), k)))
        return np.where((b.max() * d * k <= _TURNS)[:, None], found, np.nan)

    return signals


def _ivim() -> Iterator[tuple[str, Described, Described]]:
    fractions, fast = described("f"), described("d_star")
    for kind in ("metastatic", "benign"):
        yield kind, fractions[kind], fast[kind]


def _sources() -> Iterator[str]:
    for kind, f, d_star in _ivim():
        yield (
            f"IVIM of {kind} nodes: f {f.distribution.mean:g} ({f.standing}), D* "
            f"{d_star.distribution.mean:g} mm²/s ({d_star.standing}); {f.source}"
        )
    yield "kurtosis: as asked for; no figure of nodes is taken"


def _moved(tissue: Tissue, cutoff: float, *, own: Array, there: Array) -> float | None:
    """The ADC over other b-values of the tissue whose ADC over the trial's is the cut-off.

    None where the model does not hold for such a tissue at such b-values.
    """
    tried = cutoff * _TRIED
    reached = _adc(tissue, tried, own)
    known = np.isfinite(reached)
    if not reached[known].max() >= cutoff:
        return None
    diffusivity = np.interp(cutoff, reached[known], tried[known])
    moved = float(_adc(tissue, np.array([diffusivity]), there)[0])
    return moved if np.isfinite(moved) else None


def _adc(tissue: Tissue, diffusivity: Array, b: Array) -> Array:
    """The ADC as a study's map has it, not a number where the tissue is no model, shape (n,)."""
    signals = tissue(diffusivity, b)
    known = np.isfinite(signals).all(axis=1)
    found = np.full(len(signals), np.nan)
    if known.any():
        found[known] = fit(Adc(b=b), signals[known]).parameter("adc")
    return found


def _values(*rates: Array) -> Array:
    """Parameter values with a signal of 1 at b = 0, shape (n, p)."""
    return np.stack([np.ones(len(rates[0])), *rates], axis=1)
