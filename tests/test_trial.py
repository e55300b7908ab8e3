import re
import tomllib
from pathlib import Path

import pytest

from nodewise.errors import TrialError
from nodewise.trial import FollowUpFinding, PatientValue, TimeOutcome, load, parse, shipped, text

MPMRI = text("mpmri")
EXPECTED = '\nexpected = { lowest-adc = "lower" }'
STRANGE = '\nexpected = { adc = "lower" }'


def test_every_shipped_trial_can_be_read_and_says_where_its_cut_offs_come_from():
    assert "mpmri" in shipped()
    for name in shipped():
        trial = load(name)
        assert trial.id == name
        assert all(test.source and test.standing for test in trial.index_test)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('title = "ADC"', 'titel = "ADC"', r"index_test\.0\.titel: there is no such key"),
        ("shell_mm = 4.0", "shell_mm = -4.0", "shell_mm.*greater than 0"),
        ('map = "adc"\n', 'map = "adcc"\n', "no map is called adcc"),
        ('positives_from = ["affected"]', 'positives_from = ["cases"]', "no arm is called cases"),
        ("value = 0.94e-3", 'value = "unknown"', "role = 'exploratory'"),
        ("from_day = -90", "from_day = 90", "lies after to_day"),
        ('id = "mpmri"', "id = mpmri", "not TOML"),
    ],
)
def test_a_wrong_entry_is_named_with_what_is_wrong(old, new, says):
    assert old in MPMRI
    with pytest.raises(TrialError, match=says):
        parse(MPMRI.replace(old, new, 1))


def test_an_unknown_key_is_told_with_its_line():
    lines = MPMRI.splitlines()
    line = lines.index("shell_mm = 4.0") + 1
    lines[line - 1] = "shel_mm = 4.0"
    with pytest.raises(TrialError, match=f"line {line}, shel_mm"):
        parse("\n".join(lines))


def test_a_trial_that_is_not_there_is_told():
    with pytest.raises(TrialError, match=r"no trial is called 'nosuch'; there is"):
        load("nosuch")
    with pytest.raises(TrialError, match="no trial file"):
        load("nosuch.toml")


@pytest.mark.parametrize(
    ("old", "new", "moves"),
    [
        ("value = 0.94e-3", "value = 0.95e-3", True),
        ('statistic = "median"', 'statistic = "mean"', True),
        ("b_values = [0, 100, 500, 750, 1000]", "b_values = [0, 1000]", True),
        ('title = "ADC"', 'title = "The ADC"', False),
        ("maximum_interval_days = 42", "maximum_interval_days = 40", True),
        ("needs = true", "needs = false", True),
        ('primary_test = "adc"', 'primary_test = "d"', True),
        ("from_day = -90", "from_day = -91", True),
        ('says = "squamous', 'says = "a squamous', False),
    ],
)
def test_the_hash_follows_what_is_frozen_and_nothing_else(old, new, moves):
    assert old in MPMRI
    changed = parse(MPMRI.replace(old, new, 1))
    assert (changed.frozen_hash != load("mpmri").frozen_hash) == moves


@pytest.mark.parametrize(
    ("old", "new", "moves"),
    [
        ("thresholds = [0.05, 0.10, 0.20]", "thresholds = [0.05, 0.30]", True),
        ('says = "everybody here had', 'says = "everybody had', False),
    ],
)
def test_which_dissections_are_counted_as_spared_is_frozen(old, new, moves):
    assert old in text("ceus")
    changed = parse(text("ceus").replace(old, new, 1))
    assert (changed.frozen_hash != load("ceus").frozen_hash) == moves


def test_a_new_exploratory_test_leaves_the_frozen_ones_alone():
    ktrans = MPMRI[MPMRI.index('[[index_test]]\nname = "ktrans"') :]
    extra = ktrans[: ktrans.index("[[index_test]]", 5)].replace('"ktrans"', '"ktrans2"', 1)
    assert parse(MPMRI + "\n" + extra).frozen_hash == load("mpmri").frozen_hash


@pytest.mark.parametrize(
    ("name", "old", "new", "says"),
    [
        ("ene", 'tests = ["ct", "short_axis"]', 'tests = ["ct", "adc"]', "adc"),
        ("ene", 'primary_unit = "node"', 'primary_unit = "level"', "no unit of analysis extension"),
        ("ene", 'extension = "ct"', 'extension = "short_axis"', "no reader_test"),
        ("ene", 'positive = "short_axis"', 'positive = "ct"', "no index_test"),
        ("ceus", 'ratio_to = "pre"', 'change_from = "pre"\nratio_to = "pre"', "give either"),
        ("ceus", 'ratio_to = "pre"', 'ratio_to = "before"', "no visit is called before"),
        ("ceus", 'units = ["side", "patient"]', 'units = ["level"]', "sparing.units"),
        (
            "ceus",
            'tests = ["reading", "time-to-peak", "short_axis"]\nunits',
            'tests = ["peak-ratio"]\nunits',
            "no test of analysis residual is called peak-ratio",
        ),
        ("ceus", "thresholds = [0.05,", "thresholds = [5,", "less than 1"),
        ("uspio", "adequate = 0.15", "adequate = 0.5", "fails less often"),
        ("uspio", 'test = "lipid-rule-explorative"', 'test = "short_axis"', "no reader_test"),
    ],
)
def test_what_a_trial_asks_of_an_analysis_must_be_in_it(name, old, new, says):
    assert old in text(name)
    with pytest.raises(TrialError, match=says):
        parse(text(name).replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('over = "lowest"', 'over = "worst"', "patient_value.0.over"),
        ('values = ["lowest-adc", "lowest-ktrans"]', 'values = ["adc"]', "no patient_value is"),
        ('competing = ["death"]', 'competing = ["local relapse"]', "compete with it"),
        ("at_days = [365, 730, 1826]", "at_days = [730, 365]", "must be positive and rise"),
        ('positive = ["2", "3", "4"]', 'positive = ["V"]', "ni_rads_neck has no category V"),
        ('findings = ["month-3-neck"]', 'findings = ["neck"]', "no follow_up_finding is called"),
        ('kind = "bone invasion"', 'kind = "bone"', "outcome.3"),
        ('finding = "recist"', 'finding = "recist"\nround = "a"', "no form asks for recist"),
        ('kind = "time to event"', f'kind = "time to event"{STRANGE}', "expects something of adc,"),
        ('unit = "patient"\nsource', 'unit = "patient"\nleast = 20\nsource', "leave out least"),
    ],
)
def test_a_wrong_outcome_is_named_with_what_is_wrong(old, new, says):
    assert old in MPMRI
    with pytest.raises(TrialError, match=says):
        parse(MPMRI.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('in_field = true\norigin = "treatment end"', 'in_field = true\norigin = "surgery"'),
        (
            'visit = "month 3"\npositive = ["2", "3", "4"]',
            'visit = "month 12"\npositive = ["2", "3", "4"]',
        ),
    ],
)
def test_a_finding_cannot_foretell_what_may_have_come_before_it(old, new):
    assert old in MPMRI
    with pytest.raises(TrialError, match="counts from the same day and ends before"):
        parse(MPMRI.replace(old, new, 1))


@pytest.mark.parametrize("role", ["exploratory", "confirmatory"])
def test_only_a_confirmatory_outcome_is_frozen_with_what_it_is_held_against(role):
    text = MPMRI.replace('name = "overall-survival"', f'role = "{role}"\nname = "overall-survival"')
    changed = text.replace('over = "lowest"\nstep = 0.1e-3', 'over = "median"\nstep = 0.1e-3')
    assert text != changed
    moved = parse(text).frozen_hash != parse(changed).frozen_hash
    assert moved == (role == "confirmatory")


@pytest.mark.parametrize(
    ("trial", "digest"), [("mpmri", "3cf62b2e"), ("ene", "c0b24cb1"), ("uspio", "032e5012")]
)
def test_keys_that_came_later_leave_what_version_0_2_0_froze_as_it_was(trial, digest):
    assert load(trial).frozen["confirmatory index tests"].startswith(digest)


@pytest.mark.parametrize(("more", "holds"), [("", True), (EXPECTED, False)])
def test_an_outcome_frozen_before_it_could_expect_anything_stays_as_it_was(more, holds):
    text = MPMRI.replace("[[outcome]]", f'[[outcome]]\nrole = "confirmatory"{more}', 2)
    assert parse(text).frozen["confirmatory outcomes"].startswith("3738fb13") == holds


def test_the_page_on_outcomes_shows_parts_that_a_trial_file_can_hold():
    page = (Path(__file__).parents[1] / "docs" / "outcomes.md").read_text(encoding="utf-8")
    shown = tomllib.loads(re.search(r"```toml\n(.*?)```", page, re.DOTALL)[1])
    trial = load("mpmri")
    assert PatientValue(**shown["patient_value"][0]).name == trial.patient_value[0].name
    assert TimeOutcome(**shown["outcome"][0]).events == trial.outcome[2].events
    assert FollowUpFinding(**shown["follow_up_finding"][0]).round == "third-month"
