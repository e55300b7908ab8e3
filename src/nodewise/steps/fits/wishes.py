"""What may be asked of a fit without a study, and what makes no sense together."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from nodewise.errors import ModelError
from nodewise.models import MODELS
from nodewise.models.bolus import Bolus
from nodewise.steps.series.contrast import Contrast
from nodewise.steps.series.frames import Samples, Stated, takes, variation

SEGMENTED_ABOVE = 200.0  # s/mm²: blood has faded
METHODS = {"log-linear": "adc", "segmented": "ivim", "shrinkage": "ivim"}
"""Way to fit, other than at the least-squares optimum → the model that it is for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be fitted, and how.

    Args:
        models: by name; of several, each voxel's best is told.
        series: NIfTI files, or folders, zips or files of DICOM.
        mask: voxels to fit; all that are brighter than air if None.
        region_mean: whether each region drawn is fitted by its mean, in place of its voxels.
        which: set of frames to take when there are several, from 1.
        b_values: to fit, s/mm²; all when empty.
        method: a key of METHODS; the least-squares optimum if None.
        noise: standard deviation to take off magnitudes, or a file with a mask of air.
        saturation: value at which the scanner clipped; such samples are left out.
        b1: map of actual over nominal flip angle.
        stated: what the files do not say.
        contrast: of a dynamic series.
    """

    models: tuple[str, ...]
    series: tuple[Path, ...]
    mask: Path | None = None
    region_mean: bool = False
    which: int | None = None
    b_values: Samples = ()
    method: str | None = None
    noise: str | None = None
    saturation: float | None = None
    b1: Path | None = None
    stated: Stated = Stated()  # noqa: RUF009  frozen
    contrast: Contrast = Contrast()  # noqa: RUF009  frozen


def check(wish: Wish) -> None:
    """Refuse what makes no sense together.

    Raises:
        ModelError: with the first sentence about it.
    """
    for model in wish.models:
        variation(model)  # a name that there is not
    for said in (*_of_several(wish), *_of_place(wish), *_of_model(wish, wish.models[0])):
        raise ModelError(said)


def _of_several(wish: Wish) -> Iterator[str]:
    """What is wrong with models that are to be compared."""
    if len(wish.models) == 1:
        return
    if len(set(wish.models)) < len(wish.models):
        yield "models that are compared must differ; one is named twice"
    words = {variation(model).word for model in wish.models}
    inputs = {takes(model, "aif") for model in wish.models}
    if len(words) > 1 or len(inputs) > 1:
        yield (
            f"models are compared by the same samples; these need {' and '.join(sorted(words))}"
            f"{', with and without an arterial input' if len(inputs) > 1 else ''}"
        )
    if wish.method:
        yield f"models are compared at their optimum; --method {wish.method} is none"


def _of_place(wish: Wish) -> Iterator[str]:
    """What is wrong with where to fit."""
    if wish.region_mean and not wish.mask:
        yield "--region-mean needs regions: draw them and name the file with --mask"
    if wish.method == "shrinkage" and not wish.mask:
        yield (
            "shrinkage lends a region's voxels each other's strength, and would draw different "
            "tissues together: draw regions and name the file with --mask"
        )
    if wish.method == "shrinkage" and wish.region_mean:
        yield "shrinkage is of a region's voxels; --region-mean leaves one number of them"


def _of_model(wish: Wish, model: str) -> Iterator[str]:
    """What was asked that means nothing to a model."""
    varied, kinetic = variation(model), takes(model, "aif")
    if wish.b_values and varied.field != "b":
        yield f"b-values were chosen, and {model} has none"
    if wish.method and METHODS[wish.method] != model:
        yield f"--method {wish.method} is for {METHODS[wish.method]}, not for {model}"
    if wish.noise is not None and (varied.field not in ("b", "echo_time") or "floor" in model):
        yield (
            f"--noise is for magnitudes that decay over b-values or echo times; {model} "
            f"{'finds its own floor' if 'floor' in model else 'is none of them'}"
        )
    others = {"b1": wish.b1, "method": wish.method, "region-mean": wish.region_mean}
    odd = [f"--{name}" for name, given in others.items() if given]
    if wish.saturation is not None and (kinetic or odd or len(wish.models) > 1):
        yield (
            "--saturation leaves each voxel other samples, for the optimum of one model alone; it "
            f"does not go with {odd[0] if odd else 'concentrations' if kinetic else 'several'}"
        )
    spoiled = takes(model, "flip_angle") or (kinetic and not wish.contrast.concentration)
    if wish.b1 and not spoiled:
        yield f"--b1 scales flip angles, and {model} here has none"
    allowed = _said_of(model, concentration=wish.contrast.concentration)
    given = {*_given(wish.stated, Stated()), *_given(wish.contrast, Contrast())}
    if odd := sorted(given - allowed):
        names = ", ".join(f"--{NAMES.get(name, name.replace('_', '-'))}" for name in odd)
        yield f"{names} {'means' if len(odd) == 1 else 'mean'} nothing to {model} here"


NAMES = {"repetition_time": "tr"}
"""Field → option, where they differ."""


def _said_of(model: str, *, concentration: bool) -> set[str]:
    """Fields of Stated and Contrast that mean something to a model."""
    varied = variation(model)
    own = {f"{varied.field}s"}
    if takes(model, "tr"):
        own |= {"repetition_time"}
    if issubclass(MODELS[model], Bolus):
        own |= {"baseline"}
    if takes(model, "aif"):
        own |= {"aif", "arrival", "delay", "haematocrit", "concentration"}
        if not concentration:
            own |= {"t1", "relaxivity", "baseline", "repetition_time", "flip_angles"}
    return own


def _given(one: Stated | Contrast, none: Stated | Contrast) -> Iterator[str]:
    """Fields that were said."""
    for field in fields(one):
        if getattr(one, field.name) != getattr(none, field.name):
            yield field.name
