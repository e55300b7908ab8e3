"""Pages of what is measured without a fitted model: enhancement of curves, and uptake of PET."""

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import numpy as np
from scipy.ndimage import gaussian_filter

from docs.model_curve import curve
from docs.model_map import SIDE, Row, picture, tissues
from docs.wording import bias_and_spread
from nodewise import models as nm
from nodewise.models import suv
from nodewise.models.enhancement import SCHEMES, Enhancement, enhancement
from nodewise.volume import Array, Mask

SEED, SNRS, CURVES = 2026, (20, 40, 80), 4000
TIME, ARRIVAL = np.arange(0, 400, 5.0), 22.0
KINDS = {  # ktrans (1/s), ve, vp: tissue that washes out, that keeps what it has, that still fills
    "washes out": (8e-3, 0.25, 0.12),
    "plateau": (3e-3, 0.35, 0.05),
    "still fills": (6e-4, 0.40, 0.01),
}
NUMBERS = {
    "time_to_peak": ("s", "from arrival to the greatest sample"),
    "relative": ("1", "(greatest − baseline) / baseline"),
    "wash_in": ("1/s", "relative / time_to_peak"),
    "wash_out": ("1/s", "(last − greatest) / baseline / time between them"),
    "area_60": (
        "a.u.·s or mM·s",
        "∫ (signal − baseline) or ∫ mM, 60 s from arrival",
    ),
    "area_90": ("a.u.·s or mM·s", "the same for 90 s"),
}
ENHANCEMENT = """# enhancement

Numbers read off a curve of signal (or concentration) over time, without a tissue model. The
baseline is the mean of the frames up to the arrival of the bolus, which is found in the series or
stated. `washout_ratio` is (greatest − at 300 s) / (greatest − baseline), of series that last so
long.

Source: Evelhoch, J Magn Reson Imaging 1999;10:254,
doi:10.1002/(SICI)1522-2586(199909)10:3<254::AID-JMRI5>3.0.CO;2-9, for the areas (iAUC).

| number | unit | definition |
|---|---|---|
{numbers}

Relative numbers depend on T1, flip angle and repetition time as much as on tissue: compare them
within one protocol. Areas in a.u.·s compare within one image only; with `--t1` and `--relaxivity`
they are in mM·s. The greatest of many noisy samples is too great, and later than it should be: see
below; a region's mean curve (`--region-mean`) suffers least.

```sh
nodewise enhancement SERIES --mask node.nii.gz --region-mean
```

![signal over time of three tissues](enhancement.svg)

*Lines: signal over baseline of three simulated tissues ({kinds}), of T1 1.3 s, seen with a spoiled
gradient echo (repetition time 4 ms, 15°, relaxivity 4.5 1/s/mM). Dots: one measurement of the
middle one, noise a fortieth of the baseline.*

## Types of curve

Letters clash between schemes, so that every type carries its scheme's name.

{schemes}
## A map

![maps of relative enhancement, time to peak, wash-in and wash-out](enhancement.png)

*One simulated measurement of {voxels} voxels, noise a fortieth of the baseline: tissue with a
plateau around two nodes, the upper left one ({first} voxels) washing out, the lower right one
({second} voxels) still filling.*

## Bias and spread

{tables}
SNR is the baseline over the standard deviation of Gaussian noise. Bias is the median of {curves}
curves minus the number of the curve without noise, spread half the width that holds the middle 68 %
of them, in per cent of that number; where that is next to 0, as the wash-out of tissue that still
fills, per cent mean nothing. There is no Cramér-Rao bound, as nothing is fitted.

*Written by `make docs`; edit `docs/other_pages.py` instead.*
"""
UPTAKE = """# uptake

Standardised uptake values of PET, and what is read from a region of them: activity in Bq/mL,
decay-corrected to the start of the series, over the dose decayed to the same time. In Python,
`nodewise.models.suv`. Dose, half-life, weight, height, sex and the time from the injection are
read from DICOM, or from the JSON file beside NIfTI (BIDS), by QIBA's vendor-neutral rules: `--json`
tells what told each. An option (`--dose 350 --since 60`) stands above the files; what neither has,
and what cannot be (a dose in MBq, an injection after the scan), is refused with a sentence.

```sh
nodewise uptake SERIES --mask node.nii.gz --threshold 41%
```

| number | unit | definition | source |
|---|---|---|---|
{numbers}

Small nodes lose uptake to the scanner's resolution, and noise raises the greatest voxel: SUVmax
does both at once. MTV at a fraction of the maximum is too large in small nodes, whose maximum is
too low. The region here is the sphere and two voxels around it.

![uptake of a hot sphere over its diameter](uptake.svg)

*Lines, without noise: greatest voxel, peak and mean above 41 % of the greatest, of a sphere of
uptake 8 in 1, seen with a resolution of 6 mm (full width at half maximum) on voxels of 3 mm. Dots:
the greatest voxel of one measurement each, noise 10 % of the sphere's uptake.*

## A map

![maps of uptake of a simulated sphere: true, measured, and the metabolic volume](uptake.png)

*Middle slice of a sphere of 18 mm in one simulated measurement of {voxels} voxels, noise 10 %;
right: the {inside} voxels of the volume at or above 41 % of the greatest ({mtv:.1f} mL; the sphere
has {sphere:.1f} mL).*

## Bias and spread

{tables}
Noise is smooth (6 mm), its standard deviation in per cent of the sphere's uptake. Bias is the
median of {repeats} measurements minus the truth (uptake 8; the sphere's volume), spread half the
width that holds the middle 68 % of them, in per cent of the truth.

*Written by `make docs`; edit `docs/other_pages.py` instead.*
"""
UPTAKES = (  # number, unit, definition, source
    ("SUV (body weight)", "g/mL", "activity · weight / dose",
     "Kinahan and Fletcher, Semin Ultrasound CT MR 2010;31:496, doi:10.1053/j.sult.2010.10.001"),
    ("SUL (lean mass)", "g/mL",
     "activity · lean mass / dose; lean mass of men 9270 w / (6680 + 216 BMI), of women "
     "9270 w / (8780 + 244 BMI), kg",
     "Janmahasatian et al., Clin Pharmacokinet 2005;44:1051, doi:10.2165/00003088-200544100-00004"),
    ("SUV (body surface)", "m²/mL",
     "activity · surface / dose; surface 0.007184 w^0.425 h^0.725, w in kg, h in cm",
     "Du Bois and Du Bois, Arch Intern Med 1916;17:863, doi:10.1001/archinte.1916.00080130010002"),
    ("SUVmax, SUVmean", "as SUV", "greatest voxel; mean of the metabolic volume", ""),
    ("SUVpeak", "as SUV",
     "greatest mean in a sphere of 1 cm³ whose centre is a voxel of the region; a voxel at its rim "
     "counts by the part inside",
     "Wahl et al., J Nucl Med 2009;50 Suppl 1:122S, doi:10.2967/jnumed.108.057307"),
    ("MTV", "mL",
     "volume of the region at or above a threshold, which is reported with it: a value, or a "
     "fraction of the greatest (0.41)", ""),
    ("TLG", "mL · SUV", "SUVmean · MTV", ""),
)  # fmt: skip
VOXEL, BLUR = 3.0, 6 / 2.355 / 3.0  # mm; standard deviation of 6 mm, voxels
HOT, REPEATS = 8.0, 60


def write(out: Path) -> None:
    """Write both pages and their figures."""
    (out / "enhancement.svg").write_text(enhancement_curves(), encoding="utf-8")
    (out / "enhancement.png").write_bytes(enhancement_map())
    (out / "enhancement.md").write_text(enhancement_page(), encoding="utf-8")
    (out / "uptake.svg").write_text(uptake_curves(), encoding="utf-8")
    measured, kept = hot_sphere_map()
    (out / "uptake.png").write_bytes(measured)
    (out / "uptake.md").write_text(uptake_page(kept), encoding="utf-8")


def signal(ktrans: float, ve: float, vp: float) -> Array:
    """Signal over baseline, shape (m,), of a tissue."""
    kinetics = nm.ExtendedTofts(time=TIME, aif=nm.ParkerAif(arrival=ARRIVAL))
    sequence = nm.SpgrConcentration(
        tr=4e-3, flip_angle=np.radians(15), relaxivity=4.5, baseline=slice(0, 4)
    )
    amounts = kinetics.signal(np.array([ktrans, ve, vp]))
    curve_ = sequence.signal(amounts, t1=np.array(1.3), s0=np.array(1.0))
    return np.asarray(curve_ / curve_[0])


def enhancement_curves() -> str:
    """The three tissues, and one measurement of the middle one."""
    lines = [(name, signal(*values), name == "plateau") for name, values in KINDS.items()]
    noise = np.random.default_rng([SEED, 2]).normal(0, 1 / 40, len(TIME))
    dots = (TIME[::2], (lines[1][1] + noise)[::2])
    return curve((TIME, lines), dots, axes=("time / s", "signal, baseline = 1"))


def enhancement_map() -> bytes:
    """What is read of every voxel, beside what it would be without noise."""
    kinds = tissues().astype(int)
    order = np.array([signal(*KINDS[name]) for name in ("plateau", "washes out", "still fills")])
    clean = order[kinds]
    noisy = clean + np.random.default_rng([SEED, 3]).normal(0, 1 / 40, clean.shape)
    truth, found = (enhancement(TIME, each, arrival=ARRIVAL) for each in (clean, noisy))
    rows = [
        Row(
            name=name,
            unit=NUMBERS[name][0],
            truth=getattr(truth, name),
            found=getattr(found, name),
            sure=np.isfinite(getattr(found, name)),
        )
        for name in ("relative", "time_to_peak", "wash_in", "wash_out")
    ]
    return picture(rows, ("without noise", "measured"))


def enhancement_page() -> str:
    """The page of enhancement."""
    first, second = (int((tissues() == number).sum()) for number in (1, 2))
    told = "; ".join(
        f"{name}: ktrans {k:g} 1/s, ve {e:g}, vp {p:g}" for name, (k, e, p) in KINDS.items()
    )
    rows = (f"| {name} | {unit} | {meaning} |" for name, (unit, meaning) in NUMBERS.items())
    return ENHANCEMENT.format(
        numbers="\n".join(rows), kinds=told, schemes="\n".join(map(scheme_table, SCHEMES)),
        voxels=SIDE * SIDE, first=first, second=second, curves=CURVES,
        tables="\n".join(enhancement_table(name) for name in KINDS),
    )  # fmt: skip


def scheme_table(name: str) -> str:
    """A scheme's types, source and standing."""
    one = SCHEMES[name]
    rows = "\n".join(f"| {letter} | {meaning} |" for letter, meaning in one.types.items())
    return (
        f"**{one.name}** (`--scheme {name}`), {one.standing}. Source: {one.source}.\n\n"
        f"| type | meaning |\n|---|---|\n{rows}\n"
    )


def enhancement_table(kind: str) -> str:
    """Bias and spread of every number of one tissue."""
    clean = signal(*KINDS[kind])
    exact = enhancement(TIME, clean, arrival=ARRIVAL)
    rows = [f"Tissue that {kind}:" if kind != "plateau" else "Tissue with a plateau:", "",
            "| number | SNR | bias / % | spread / % |", "|---|---:|---:|---:|"]  # fmt: skip
    found = {}
    for snr in SNRS:
        rng = np.random.default_rng([SEED, snr])
        noisy = clean + rng.normal(0, 1 / snr, (CURVES, len(TIME)))
        found[snr] = enhancement(TIME, noisy, arrival=ARRIVAL)
    for each in fields(Enhancement):
        truth = float(getattr(exact, each.name))
        for snr in SNRS:
            values = getattr(found[snr], each.name)
            told = bias_and_spread(values[np.isfinite(values)], truth)
            rows.append(f"| {each.name} | {snr} | {told} |")
    return "\n".join(rows) + "\n"


def sphere(diameter: float, side: int = 21) -> tuple[Array, Array]:
    """True and blurred uptake of a hot sphere, shape (side, side, side)."""
    fine = 3
    edge = (np.arange(side * fine) + 0.5) / fine - side / 2
    away = np.sqrt(sum(np.meshgrid(*(edge**2,) * 3, indexing="ij"))) * VOXEL
    inside = (away <= diameter / 2).astype(float)
    parts = inside.reshape(side, fine, side, fine, side, fine).mean(axis=(1, 3, 5))
    truth = 1 + (HOT - 1) * parts
    return truth, gaussian_filter(truth, BLUR)


def smooth_noise(shape: tuple[int, ...], size: float, rng: np.random.Generator) -> Array:
    """Noise of a standard deviation, as smooth as the image."""
    white = gaussian_filter(rng.normal(size=shape), BLUR)
    return np.asarray(white * size / white.std())


def drawn(diameter: float, side: int = 21) -> Mask:
    """A region that a reader would draw: the sphere and two voxels around it."""
    middle = np.arange(side) - side // 2
    away = np.sqrt(sum(np.meshgrid(*(middle.astype(float) ** 2,) * 3, indexing="ij"))) * VOXEL
    return np.asarray(away <= diameter / 2 + 2 * VOXEL)


def read(uptake: Array, diameter: float) -> dict[str, float]:
    """What is read of a sphere in the middle."""
    region = drawn(diameter)
    threshold = suv.fraction_of_maximum(uptake, region)
    volume = suv.metabolic_volume(uptake, region, threshold=threshold, voxel_volume=VOXEL**3)
    return {
        "SUVmax": float(uptake[region].max()),
        "SUVpeak": suv.peak(uptake, region, spacing=np.full(3, VOXEL)),
        "SUVmean": float(uptake[region & (uptake >= threshold)].mean()),
        "MTV": volume,
    }


def uptake_curves() -> str:
    """Numbers of spheres without noise, over their diameter."""
    across = np.arange(6, 31, 1.5)
    found = [read(sphere(each)[1], each) for each in across]
    lines = [
        (name, np.array([one[name] for one in found]), name == "SUVpeak")
        for name in ("SUVmax", "SUVpeak", "SUVmean")
    ]
    rng = np.random.default_rng([SEED, 4])
    dots = [
        read(sphere(each)[1] + smooth_noise((21,) * 3, 0.1 * HOT, rng), each)["SUVmax"]
        for each in across[::2]
    ]
    return curve((across, lines), (across[::2], np.array(dots)), axes=("diameter / mm", "SUV"))


def hot_sphere_map() -> tuple[bytes, Array]:
    """The middle slice, and which voxels are above the threshold, of the volume."""
    truth, blurred = sphere(18.0)
    noisy = blurred + smooth_noise(blurred.shape, 0.1 * HOT, np.random.default_rng([SEED, 5]))
    region = drawn(18.0)
    kept = region & (noisy >= suv.fraction_of_maximum(noisy, region))
    row = Row(name="SUV", unit="g/mL", truth=truth[10], found=noisy[10], sure=kept[10])
    return picture([row], ("true", "measured", "at or above 41 %")), kept


def uptake_page(kept: Array) -> str:
    """The page of uptake."""
    return UPTAKE.format(
        numbers="\n".join(f"| {' | '.join(row)} |" for row in UPTAKES),
        voxels=kept.size, inside=int(kept.sum()), mtv=kept.sum() * VOXEL**3 / 1000,
        sphere=np.pi / 6 * 18**3 / 1000, tables="\n".join(uptake_table()), repeats=REPEATS,
    )  # fmt: skip


def uptake_table() -> Iterator[str]:
    """Bias and spread of every number, by size and noise."""
    yield "| sphere / mm | noise / % | number | bias / % | spread / % |"
    yield "|---:|---:|---|---:|---:|"
    for diameter in (10, 15, 25):
        blurred = sphere(diameter)[1]
        truths = dict.fromkeys(("SUVmax", "SUVpeak", "SUVmean"), HOT)
        truths["MTV"] = np.pi / 6 * diameter**3 / 1000
        for noise in (5, 15):
            rng = np.random.default_rng([SEED, diameter, noise])
            found = [
                read(blurred + smooth_noise(blurred.shape, noise / 100 * HOT, rng), diameter)
                for _ in range(REPEATS)
            ]
            for name, truth in truths.items():
                told = bias_and_spread(np.array([one[name] for one in found]), truth)
                yield f"| {diameter} | {noise} | {name} | {told} |"
    yield ""
