import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from nodewise.errors import StatsError
from nodewise.stats import follow_up, harrell_c, uno_c
from nodewise.stats.concordance import free_of_censoring

UNITS = st.lists(
    st.tuples(st.integers(1, 6), st.booleans(), st.integers(0, 4)), min_size=2, max_size=30
)


def pair_by_pair(data, score, weight):
    """The share of pairs won, and each unit's part in its error, counted one by one."""
    usable, won = np.zeros((2, len(score), len(score)))
    for i, j in np.ndindex(usable.shape):
        outlives = data.time[j] > data.time[i] or (
            data.time[j] == data.time[i] and data.event[j] == 0
        )
        if data.event[i] and outlives:
            usable[i, j] = weight[i]
            won[i, j] = weight[i] * (1 + np.sign(score[i] - score[j])) / 2
    value = won.sum() / usable.sum()
    part = won - value * usable
    return value, (part.sum(axis=0) + part.sum(axis=1)) / usable.sum()


@pytest.mark.parametrize("index", [harrell_c, uno_c])
@given(units=UNITS)
def test_a_c_index_counts_every_pair_once(index, units):
    time, event, score = (np.array(column) for column in zip(*units, strict=True))
    data = follow_up(time, event, np.arange(len(time)))
    weight = np.ones(len(time))
    if index is uno_c:
        weight = 1 / np.maximum(free_of_censoring(data), 1e-12) ** 2
    usable = event[:, None] & ((time > time[:, None]) | ((time == time[:, None]) & ~event))
    if not usable.any():
        with pytest.raises(StatsError, match="no pair of units"):
            index(data, score, direction="higher")
        return
    found = index(data, score, direction="higher")
    value, influence = pair_by_pair(data, score, weight)
    assert found.value == pytest.approx(value)
    assert (found.error or 0.0) == pytest.approx(np.sqrt(np.sum(influence**2)), abs=1e-9)


def test_thirty_thousand_patients_are_no_burden():
    rng = np.random.default_rng(1)
    x = rng.normal(size=30_000)
    data = follow_up(rng.exponential(np.exp(-x)), np.ones(30_000), np.arange(30_000))
    found = harrell_c(data, x, direction="higher")
    # of two patients the one with the hazard h times as great is first with chance h / (h + 1)
    chance = expit(np.abs(rng.permutation(x) - x)).mean()
    assert found.value == pytest.approx(chance, abs=0.006)
