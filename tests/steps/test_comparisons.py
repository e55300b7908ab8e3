"""Index tests against each other: what can be compared, and what a test without a cut-off lacks."""

from nodewise import trial
from nodewise.steps.analysis.comparisons import adjusted, compared

CEUS = trial.load("ceus")
PAIR = CEUS.comparison[0].model_copy(update={"tests": ("time-to-peak", "short_axis")})
RESIDUAL = CEUS.analysis[0].model_copy(update={"units": ("node",)})


def node(who, number, *, value, ill, calls):
    return {
        "participant": who, "item": f"{who} {number}", "value": value, "present": ill,
        "positive": calls, "reader": "none", "status": "analysed",
    }  # fmt: skip


def test_a_test_without_a_cut_off_is_compared_by_its_curve_alone_and_that_is_said():
    asked = CEUS.model_copy(update={"comparison": (PAIR,), "analysis": (RESIDUAL,)})
    ill = [(who, n, (k + n) % 2 == 0) for k, who in enumerate("ABCDEF") for n in (1, 2)]
    times = [node(who, n, value=20 + k % 5, ill=is_ill, calls=None)
             for k, (who, n, is_ill) in enumerate(ill)]  # fmt: skip
    sizes = [node(who, n, value=8 + k % 4, ill=is_ill, calls=k % 4 > 1)
             for k, (who, n, is_ill) in enumerate(ill)]  # fmt: skip
    found = {
        row["quantity"]: row
        for row in compared(asked, {("residual", "time-to-peak", "node"): times,
                                    ("residual", "short_axis", "node"): sizes})
    }  # fmt: skip
    for quantity in ("sensitivity", "specificity"):
        assert found[quantity]["value"] is None
        assert found[quantity]["remark"] == "no cut-off established for Time to peak"
        assert found[quantity]["units"] is None
    assert found["auc"]["value"] is not None
    assert (found["auc"]["units"], found["auc"]["patients"]) == (12, 6)


def test_a_difference_counts_the_units_that_have_both_tests_and_belong_to_its_quantity():
    sized = PAIR.model_copy(update={"tests": ("short_axis", "peak-ratio")})
    cut = tuple(each.model_copy(update={"value": 2.0}) for each in CEUS.index_test)
    asked = CEUS.model_copy(
        update={"comparison": (sized,), "analysis": (RESIDUAL,), "index_test": cut}
    )
    ill = [(who, n, n == 1) for who in "ABCDEF" for n in (1, 2)]
    rows = [node(who, n, value=8 + k % 5, ill=is_ill, calls=k % 3 > 0)
            for k, (who, n, is_ill) in enumerate(ill)]  # fmt: skip
    few = [row | {"value": 1.0 + k % 4} for k, row in enumerate(rows) if row["item"] != "A 1"]
    names = (("residual", test, "node") for test in sized.tests)
    found = {
        row["quantity"]: row
        for row in compared(asked, dict(zip(names, (rows, few), strict=True)))
    }  # fmt: skip
    told = {quantity: row["units"] for quantity, row in found.items()}
    assert told == {"sensitivity": 5, "specificity": 6, "auc": 11}


def test_exploratory_tests_raise_no_confirmatory_test_s_p_value():
    names = CEUS.analysis[0].name, "all"
    rows = [
        {"analysis": names[0], "stratum": names[1], "role": role, "p": p, "p_adjusted": None}
        for role, p in (("confirmatory", 0.02), ("exploratory", 0.01), ("exploratory", 0.04))
    ]
    assert [row["p_adjusted"] for row in adjusted(CEUS, rows)] == [0.02, 0.02, 0.04]
