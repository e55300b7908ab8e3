"""The page of contrast cines: definitions, and how well known boluses come back."""

from pathlib import Path

import numpy as np

from docs import cine_outline
from docs.wording import bias_and_spread, signed
from nodewise.models.bolus_measures import MEASURES
from nodewise.report import Bolus, figure_file, time_curve
from nodewise.steps.cine.curve import RegionCurve
from tests.steps.cines import DYNAMIC_RANGE, STEP, phantom, read, recovered

REPEATS = 60
CONDITIONS = {  # how the phantom is made
    "split screen, breathing 1 mm": {"split": True},
    "contrast alone, breathing 1 mm": {"split": False},
    "contrast alone, breathing 3 mm": {"split": False, "breathing": 3.0},
}
TOLD = ("peak", "time_to_peak", "rise_time", "wash_in_rate", "area", "mean_transit_time")
STATED = (50.0, 55.0, 65.0, 70.0)  # dB, of a display of 60
PAGE = """# cine

A bolus of ultrasound contrast in regions drawn on one frame of a cine: `nodewise cine` alone, or a
`[[map]]` of a bolus model in a study. What is done, in order:

1. **The file** is taken in with its frame times (FrameTimeVector, FrameTime or CineRate, whichever
   the file points at; refused without any, or when they contradict EffectiveDuration) and the
   screen's image parts (SequenceOfUltrasoundRegions of two-dimensional tissue). Everything else on
   the screen is blanked, as names stand there; text inside an image part is not found. A part that
   reaches out of the image means that the file was made smaller afterwards: it is refused.
2. **Motion**: the region and 3 mm around it are looked for in every frame, up to 5 mm away
   (`--reach`), by correlation of smoothed brightness: with the frame drawn on, the mean of what was
   found, and what was seen last. On a split screen the plain half is followed. Frames below a
   correlation of 0.55 are left out and counted, unless the region's mean would be the same wherever
   it lay, as before the bolus. Turning and leaving the plane are not undone.
3. **Echo power** = 10^(brightness / 255 · dynamic range / 10), in arbitrary units, pixel by pixel;
   then the region's mean. The dynamic range is that of the display, in dB, and must be stated: in a
   study by machine, as the files name them (`[[map.display]]` of manufacturer, model and
   dynamic_range, and processing where presets differ); a cine of a machine that is not listed gets
   no bolus, and a problem says so. A machine's own curve of grey levels may differ from a
   logarithm: no file tells it.
4. **Baseline**: the mean of the frames before the bolus, as the fit itself says, is subtracted;
   with fewer than five nothing is, and that is said.
5. **Fit**: [lognormal](lognormal.md), [gamma_variate](gamma_variate.md),
   [local_density_random_walk](local_density_random_walk.md) or [first_passage](first_passage.md).
6. **Maps**: the same for every pixel of the region, once it stands still, after smoothing of
   0.5 mm (`--smooth`); a pixel has a value where its standard error is at most half of it.

| measure | unit | definition, on the fitted curve without baseline |
|---|---|---|
{measures}
| quality | 1 | part of the mean curve's variance that the fit explains (R²) |

Wash-in starts where the tangent at the steepest rise is zero, and wash-out ends where that at the
steepest fall is. Times count from the first frame, or from `--injection`. Units are arbitrary:
compare within one machine and setting, or over a reference tissue of the same cine (`--reference`).
Standard errors are those of the least-squares fit with noise that grows with the signal and is
alike in neighbouring frames, both as the residual tells; its derivatives carry them to a measure.
They tell how well this curve is known, not how well this region stands for the node: where the
plane lies, an outline beside the node, and uneven vessels in a small reference are not in them.

![echo power of a simulated node with its fit](cine.svg)

*A simulated node of {pixels} pixels on a split screen: dots are frames, shaded is the wash-in.*

## Known boluses

{tables}
Bias is the median of {repeats} simulated cines minus the truth, spread half the width that holds
the middle 68 % of them, in per cent of the truth; covered is how often truth ± 1.96 standard errors
held. A lognormal bolus in a node of 5.6 × 4 mm with uneven vessels, fully developed speckle new in
every frame, 90 frames 0.5 s apart, a display of 60 dB and 8 bits. Simulated motion is in the plane,
and nothing saturates: a patient moves in other ways too.

## A dynamic range that is wrong

| stated, of a display of 60 dB | peak over reference | time to peak | rise time |
|---|---|---|---|
{stated}

What is read under each, in per cent off what the right dynamic range reads. Times bear a wrong
dynamic range far better than peaks, rates and areas, even as ratios.

## Two visits

A node before therapy and after it is what bears one label on one side. Peaks, rates and areas of
two visits are compared only where manufacturer, model, transducer and processing of both cines are
alike, as far as their files tell, and mechanical indices differ by a fifth at most (nodewise's
convention); other nodes are left out of such ratios and counted. Times and sizes are kept.

## An outline beside the node

| short axis | nodes | outline off by | peak, as drawn, % | 0.4 mm inside, % | 0.8 mm inside, % |
|---|---|---|---|---|---|
{outlines}

How far the peak lies from that of the whole node (median ± half the width that holds the middle
68 %), where its outline has the right form and lies this far off along each axis (standard
deviation, in whole pixels of 0.4 mm); simulated nodes after therapy, without speckle, motion and
compression. Beside a node lie its capsule and fat, which enhance little: an outline off by 0.4 mm,
as in the simulated study, is most of why a peak over muscle reads about a tenth low there. The rest
is that most nodes have fewer vessels than the mean of them all (3 %), and one bolus fitted to a mix
of several (1 %); following, speckle and compression add nothing that can be seen. To leave out the
border does not mend it, as rim and core are not alike: regions are read as they were drawn.

*Written by `make docs`; edit `docs/cine_page.py` instead.*
"""


def write(out: Path) -> None:
    """Write the page and its figure."""
    made = phantom(np.random.default_rng(3), split=True)
    node, muscle = read(made), read(made, region="muscle")
    (out / "cine.svg").write_text(_figure(node), encoding="utf-8")
    text = PAGE.format(
        measures="\n".join(f"| {name} | {unit} | {says} |"
                           for name, (unit, says) in MEASURES.items()),
        pixels=int(node.mask.sum()),
        tables="\n".join(_table(title, given) for title, given in CONDITIONS.items()),
        repeats=REPEATS,
        outlines="\n".join(cine_outline.rows()),
        stated="\n".join(_stated(made, dynamic_range, right=(node, muscle))
                         for dynamic_range in STATED),
    )  # fmt: skip
    (out / "cine.md").write_text(text, encoding="utf-8")


def _table(title: str, given: dict[str, object]) -> str:
    found = recovered(REPEATS, **given)
    rows = []
    for name in TOLD:
        values, errors, truths = found[name]
        covered = np.mean(np.abs(values - truths) < 1.96 * errors)
        off = bias_and_spread(values / truths, 1.0)
        rows.append(f"| {name} | {truths[0]:.4g} {MEASURES[name][0]} | {off} | {covered:.0%} |")
    head = "| measure | truth | bias, % | spread, % | covered |\n|---|---|---|---|---|\n"
    return f"### {title}\n\n" + head + "\n".join(rows) + "\n"


def _stated(made: object, dynamic_range: float, *, right: tuple[RegionCurve, RegionCurve]) -> str:
    node, muscle = (read(made, region=name, dynamic_range=dynamic_range)
                    for name in ("N1", "muscle"))  # fmt: skip
    ratio, true = (one.values["peak"] / two.values["peak"] for one, two in ((node, muscle), right))
    off = [ratio / true] + [
        node.values[name] / right[0].values[name] for name in ("time_to_peak", "rise_time")
    ]
    return f"| {dynamic_range:g} dB | " + " | ".join(signed(100 * (x - 1)) for x in off) + " |"


def _figure(node: RegionCurve) -> str:
    time = np.arange(len(node.signal)) * STEP
    start, top, end = (node.values[n] for n in ("wash_in_start", "time_to_peak", "wash_out_end"))
    bolus = Bolus(
        seen=list(zip(time, node.signal - node.level, strict=True)),
        unmoved=(),
        fitted=list(zip(time, node.fitted, strict=True)),
        marks=[(start, "wash-in"), (top, "peak"), (end, "wash-out ends")],
        wash_in=(start, top),
    )
    title = f"Echo power of a display of {DYNAMIC_RANGE:g} dB"
    return figure_file(time_curve(title, bolus, caption="Mean of a region, and its lognormal fit."))
