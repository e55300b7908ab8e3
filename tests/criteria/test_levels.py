import pytest

from nodewise.anatomy import LEVELS, LevelSystem
from nodewise.criteria.levels import (
    answering,
    below_cricoid,
    levels,
    retropharyngeal,
    size_group,
)

AJCC, SURGICAL, GREGOIRE = LevelSystem.AJCC, LevelSystem.AAO_HNS, LevelSystem.GREGOIRE
EVERY = [(system, name) for system, of in LEVELS.items() for name in (*of, *sum(of.values(), ()))]


def test_every_level_of_every_system_has_its_row():
    assert set(levels()) == set(EVERY)


@pytest.mark.parametrize(
    ("level", "system", "below"),
    [
        ("IV", AJCC, {"yes"}),
        ("III", AJCC, {"no"}),
        ("V", AJCC, {"yes", "no"}),
        ("VI", AJCC, {"yes", "no"}),
        ("VII", AJCC, {"yes"}),
        ("VC", GREGOIRE, {"yes"}),
        ("VII", GREGOIRE, {"no"}),
        (None, AJCC, {"yes", "no"}),
    ],
)
def test_levels_lie_above_or_below_the_cricoid(level, system, below):
    assert below_cricoid(level, system) == below


def test_level_vii_is_mediastinal_in_one_system_and_retropharyngeal_in_another():
    assert retropharyngeal("VII", AJCC) == {"no"}
    assert retropharyngeal("VIIA", GREGOIRE) == {"yes"}
    assert retropharyngeal("VII", GREGOIRE) == {"yes", "no"}
    assert retropharyngeal(None, AJCC) == {"no"}


@pytest.mark.parametrize(
    ("level", "system", "to", "names"),
    [
        ("II", AJCC, GREGOIRE, {"IIA", "IIB", "VIIB"}),
        ("IV", AJCC, GREGOIRE, {"IVA", "IVB"}),
        ("VC", GREGOIRE, AJCC, {"VB", "SUPRACLAVICULAR"}),
        ("V", AJCC, GREGOIRE, {"VA", "VB", "VC", "XB"}),
        ("III", AJCC, AJCC, {"III"}),
        ("III", SURGICAL, AJCC, {"III"}),
        ("IIA", AJCC, SURGICAL, {"II"}),
        ("IIA", SURGICAL, GREGOIRE, {"IIA", "IIB", "VIIB"}),
        ("VIII", GREGOIRE, AJCC, {"PAROTID"}),
    ],
)
def test_levels_of_two_systems_answer_to_each_other(level, system, to, names):
    assert {each.level for each in answering(level, system, to)} == names


@pytest.mark.parametrize(("system", "name"), [each for each in EVERY if each[0] != SURGICAL])
def test_a_level_has_an_answer_that_answers_back(system, name):
    other = GREGOIRE if system == AJCC else AJCC
    if system == AJCC and name == "VII":
        assert answering(name, system, other) == ()  # mediastinum: none of Grégoire's groups
        return
    answers = [each.level for each in answering(name, system, other)]
    parts = {name, *LEVELS[system].get(name, ())}
    assert answers
    for level in answers:
        assert parts & {back.level for back in answering(level, other, system)}


@pytest.mark.parametrize(
    ("level", "group"),
    [("II", "II"), ("IIB", "II"), ("III", "other"), ("RETROPHARYNGEAL", "retropharyngeal")],
)
def test_levels_have_their_own_size_cut_offs(level, group):
    assert size_group(level, AJCC) == group
