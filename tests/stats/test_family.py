import pytest
from cases import study

from nodewise.errors import StatsError
from nodewise.stats import auc, benjamini_hochberg, family, holm, paired_difference


def members():
    studies = [study(seed, patients=20) for seed in range(4)]
    return [auc(d["score"], d["truth"], d["patient"], direction="higher") for d in studies]


def test_a_declared_family_keeps_its_members_and_adjusts_their_p_values():
    each = members()
    found = family("mpMRI parameters", each)
    assert found.members == tuple(each)
    assert found.adjusted == pytest.approx(holm([member.test.p for member in each]))
    loose = family("mpMRI parameters", each, adjustment="false discovery rate")
    assert loose.adjusted == pytest.approx(benjamini_hochberg([m.test.p for m in each]))


def test_a_row_names_its_family_and_how_many_belong_to_it():
    row = family("mpMRI parameters", members()).rows()[2]
    assert (row["family"], row["family_size"]) == ("mpMRI parameters", 4)
    assert row["p_adjusted"] >= row["p"]


def test_a_member_without_a_test_is_named():
    without = paired_difference([1, 0], [1, 0], [1, 2]).named("T2w")
    with pytest.raises(StatsError, match="T2w has none"):
        family("x", [*members(), without])
    with pytest.raises(StatsError, match="no member"):
        family("x", [])
