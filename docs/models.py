"""Write docs/models: a page per signal model, with a curve and its errors under noise."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from docs.cine_page import write as write_cine
from docs.model_curve import curve
from docs.model_examples import EXAMPLES, Example
from docs.model_map import SIDE, Row, picture, rows_of, shares, tissues
from docs.other_pages import write as write_other_pages
from docs.wording import bias_and_spread, rounded
from nodewise.maps import Fit, fit, fit_segmented
from nodewise.models import MODELS, Model
from nodewise.steps.fits.fitting import following
from nodewise.steps.fits.sheet import Sheet, bounds, sheets
from nodewise.steps.series.frames import variation
from nodewise.volume import Array

OUT = Path(__file__).parent / "models"
SNRS = (20, 40, 80)
VOXELS, SEED = 4000, 2026

PAGE = """# {name}

{formula_note}

Source: {source}.

| parameter | unit | bounds |
|---|---|---|
{parameters}

{derived}{use}

```sh
nodewise fit SERIES --model {name}{options}
```

![{alt}]({name}.svg)

*Lines: tissue with {values}, and with two other values of {other}. Dots: one simulated
measurement of the middle line at SNR 40, at the {samples} samples that the table below uses.*

## A map

![maps of {name} in a simulated piece of neck: true, fitted, and where determined]({name}.png)

*One simulated measurement of {map_voxels} voxels at SNR 40: tissue as above around two nodes, the
upper left one ({first} voxels) with {other} {low}, the lower right one ({second} voxels) with
{high}; all else is the same everywhere, so what another map shows of the nodes is noise and what
parameters take from each other. Grey: the standard error is above half the value, or there is no
fit. Determined are {shares}.*

## Bias and spread against the Cramér-Rao bound

{tables}
SNR is the curve's greatest sample over the standard deviation of Gaussian noise. Bias is the
median of {voxels} fitted voxels minus the truth, spread half the width that holds the middle 68 %
of them, both in per cent of the truth; the bound is the least standard deviation of any unbiased
estimate. A spread below it means that bounds hold the estimate. Undetermined are voxels that end
at a bound or whose parameter has no finite standard error.{kinetic}

*Written by `make docs`; edit `docs/model_examples.py` or the model's docstring instead.*
"""
KINETIC = """

Here the noise is that of the concentration, the arterial input and T1 are exactly known, and the
bolus arrives when it is said to: errors of these come on top, and are often the larger part."""
HEAD = """# Signal models

`nodewise models` lists them on the command line; `nodewise fit SERIES --model NAME` fits one. In
Python a model is `nodewise.models.{class_name}(…)` with its acquisition, and `nodewise.fit(model,
signals)` gives values, standard errors and an outcome for every voxel. All units are house units:
s, mm²/s, s/mm², 1/s, mM, rad, fractions.

| model | formula |
|---|---|
"""
TAIL = """
Without a fitted model: [enhancement](enhancement.md) of curves, and [uptake](uptake.md) of PET.
From a contrast-ultrasound cine to its bolus: [cine](cine.md).

## What the data do not determine

Every parameter comes with its standard error (from the Jacobian at the optimum and the residual's
noise) in `…_error`, and with `…_determined`: 1 where that error is at most half the value, else 0.
The summary and `fit.json` count them, and say in a sentence when most voxels of a parameter are
not determined, when most end at a bound, and when there are as many samples as parameters, so that
no error can be told. Known to be ill-posed, and shown so on their pages: d_star of
[ivim](ivim.md), the exchange (ps, ve) of
[two_compartment_exchange](two_compartment_exchange.md), k of [kurtosis](kurtosis.md) from short
b-ranges, and alpha of [gamma_variate](gamma_variate.md). The errors are local: they say how sharp
an optimum is, not whether noise has moved it to another valley; the maps on those pages show both.

`outcome.nii.gz` says what became of each voxel: 0 fitted, 1 masked, 2 no signal, 3 at a bound (or a
parameter left undetermined), 4 no convergence. Quartiles in the summary are of all voxels with a
value, those at a bound with them.

Several `--model`s are compared voxel by voxel, or region by region, by Akaike's criterion corrected
for few samples (AICc; Hurvich and Tsai, Biometrika 1989;76:297, doi:10.1093/biomet/76.2.297): the
best in `best_model.nii.gz`, how far each is supported in `weight_….nii.gz`.
"""


def main() -> None:
    """Write every page, its figure and the list."""
    OUT.mkdir(exist_ok=True)
    all_sheets = sheets()
    for sheet in all_sheets:
        example = EXAMPLES[sheet.name]
        (OUT / f"{sheet.name}.svg").write_text(figure(sheet.name, example), encoding="utf-8")
        rows = mapped(example)
        (OUT / f"{sheet.name}.png").write_bytes(picture(rows))
        text = page(sheet, example, map_words(example, rows))
        (OUT / f"{sheet.name}.md").write_text(text, encoding="utf-8")
    rows = (f"| [{each.name}]({each.name}.md) | {cell(each.formula)} |\n" for each in all_sheets)
    write_other_pages(OUT)
    write_cine(OUT)
    head = HEAD.format(class_name=MODELS["ivim"].__name__)
    (OUT / "README.md").write_text(head + "".join(rows) + TAIL, encoding="utf-8")


def page(sheet: Sheet, example: Example, mapped: dict[str, str | int]) -> str:
    """The page of one model."""
    kinetic = "aif" in type(example.model).__dataclass_fields__  # type: ignore[attr-defined]
    segmented = sheet.name == "ivim"
    return PAGE.format(
        name=sheet.name,
        formula_note="\n\n".join(filter(None, (f"`{sheet.formula}`", sheet.note))),
        source=sheet.source,
        parameters="\n".join(
            f"| {each.name} | {each.unit} | {bounds(each)} |" for each in sheet.parameters
        ),
        derived=derived_words(example),
        use=example.use,
        options=" --t1 FLIP_ANGLES --relaxivity 4.5" if kinetic else "",
        alt=f"{example.axes[1]} over {example.axes[0]}, three curves of {sheet.name}",
        values=valued(sheet, example),
        other=example.other[0],
        samples=len(example.model.samples),
        tables="\n".join(tables(example, segmented=segmented)),
        **mapped,
        voxels=VOXELS,
        kinetic=KINETIC if kinetic else "",
    )


def valued(sheet: Sheet, example: Example) -> str:
    """The typical values in words."""
    return ", ".join(
        f"{each.name} {value:g}{'' if each.unit in ('1', 'a.u.') else f' {each.unit}'}"
        for each, value in zip(sheet.parameters, example.values, strict=True)
    )


def tables(example: Example, *, segmented: bool) -> Iterator[str]:
    """What the fit makes of noise; for IVIM both ways to fit."""
    if segmented:
        yield "Full fit:\n"
    yield table(example, fit)
    if segmented:
        yield "Segmented fit (`--method segmented`):\n"
        yield table(example, fit_segmented)


def table(example: Example, fitting: Callable[[Any, Array], Fit]) -> str:
    """Bias and spread of every parameter at every SNR, for one way to fit."""
    truth = np.asarray(example.values, float)
    rows = ["| parameter | SNR | bias / % | spread / % | bound / % | undetermined / % |",
            "|---|---:|---:|---:|---:|---:|"]  # fmt: skip
    found = {snr: simulated(example, snr, fitting) for snr in SNRS}
    for place, parameter in enumerate(example.model.parameters):
        for snr in SNRS:
            bound = cramer_rao(example.model, truth, snr)[place]
            values = found[snr].values[found[snr].has_value, place]
            errors = found[snr].errors[:, place]
            lost = 100 * np.mean((found[snr].outcome != 0) | ~np.isfinite(errors))
            rows.append(
                f"| {parameter.name} | {snr} | {bias_and_spread(values, truth[place])} "
                f"| {rounded(bound * 100 / abs(truth[place]))} | {rounded(lost)} |"
            )
    exact = fit(example.model, example.model.signal(truth)[None])
    for place, one in enumerate(following(example.model.name, exact)):
        for snr in SNRS:
            values = following(example.model.name, found[snr])[place].values[found[snr].has_value]
            told = bias_and_spread(values, float(one.values[0]))
            rows.append(f"| {one.name} | {snr} | {told} | – | – |")
    return "\n".join(rows) + "\n"


def derived_words(example: Example) -> str:
    """What is written besides the parameters, and how it follows."""
    exact = fit(example.model, example.model.signal(np.array(example.values, float))[None])
    found = following(example.model.name, exact)
    told = "; ".join(f"`{each.name}` ({each.unit}): {each.formula}" for each in found)
    return f"Also written: {told}.\n\n" if told else ""


def simulated(example: Example, snr: float, fitting: Callable[[Any, Array], Fit]) -> Fit:
    """The fit of many voxels of the same tissue under noise."""
    return fitting(example.model, noisy(example, snr))


def noisy(example: Example, snr: float) -> Array:
    """Signals of many voxels of the same tissue, shape (voxels, m)."""
    rng = np.random.default_rng([SEED, int(snr)])
    clean = example.model.signal(np.asarray(example.values, float))
    signals = clean + rng.normal(0, clean.max() / snr, (VOXELS, len(clean)))
    return np.abs(signals) if example.model.magnitude else signals


def cramer_rao(model: Model, values: Array, snr: float) -> Array:
    """Least standard deviation of unbiased estimates of values, shape (p,)."""
    steps = np.diag(1e-5 * np.abs(values))
    slopes = (model.signal(values + steps) - model.signal(values - steps)) / (
        2e-5 * np.abs(values)[:, None]
    )
    noise = model.signal(values).max() / snr
    return noise * np.sqrt(np.diag(np.linalg.inv(slopes @ slopes.T)))


def figure(name: str, example: Example) -> str:
    """Three curves and one measurement of the middle one."""
    field = variation(name).field
    dense = replace(example.model, **{field: np.linspace(0, example.model.samples[-1], 241)})
    other, low, high = example.other
    place = [each.name for each in example.model.parameters].index(other)
    middle = example.values[place]
    lines = []
    for value in sorted((low, middle, high)):
        values = np.array(example.values, float)
        values[place] = value
        unit = dense.parameters[place].unit
        label = f"{other} {value:g}" + ("" if unit in ("1", "a.u.") else f" {unit}")
        lines.append((label, dense.signal(values), value == middle))
    measured = noisy(example, 40)[0]
    return curve(
        (dense.samples * example.across, lines),
        (example.model.samples * example.across, measured),
        axes=example.axes,
    )


def mapped(example: Example) -> list[Row]:
    """Truth and fit of a phantom whose nodes differ from tissue around them in one parameter."""
    model, kinds = example.model, tissues()
    name, low, high = example.other
    place = [each.name for each in model.parameters].index(name)
    truth = np.tile(np.array(example.values, float), (*kinds.shape, 1))
    truth[kinds == 1, place], truth[kinds == 2, place] = low, high
    clean = model.signal(truth)
    typical = model.signal(np.asarray(example.values, float)).max()
    rng = np.random.default_rng([SEED, 1])
    signals = clean + rng.normal(0, typical / 40, clean.shape)
    return rows_of(truth, fit(model, np.abs(signals) if model.magnitude else signals))


def map_words(example: Example, rows: list[Row]) -> dict[str, str | int]:
    """What a map's caption says."""
    name, low, high = example.other
    unit = next(each.unit for each in example.model.parameters if each.name == name)
    first, second = (int((tissues() == number).sum()) for number in (1, 2))
    low, high = (
        f"{value:g}" + ("" if unit in ("1", "a.u.") else f" {unit}") for value in (low, high)
    )
    return {
        "map_voxels": SIDE * SIDE, "first": first, "second": second, "low": low, "high": high,
        "shares": ", ".join(shares(rows)),
    }  # fmt: skip


def cell(text: str) -> str:
    """Text as code in a table's cell."""
    return f"`{text}`".replace("|", "\\|")


if __name__ == "__main__":
    main()
