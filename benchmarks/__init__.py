"""Our fitter beside every installed peer, in one run, on the same synthetic voxels."""

import os

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(
        _variable, "1"
    )  # before NumPy is loaded: threads are counted, not guessed
