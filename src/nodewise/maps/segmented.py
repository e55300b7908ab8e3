"""IVIM in two steps: diffusion where blood has faded, then what is left of the blood."""

import numpy as np
from numpy.typing import NDArray

from nodewise.errors import ModelError
from nodewise.maps.fitting import Fit, Outcome, check, fit
from nodewise.models.adc import Adc
from nodewise.models.ivim import Ivim
from nodewise.volume import Array, Mask


def fit_segmented(
    model: Ivim, signals: NDArray[np.number], mask: Mask | None = None, *, threshold: float = 200
) -> Fit:
    """Diffusion from the high b-values, then f from what the low ones hold beyond it.

    At SNR 30 its d fails grossly in fewer voxels than that of the full fit, `fit(Ivim(b), …)`;
    f and d are what two steps can give: d_star is left to the full fit.

    Args:
        model: Ivim with its b-values, some of them at threshold or above, and one below.
        signals: shape (..., m).
        mask: voxels to fit, shape (...); all when left out.
        threshold: least b-value of the first step, s/mm².

    Returns:
        s0, f and d; s0 is the mean signal at the lowest b-value.

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
    return _joined(slow, s0, freedom=(int(high.sum()), int(low.sum())))


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
