"""IVIM in three steps: diffusion where blood has faded, how much blood, how fast it fades."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, Outcome, check, fit
from nodewise.models.adc import Adc
from nodewise.models.base import Model, split
from nodewise.models.ivim import Ivim
from nodewise.volume import Array, Mask


@dataclass(frozen=True)
class _Blood(Model):
    """What flows: S(b) = weight exp(-b d_star).

    Args:
        b: b-values, shape (m,), s/mm².
    """

    b: Array

    name = "blood"
    parameters = (Ivim.parameters[0], Ivim.parameters[3])
    rates = parameters[1:]

    @property
    def samples(self) -> Array:
        """b-values, shape (m,), s/mm²."""
        return self.b

    def basis(self, rates: Array) -> Array:
        """exp(-b d_star), shape (..., 1, m), for rates (d_star), shape (..., 1)."""
        (d_star,) = split(rates)
        return np.asarray(np.exp(-self.b * d_star)[..., None, :])


def fit_segmented(
    model: Ivim, signals: NDArray[np.number], mask: Mask | None = None, *, threshold: float = 200
) -> Fit:
    """Diffusion from the high b-values, f and then d_star from what the low ones hold beyond it.

    At f = 0.06 to 0.2 and SNR 15 to 40 (20,000 voxels each, Rician noise, ten b-values) the median
    f of the full fit, `fit(Ivim(b), …)`, is 4 to 75 % over and this one 3 to 5 % under, its d fails
    grossly in fewer voxels, and the median d_star of 25 voxels scatters less; at high SNR d_star
    is 5 % over.

    Args:
        model: Ivim with its b-values, some of them at threshold or above, and one below.
        signals: shape (..., m).
        mask: voxels to fit, shape (...); all when left out.
        threshold: least b-value of the first step, s/mm².

    Returns:
        s0, f, d and d_star; s0 is the mean signal at the lowest b-value. Without blood d_star is
        undetermined: its lower bound, with an infinite error.

    Source:
        Luciani et al., Radiology 2008;249:891, doi:10.1148/radiol.2493080080.
    """
    b = model.samples
    high, low = b >= threshold, b == b.min(initial=np.inf)
    if not (b < threshold).any() or len(np.unique(b[high])) < 2:
        raise ModelError(
            f"segmented IVIM needs a b-value below {threshold:g} s/mm² and two from there on; "
            f"found {', '.join(f'{value:g}' for value in np.unique(b))}"
        )
    signals = np.asarray(signals)
    check(Adc(b=b), signals.shape, mask)
    slow = fit(Adc(b=b[high]), signals[..., high], mask)
    s0 = np.asarray(signals[..., low], float).mean(axis=-1)
    two = _joined(slow, s0, freedom=(int(high.sum()), int(low.sum())))
    return _with_blood(model, two, signals)


def _with_blood(model: Ivim, two: Fit, signals: NDArray[np.number]) -> Fit:
    """The first two steps' s0, f and d with the d_star of what they leave unexplained."""
    s0, f, d = split(two.values)
    resting = s0 * (1 - f) * np.exp(-model.samples * d)
    blood = fit(_Blood(b=model.samples), signals - resting, two.has_value & (f[..., 0] > 0))
    none = two.has_value & ~blood.has_value
    d_star = np.where(none, Ivim.parameters[3].low, blood.parameter("d_star"))
    error = np.where(none, np.inf, blood.error("d_star"))
    values = np.concatenate([two.values, d_star[..., None]], axis=-1)
    values[~two.has_value] = np.nan
    misfit = np.mean((signals - model.signal(values)) ** 2, axis=-1)
    samples, free = len(model.samples), len(Ivim.parameters)
    with np.errstate(divide="ignore"):
        aic = samples * np.log(misfit) + 2 * (free + 1)
    unsure = two.has_value & (blood.outcome != Outcome.FITTED)
    return replace(
        two,
        parameters=Ivim.parameters,
        values=values,
        errors=np.concatenate([two.errors, error[..., None]], axis=-1),
        residual=np.sqrt(misfit),
        aic=aic,
        outcome=np.where(unsure, Outcome.AT_BOUND, two.outcome).astype(np.uint8),
    )


def _joined(slow: Fit, s0: Array, *, freedom: tuple[int, int]) -> Fit:
    """The slow part's fit and the signal at the lowest b, shape (...), as one record.

    Args:
        slow: of the high b-values.
        s0: shape (...).
        freedom: samples of the slow part, and samples whose mean is s0.
    """
    high, low = freedom
    usable = slow.has_value & np.isfinite(s0) & (s0 > 0)
    whole = np.where(usable, s0, np.nan)
    left = slow.parameter("s0") / whole
    noise = slow.residual * np.sqrt(high / (high - 2)) if high > 2 else np.full(s0.shape, np.inf)
    errors = [
        noise / np.sqrt(low),
        np.hypot(slow.error("s0"), left * noise / np.sqrt(low)) / whole,
        slow.error("adc"),
    ]
    at_bound = (slow.outcome == Outcome.AT_BOUND) | (left > 1)
    outcome = np.where(usable, np.where(at_bound, Outcome.AT_BOUND, Outcome.FITTED), slow.outcome)
    lost = slow.has_value & ~usable
    return Fit(
        model="segmented_ivim",
        parameters=Ivim.parameters[:3],
        values=np.stack([whole, np.maximum(1 - left, 0), slow.parameter("adc")], axis=-1),
        errors=np.stack(errors, axis=-1),
        residual=slow.residual,
        aic=slow.aic,
        outcome=np.where(lost, Outcome.NO_SIGNAL, outcome).astype(np.uint8),
    )
