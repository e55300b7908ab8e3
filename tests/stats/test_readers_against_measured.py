"""Readers compared with a measured test, which counts as read alike by each of them."""

import numpy as np
import pytest

from nodewise import stats

READER, NODE, READ = 0.3, 0.6, 0.7  # standard deviations of what is shared, in units of the signal


def covered(rng, patients, readers):
    """Whether intervals of the difference hold 0, for sensitivity and specificity.

    Nodes are as easy for the measured test as for the average reader, and share patient and node.
    """
    patient = np.repeat(np.arange(patients), 4)
    truth = rng.random(len(patient)) < 0.4
    sign = np.where(truth, 1.0, -1.0)
    shared = sign + 0.5 * rng.normal(size=patients)[patient] + NODE * rng.normal(size=len(patient))
    skill = READER * rng.normal(size=(readers, 1)) * sign
    read = shared + skill + READ * rng.normal(size=(readers, len(patient)))
    measured = shared + np.hypot(READER, READ) * rng.normal(size=len(patient))
    calls = np.stack([read > 0, np.repeat(measured[None] > 0, readers, axis=0)]).astype(float)
    study = stats.reader_study(calls, truth, patient, direction="higher")
    gaps = [
        stats.obuchowski_rockette(figure(study)).differences[0]
        for figure in (stats.reader_sensitivity, stats.reader_specificity)
    ]
    return [gap.low <= 0 <= gap.high for gap in gaps]


@pytest.mark.slow
@pytest.mark.parametrize(("patients", "readers"), [(50, 4), (50, 8)])
def test_the_interval_of_a_difference_holds_it_as_often_as_it_says(patients, readers):
    rng = np.random.default_rng(1)
    share = np.mean([covered(rng, patients, readers) for _ in range(1500)], axis=0)
    assert np.all((share > 0.925) & (share < 0.97))
