"""Write docs/models: a page per signal model, with a curve and its errors under noise."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from docs.model_curve import curve
from docs.model_examples import EXAMPLES, Example
from nodewise.maps import Fit, fit, fit_segmented
from nodewise.models import MODELS, Model
from nodewise.steps.frames import variation
from nodewise.steps.model_sheet import Sheet, bounds, sheets
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

{use}

```sh
nodewise fit SERIES --model {name}{options}
```

![{alt}]({name}.svg)

*Lines: tissue with {values}, and with two other values of {other}. Dots: one simulated
measurement of the middle line at SNR 40, at the {samples} samples that the table below uses.*

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


def main() -> None:
    """Write every page, its figure and the list."""
    OUT.mkdir(exist_ok=True)
    all_sheets = sheets()
    for sheet in all_sheets:
        example = EXAMPLES[sheet.name]
        (OUT / f"{sheet.name}.svg").write_text(figure(sheet.name, example), encoding="utf-8")
        (OUT / f"{sheet.name}.md").write_text(page(sheet, example), encoding="utf-8")
    rows = (f"| [{each.name}]({each.name}.md) | {cell(each.formula)} |\n" for each in all_sheets)
    head = HEAD.format(class_name=MODELS["ivim"].__name__)
    (OUT / "README.md").write_text(head + "".join(rows), encoding="utf-8")


def page(sheet: Sheet, example: Example) -> str:
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
        use=example.use,
        options=" --t1 FLIP_ANGLES --relaxivity 4.5" if kinetic else "",
        alt=f"{example.axes[1]} over {example.axes[0]}, three curves of {sheet.name}",
        values=valued(sheet, example),
        other=example.other[0],
        samples=len(example.model.samples),
        tables="\n".join(tables(example, segmented=segmented)),
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
        yield "Segmented fit (`--segmented`):\n"
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
            low, middle, high = np.percentile(values, [15.87, 50, 84.13])
            errors = found[snr].errors[:, place]
            lost = 100 * np.mean((found[snr].outcome != 0) | ~np.isfinite(errors))
            percent = 100 / abs(truth[place])
            rows.append(
                f"| {parameter.name} | {snr} | {signed((middle - truth[place]) * percent)} "
                f"| {rounded((high - low) / 2 * percent)} | {rounded(bound * percent)} "
                f"| {rounded(lost)} |"
            )
    return "\n".join(rows) + "\n"


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


def signed(value: float) -> str:
    """With its sign, a real minus, and 0 without one."""
    text = rounded(abs(value))
    zero = float(text.removeprefix("> ")) == 0
    return text if zero else ("−" if value < 0 else "+") + text


def rounded(value: float) -> str:
    """One decimal; what is huge is only said to be so."""
    return f"{value:.1f}" if value < 1000 else "> 1000"


def cell(text: str) -> str:
    """Text as code in a table's cell."""
    return f"`{text}`".replace("|", "\\|")


if __name__ == "__main__":
    main()
