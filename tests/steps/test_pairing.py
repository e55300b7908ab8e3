"""A node before and after treatment: which drawn regions are held to be one node."""

import pytest

from nodewise import trial
from nodewise.steps.answered import Answers
from nodewise.steps.cases import MEASURED, Cases
from nodewise.trial import named

RATIO = named(trial.load("ceus").index_test, "peak-ratio").model_copy(update={"relative_to": None})


@pytest.mark.parametrize(("side", "ratio"), [("left", 0.5), ("right", None), (None, 0.5)])
def test_a_label_that_changed_sides_between_visits_is_another_node(side, ratio):
    after = {"participant": "A", "visit": "post", "label": "N1", "side": "left", "region": "after"}
    before = after | {"visit": "pre", "side": side, "region": "before"}
    cases = Cases(
        index_visit="post", people={}, nodes={"A": [after]}, truths={}, excluded={},
        measured={
            ("after", "bolus", "peak", "curve"): 3.0,
            ("before", "bolus", "peak", "curve"): 6.0,
        },
        regions={("A", "post", "N1"): "after", ("A", "pre", "N1"): "before"},
        filmed={}, mapped=set(), answers=Answers({}, {}, []),
        sizes={"after": after, "before": before},
    )  # fmt: skip
    assert cases.value(after, RATIO, MEASURED) == ratio


def test_nodes_of_one_label_on_both_sides_keep_their_own_values():
    left = {"participant": "A", "visit": "post", "label": "N1", "side": "left", "region": "l"}
    right = left | {"side": "right", "region": "r"}
    cases = Cases(
        index_visit="post", people={}, nodes={"A": [left, right]}, truths={}, excluded={},
        measured={("l", "bolus", "peak", "curve"): 3.0, ("r", "bolus", "peak", "curve"): 6.0},
        regions={("A", "post", "N1"): "r"}, filmed={}, mapped=set(),
        answers=Answers({}, {}, []), sizes={"l": left, "r": right},
    )  # fmt: skip
    peak = RATIO.model_copy(update={"ratio_to": None})
    assert [cases.value(node, peak, MEASURED) for node in (left, right)] == [3.0, 6.0]
