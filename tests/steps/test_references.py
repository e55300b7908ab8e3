"""What pathology says of a node, by the condition that is asked: before treatment and after it."""

import pytest

from nodewise import store, trial
from nodewise.steps.analysis.references import truth
from nodewise.steps.regression import regressed
from nodewise.steps.work import Work

AFTER, BEFORE, EXTENSION = (
    "viable tumour after treatment", "tumour before treatment", "extranodal extension",
)  # fmt: skip
LEVEL = ("left", "II")


@pytest.fixture
def study(tmp_path):
    """A neck of one level: its count, its described nodes, and how nodes on the image match."""
    store.create(tmp_path / "study", trial.text("ceus"))
    work = Work.on(tmp_path / "study")
    place = {"participant": "P", "side": "left", "level": "II"}

    def write(level, nodes, matches):
        work.tables.write("participants", [{"participant": "P", "arm": "neoadjuvant"}])
        work.truth.write("dissections", [place | {"level_system": "AJCC"} | level])
        work.truth.write(
            "specimen_nodes",
            [place | {"specimen_node": name} | node for name, node in nodes.items()],
        )
        work.truth.write("matches", [place | row for row in matches])
        return work

    return write


def level(examined, positive, regressed=None):
    return {"nodes_examined": examined, "nodes_positive": positive, "nodes_regressed": regressed}


def linked(region, name, metastatic):
    return {
        "region": region,
        "specimen_node": name,
        "confidence": "exact",
        "metastatic": metastatic,
    }


def by_level(region, metastatic, name=None):
    return {
        "region": region, "specimen_node": name, "confidence": "level-unique",
        "metastatic": metastatic,
    }  # fmt: skip


VIABLE = {"metastatic": True, "viable_tumour": 0.4, "regression": True}
GONE = {"metastatic": False, "regression": True}
NEVER = {"metastatic": False, "regression": False}


def test_a_node_whose_tumour_is_gone_was_ill_before_treatment_and_is_not_after_it(study):
    work = study(
        level(3, 1, 1),
        {"S1": VIABLE, "S2": GONE, "S3": NEVER},
        [linked("r1", "S1", True), linked("r2", "S2", False), linked("r3", "S3", False)],
    )
    assert truth(work, AFTER, ["P"]).nodes == {"r1": True, "r2": False, "r3": False}
    assert truth(work, BEFORE, ["P"]).nodes == {"r1": True, "r2": True, "r3": False}


@pytest.mark.parametrize(
    ("counted", "nodes", "after", "before"),
    [
        (level(2, 0, 1), {}, False, True),
        (level(2, 0, 0), {}, False, False),
        (level(2, 1, 0), {}, True, True),
        (level(2, 0), {"S1": GONE}, False, True),
        (level(2, 0), {"S1": NEVER, "S2": NEVER}, False, False),
        (level(2, 0), {"S1": NEVER}, False, None),
        (level(2, None), {"S1": GONE}, None, True),
    ],
)
def test_a_level_was_ill_when_a_node_of_it_was_and_open_while_one_is_not_told(
    study, counted, nodes, after, before
):
    work = study(counted, nodes, [])
    assert truth(work, AFTER, ["P"]).levels["P"][LEVEL] is after
    assert truth(work, BEFORE, ["P"]).levels["P"][LEVEL] is before


@pytest.mark.parametrize(
    ("counted", "nodes", "answer"),
    [
        (level(2, 0), {"S1": GONE, "S2": NEVER}, None),
        (level(2, 0), {"S1": GONE, "S2": GONE}, True),
        (level(2, 0), {"S1": GONE}, None),
        (level(2, 0, 0), {}, False),
    ],
)
def test_a_node_that_may_be_one_of_several_has_an_answer_only_where_they_agree(
    study, counted, nodes, answer
):
    work = study(counted, nodes, [by_level("r1", False, "S1" if nodes else None)])
    assert truth(work, BEFORE, ["P"]).nodes["r1"] is answer


def test_which_of_two_metastatic_nodes_breaks_its_capsule_is_not_guessed(study):
    extends, stays = ({"metastatic": True, "pene_mm": mm} for mm in (3.0, 0.0))
    work = study(level(2, 2), {"S1": extends, "S2": stays}, [by_level("r1", True, "S1")])
    assert truth(work, EXTENSION, ["P"]).nodes["r1"] is None
    assert truth(work, EXTENSION, ["P"]).levels["P"][LEVEL] is True


def test_nodes_are_graded_by_what_is_left_and_open_where_it_is_not_told(study):
    untold = {"metastatic": True, "viable_tumour": None, "regression": True}
    work = study(level(4, 2), {"S1": VIABLE, "S2": GONE, "S3": NEVER, "S4": untold}, [])
    found = {row["specimen_node"]: row for row in regressed(work)}
    classes = [found[f"S{n}"]["regression"] for n in (1, 2, 3, 4)]
    assert classes == ["partial regression", "complete regression", "never involved", None]
    assert found["S4"]["could_be"] == "major regression; partial regression; poor regression"
