"""What the models' pages show: an acquisition, tissue as nodes have it, and when to use a model."""

from dataclasses import dataclass

import numpy as np

from nodewise import models as nm


@dataclass(frozen=True)
class Example:
    """A model at work.

    Args:
        model: with its acquisition.
        values: typical of a lymph node, in the order of the model's parameters.
        other: a parameter's name and two more values of it, for the figure.
        axes: what lies across and up, with units.
        use: when to use the model, what it needs, and what it cannot do.
        across: units of the figure per house unit, across.
    """

    model: nm.Model
    values: tuple[float, ...]
    other: tuple[str, float, float]
    axes: tuple[str, str]
    use: str
    across: float = 1.0


SIGNAL = "signal, s0 = 1"
DIFFUSION = ("b-value / (s/mm²)", SIGNAL)
ECHO = ("echo time / ms", SIGNAL)
KINETICS = ("time / s", "concentration / mM")
BOLUS = ("time / s", "signal, area = 1")

B = np.array([0.0, 10, 20, 40, 80, 110, 200, 400, 600, 800])
FAR = np.array([0.0, 200, 500, 800, 1100, 1500, 2000])
TIME = np.arange(0, 240, 4.0)
FAST = np.arange(0, 150, 1.5)
CINE = np.arange(0, 90, 0.5)
AIF = nm.ParkerAif(arrival=20)

EXAMPLES = {
    "adc": Example(
        nm.Adc(b=np.array([0.0, 100, 500, 750, 1000])),
        (1, 1.0e-3),
        ("adc", 0.7e-3, 1.6e-3),
        DIFFUSION,
        "The number of most diffusion studies of neck nodes. Two b-values do; more of them lower "
        "the noise. It depends on the b-values: low ones add blood flow, high ones add kurtosis, "
        "so one cut-off holds for one set of them (`--b-values`). The fit is nonlinear least "
        "squares, which stays unbiased where a straight line through logarithms does not; "
        "magnitudes on the noise floor still pull it down.",
    ),
    "ivim": Example(
        nm.Ivim(b=B),
        (1, 0.12, 1.0e-3, 2.0e-2),
        ("f", 0.05, 0.25),
        DIFFUSION,
        "Diffusion and capillary blood apart. It needs b = 0, four or more b-values below "
        "200 s/mm², and two or more above. For single voxels take `--method segmented`: d scatters "
        "less and f is less biased at low signal-to-noise ratios; its small bias of f and d_star "
        "stays at high ones, where the full fit is the better. d_star of a single voxel is not "
        "determined at usual signal-to-noise ratios: the tables say by how much, and its standard "
        "error and `d_star_determined` say so in every voxel. Within one drawn region "
        "`--method shrinkage` lends voxels each other's strength, at the price of drawing them "
        "together.",
    ),
    "kurtosis": Example(
        nm.Kurtosis(b=FAR),
        (1, 1.1e-3, 0.9),
        ("k", 0.5, 1.3),
        DIFFUSION,
        "Non-Gaussian diffusion. It needs three b-values or more, the highest between 1500 and "
        "about 2500 s/mm², and signal above the noise floor there, which necks seldom give "
        "beyond 2000 s/mm². With b-values up to 1000 s/mm² the least spread of this tissue's k is "
        "two thirds of its value at SNR 40. Beyond b = 3 / (d k) the formula turns upwards and no "
        "longer holds.",
    ),
    "stretched": Example(
        nm.Stretched(b=FAR),
        (1, 1.0e-3, 0.8),
        ("alpha", 0.6, 1.0),
        DIFFUSION,
        "A compact description of a decay that is not mono-exponential, without a claim about its "
        "cause. It behaves at high b-values, where kurtosis does not. ddc is no ADC: compare it "
        "with ddc alone.",
    ),
    "vfa": Example(
        nm.Vfa(flip_angle=np.radians([2.0, 5, 10, 15, 20]), tr=5e-3),
        (1, 1.3),
        ("t1", 0.7, 2.2),
        ("flip angle / °", SIGNAL),
        "T1 of a whole neck in a minute or two, as perfusion needs it. It needs two or more flip "
        "angles on both sides of the Ernst angle and a spoiled sequence. T1 goes as one over the "
        "square of the flip angle: 10 % of B1 are 20 % of T1, and B1 varies that much over a "
        "neck at 3 T (`--b1` takes a map of it).",
        across=180 / np.pi,
    ),
    "inversion_recovery": Example(
        nm.InversionRecovery(inversion_time=np.array([0.03, 0.1, 0.3, 0.6, 1.0, 1.6, 2.5, 4.0])),
        (1, 1.2, 0.95),
        ("t1", 0.7, 2.0),
        ("inversion time / s", SIGNAL),
        "The reference for T1, slow: phantoms, single slices, checks of the flip-angle method. "
        "Magnitudes lose their sign; the fit finds how many of the first were negative. "
        "Magnetisation should recover between inversions (repetition time of five T1); where it "
        "does not, s0 and efficiency take up what is missing; T1 stays right as long as "
        "efficiency does not meet its bounds. With clipped samples left out (`--saturation`), nine "
        "spheres of a real phantom came out within 3.5 % of what its maker states.",
    ),
    "t2": Example(
        nm.T2(echo_time=np.arange(1, 9) * 15e-3),
        (1, 0.08),
        ("t2", 0.05, 0.15),
        ECHO,
        "T2 of spin-echo trains. Stimulated echoes lengthen it; leaving out the first echo helps. "
        "Late echoes on the noise floor lengthen it too: leave them out, or use "
        "`r2_star_floor`. So do first echoes that the scanner clipped: `--saturation` leaves "
        "them out.",
        across=1e3,
    ),
    "r2_star": Example(
        nm.R2Star(echo_time=np.arange(1, 9) * 5e-3),
        (1, 40),
        ("r2_star", 15, 90),
        ECHO,
        "Iron oxide and oxygenation, from multi-echo gradient echoes. Echo times should reach "
        "from well below to about twice 1 / r2_star. Take the difference of two visits in r2_star, "
        "not in T2*: rates add. Voxels larger than the field's gradients allow decay faster.",
        across=1e3,
    ),
    "r2_star_floor": Example(
        nm.R2StarFloor(echo_time=np.arange(1, 9) * 10e-3),
        (1, 0.05, 80),
        ("r2_star", 50, 150),
        ECHO,
        "r2_star where the late echoes of a magnitude series no longer fall: fast decay after iron "
        "oxide. It needs some echoes on the floor; without them floor and rate trade against each "
        "other, and `r2_star` is the better model (the lower AIC tells).",
        across=1e3,
    ),
    "tofts": Example(
        nm.Tofts(time=TIME, aif=AIF),
        (3e-3, 0.35),
        ("ktrans", 1.5e-3, 6e-3),
        KINETICS,
        "Permeability of weakly vascular tissue, or of series too slow (over 10 s a frame) to see "
        "the first pass. Plasma in the voxel is counted as leakage: with vp = 0.05, ktrans of "
        "this tissue comes out half as large again; then take `extended_tofts`. ve needs a series "
        "long enough to see the washout; above 1 it is flagged, not clipped.",
    ),
    "extended_tofts": Example(
        nm.ExtendedTofts(time=TIME, aif=AIF),
        (3e-3, 0.35, 0.05),
        ("vp", 0.01, 0.12),
        KINETICS,
        "The default for dynamic series of head and neck nodes: 2 to 6 s a frame for 4 minutes or "
        "more. ktrans mixes flow and permeability. It needs T1 before contrast, the agent's "
        "relaxivity and an arterial input; errors of each go straight into ktrans, vp and ve, and "
        "a population's input removes the patient's own cardiac output from them.",
    ),
    "patlak": Example(
        nm.Patlak(time=TIME[TIME <= 120], aif=AIF),
        (5e-4, 0.05),
        ("ktrans", 2e-4, 1.2e-3),
        KINETICS,
        "Low leakage and short series, before anything returns to the plasma: two linear "
        "parameters, no local optima, the least noise. In nodes with a ktrans of 3e-3 1/s the "
        "return begins within two minutes, and ktrans comes out a third too small.",
    ),
    "two_compartment_uptake": Example(
        nm.TwoCompartmentUptake(time=FAST[FAST <= 90], aif=AIF),
        (1.0e-2, 1e-3, 0.08),
        ("fp", 0.5e-2, 2e-2),
        KINETICS,
        "Plasma flow and permeability apart in the first one to two minutes, before tracer "
        "returns. It needs frames of about 2 s or less and an input with the right arrival; then "
        "fp and vp are well determined, ps less.",
    ),
    "two_compartment_exchange": Example(
        nm.TwoCompartmentExchange(time=FAST, aif=AIF),
        (1.0e-2, 2e-3, 0.2, 0.08),
        ("ps", 0.5e-3, 6e-3),
        KINETICS,
        "Flow, permeability and both spaces. It needs frames of 2 s or less, a good input and "
        "several minutes. With an input that is 1 s off, fp of this tissue is 20 to 30 % off, and "
        "vp and ps up to 17 %: find the arrival, and fit a region's mean before single voxels. "
        "Prefer the simpler model unless the AIC says otherwise.",
    ),
    "lognormal": Example(
        nm.Lognormal(time=CINE),
        (1, 8, 2.7, 0.5),
        ("sigma", 0.35, 0.75),
        BOLUS,
        "A bolus of microbubbles in ultrasound, by habit and by its good fit to skewed curves. "
        "Signals must be linear in concentration: undo the log compression first, and subtract "
        "what stood before the bolus (`--baseline`). A depth cut off before the washout leaves "
        "area and transit time to extrapolation.",
    ),
    "gamma_variate": Example(
        nm.GammaVariate(time=CINE),
        (1, 8, 2.5, 4.0),
        ("beta", 2.5, 6.0),
        BOLUS,
        "The classic of indicator dilution, for a first pass without recirculation: end the fit "
        "before the second pass. arrival and alpha trade against each other, so that alpha "
        "scatters most; area, peak and transit time, which follow from all of them, scatter "
        "least. Signals as for `lognormal`.",
    ),
    "local_density_random_walk": Example(
        nm.LocalDensityRandomWalk(time=CINE),
        (1, 8, 18, 4),
        ("skew", 2, 10),
        BOLUS,
        "A bolus that drifts and spreads, with bubbles that may pass the plane again: transit and "
        "skew have a physical meaning (path over speed, and drift against diffusion). Signals as "
        "for `lognormal`.",
    ),
    "first_passage": Example(
        nm.FirstPassage(time=CINE),
        (1, 8, 18, 4),
        ("skew", 2, 10),
        BOLUS,
        "As `local_density_random_walk`, with each bubble counted once: for destruction at high "
        "acoustic pressure, or a plane that is crossed once. Signals as for `lognormal`.",
    ),
}
