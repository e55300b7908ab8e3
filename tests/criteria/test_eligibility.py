import pytest

from nodewise.criteria.eligibility import Answer, Status, ask, status
from nodewise.errors import TrialError
from nodewise.trial import Rule


def rule(**changes):
    return Rule(**({"id": "X1", "fact": "age", "says": "", "source": "test"} | changes))


AGE = rule(at_least=18)
SITE = rule(id="X2", arm="affected", fact="site", needs=("larynx", "hypopharynx"))


@pytest.mark.parametrize(
    ("facts", "answer"),
    [
        ({"age": 18}, Answer.MET),
        ({"age": 17.9}, Answer.NOT_MET),
        ({"age": None}, Answer.UNKNOWN),
    ],
)
def test_a_bound_is_inclusive_and_an_unrecorded_fact_is_unknown(facts, answer):
    (asked,) = ask([AGE], {"arm": "affected"} | facts)
    assert asked.answer == answer


def test_rules_of_another_arm_are_not_asked():
    facts = {"arm": "control", "age": 40, "site": "lip"}
    assert [each.rule.id for each in ask([AGE, SITE], facts)] == ["X1"]


def test_one_rule_not_met_excludes_whatever_else_is_unknown():
    facts = {"arm": "affected", "age": None, "site": "lip"}
    assert status(ask([AGE, SITE], facts)) == Status.EXCLUDED
    assert status(ask([AGE, SITE], facts | {"site": "larynx"})) == Status.UNDECIDED
    assert status(ask([AGE, SITE], facts | {"site": "larynx", "age": 40})) == Status.INCLUDED


NEWER = rule(id="X3", fact="site", needs="larynx", versions=("2", "3"))


@pytest.mark.parametrize(
    ("version", "site", "answers"),
    [
        ("1", "lip", []),
        ("2", "lip", [Answer.NOT_MET]),
        ("3", "larynx", [Answer.MET]),
        (None, "larynx", [Answer.MET]),
        (None, "lip", [Answer.UNKNOWN]),
    ],
)
def test_a_rule_is_asked_of_those_who_came_in_under_a_version_that_has_it(version, site, answers):
    facts = {"arm": "affected", "site": site, "protocol_version": version}
    asked = ask([NEWER], facts)
    assert [each.answer for each in asked] == answers
    if answers == [Answer.UNKNOWN]:
        assert asked[0].missing == "protocol_version"


def test_a_rule_about_a_fact_that_nobody_has_is_an_error_of_the_trial_file():
    with pytest.raises(TrialError, match="rule X1 asks for 'age'"):
        ask([AGE], {"arm": "affected"})
