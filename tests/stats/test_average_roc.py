import numpy as np
import pytest

from nodewise.stats import average_roc, naive_auc, reader_auc, reader_study, roc_curve


def study(seed, *, count=4):
    rng = np.random.default_rng(seed)
    truth = rng.random(80) < 0.4
    scores = np.round(
        truth * rng.normal(1.2, 0.4, size=(2, count, 1)) + rng.normal(size=(2, count, 80)), 1
    )
    return reader_study(scores, truth, np.arange(80) // 2, direction="higher")


@pytest.mark.parametrize("seed", range(5))
def test_the_area_under_the_average_is_the_mean_of_the_areas(seed):
    data = study(seed)
    for test in (0, 1):
        assert average_roc(data, test).area == pytest.approx(reader_auc(data).values[test].mean())


def test_the_average_of_one_reader_is_that_readers_curve():
    data = study(7, count=1)
    found = average_roc(data, 0)
    curve = roc_curve(data.scores[0, 0], data.truth, data.clusters.index, direction="higher")
    assert found.sensitivity == pytest.approx(curve.sensitivity)
    assert found.specificity == pytest.approx(curve.specificity)
    area = naive_auc(data.scores[0, 0], data.truth, direction="higher").value
    assert found.area == pytest.approx(area)


def test_the_average_climbs():
    found = average_roc(study(3), 1)
    assert np.all(np.diff(found.sensitivity) >= -1e-12)
    assert np.all(np.diff(found.specificity) <= 1e-12)
    assert (found.sensitivity[-1], found.specificity[0]) == pytest.approx((1, 1))
