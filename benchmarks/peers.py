"""Who is compared: each peer fits signals and returns values in our order and units."""

from collections.abc import Callable
from importlib.util import find_spec
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from benchmarks.tasks import Task
from nodewise.maps import fit
from nodewise.models import Model

Array = NDArray[np.float64]
Fitter = Callable[[Task, Array], Array]


def ours(threads: int) -> Fitter:
    """Our fitter with a number of threads."""
    return lambda task, signals: fit(task.model, signals, threads=threads).values


def scipy(method: str) -> Fitter:
    """One `least_squares` a voxel from the tissue's middle, as most scripts do."""

    def fitted(task: Task, signals: Array) -> Array:
        middle = np.array([(low + high) / 2 for low, high in task.tissue])
        low = np.array([parameter.low for parameter in task.model.parameters])
        high = np.array([parameter.high for parameter in task.model.parameters])
        bounds = (-np.inf, np.inf) if method == "lm" else (low / middle, high / middle)
        return np.array([_one(task.model, curve, middle, method, bounds) for curve in signals])

    return fitted


def _one(model: Model, curve: Array, middle: Array, method: str, bounds: tuple) -> Array:
    start = np.ones(len(middle))
    found = least_squares(
        lambda x: model.signal(x * middle) - curve, start, method=method, bounds=bounds
    )
    return found.x * middle


def dipy_ivim(task: Task, signals: Array) -> Array:
    """IVIM of dipy with its default fit."""
    from dipy.core.gradients import gradient_table
    from dipy.reconst.ivim import IvimModel

    b = task.model.samples
    direction = np.tile([1.0, 0, 0], (len(b), 1))
    direction[b == 0] = 0
    model = IvimModel(gradient_table(b, bvecs=direction, b0_threshold=0))
    found = model.fit(signals).model_params  # s0, f, d_star, d
    return found[:, [0, 1, 3, 2]]


def dipy_kurtosis(task: Task, signals: Array) -> Array:
    """Mean-signal kurtosis of dipy: the same two numbers by a weighted line."""
    from dipy.core.gradients import gradient_table
    from dipy.reconst.msdki import MeanDiffusionKurtosisModel

    b = task.model.samples
    direction = np.tile([1.0, 0, 0], (len(b), 1))
    direction[b == 0] = 0
    table = gradient_table(b, bvecs=direction, b0_threshold=0)
    found = MeanDiffusionKurtosisModel(table).fit(np.maximum(signals, 1e-6))
    return np.stack([signals[:, 0], found.msd, found.msk], axis=-1)


def ivim_mri(task: Task, signals: Array) -> Array:
    """Nonlinear least squares of ivim-mri, which reads and writes files."""
    import nibabel
    from ivim.fit import nlls

    with TemporaryDirectory() as folder:
        base = f"{folder}/voxels"
        nibabel.save(nibabel.Nifti1Image(signals[:, None, None], np.eye(4)), f"{base}.nii.gz")
        np.savetxt(f"{base}.bval", task.model.samples[None], fmt="%g")
        nlls(f"{base}.nii.gz", f"{base}.bval", "diffusive", outbase=base)
        maps = [nibabel.load(f"{base}_{name}.nii.gz") for name in ("S0", "f", "D", "Dstar")]
        return np.stack([one.get_fdata().ravel() for one in maps], axis=-1)


def qbipy(task: Task, signals: Array) -> Array:
    """Extended Tofts of QbiPy by its linear equations (Murase), a curve a call."""
    from QbiPy.dce_models.dce_aif import Aif, AifType
    from QbiPy.dce_models.tofts_model import solve_LLS

    time = task.model.samples / 60  # it speaks of minutes
    plasma = task.model.aif.plasma(task.model.samples)
    aif = Aif(aif_type=AifType.ARRAY, times=time, base_aif=plasma)
    found = np.array([solve_LLS(curve, aif, 0) for curve in signals])
    return found / [60, 1, 1]


PEERS: dict[str, tuple[str, str, Fitter]] = {  # name: package needed, tasks it can do, fitter
    "ours": ("nodewise", "", ours(1)),
    "ours, 2 threads": ("nodewise", "", ours(2)),
    "SciPy trf": ("scipy", "", scipy("trf")),
    "SciPy lm": ("scipy", "", scipy("lm")),
    "dipy IVIM": ("dipy", "IVIM", dipy_ivim),
    "ivim-mri nlls": ("ivim", "IVIM", ivim_mri),
    "QbiPy linear": ("QbiPy", "extended Tofts", qbipy),
    "dipy msdki": ("dipy", "kurtosis", dipy_kurtosis),
}


def installed(task: Task) -> dict[str, Fitter]:
    """The peers that can do a task here."""
    return {
        name: fitter
        for name, (package, what, fitter) in PEERS.items()
        if find_spec(package) and task.name.startswith(what)
    }
