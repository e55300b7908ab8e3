import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodewise.errors import StatsError
from nodewise.stats import benjamini_hochberg, hochberg, holm

P = st.lists(st.floats(0, 1), min_size=1, max_size=12)


def test_the_three_methods_on_a_worked_example():
    p = [0.01, 0.02, 0.03, 0.005]
    assert holm(p) == pytest.approx([0.03, 0.04, 0.04, 0.02])
    assert hochberg(p) == pytest.approx([0.03, 0.03, 0.03, 0.02])
    assert benjamini_hochberg(p) == pytest.approx([0.02, 0.08 / 3, 0.03, 0.02])


@given(P)
def test_holm_is_never_milder_than_hochberg_nor_hochberg_than_the_false_discovery_rate(p):
    assert np.all(holm(p) >= hochberg(p) - 1e-12)
    assert np.all(hochberg(p) >= benjamini_hochberg(p) - 1e-12)
    assert np.all(benjamini_hochberg(p) >= np.array(p) - 1e-12)
    assert np.all(holm(p) <= 1)


def test_a_p_value_above_1_is_refused():
    with pytest.raises(StatsError, match="between 0 and 1"):
        holm([0.2, 1.2])
