"""Levels, years and the risk group against their text, written a second time as plain code.

Every fact of a point is yes or no; what a rule does not ask must not matter, whatever it is.
"""

from itertools import product

import numpy as np
import pytest

from nodewise.anatomy import LevelSystem
from nodewise.criteria.rules import exactly, table
from nodewise.nodes.location import ASIDE, HEIGHTS, TABLES, YES

AJCC, GREGOIRE = LevelSystem.AJCC, LevelSystem.GREGOIRE


def facial(at):
    return (
        at["above_hyoid"] and at["above_mandible"] and not at["above_orbit"]
        and at["lateral_to_mandible"] and not at["behind_masseter"]
    )  # fmt: skip


def retroauricular(at):
    return (
        at["above_mastoid"] and not at["above_canal"] and at["lateral_to_mastoid"]
        and at["behind_vein"] and not at["behind_muscle"]
    )  # fmt: skip


def ajcc(at):  # noqa: C901, PLR0911, PLR0912
    """Som 1999; who lies between the carotids below the hyoid is central before all else."""
    central = not at["lateral_to_carotid"]
    if central and not at["above_manubrium"] and at["above_innominate"]:
        return "VII"
    if central and not at["above_hyoid"] and at["above_manubrium"]:
        return "VI"
    if at["in_parotid"]:
        return "PAROTID"
    if facial(at):
        return "FACIAL"
    behind = at["behind_muscle"] and not central
    if retroauricular(at) or (behind and at["above_skull_base"] and not at["above_protuberance"]):
        return "OCCIPITAL"
    if not central and not at["above_clavicle"]:
        return "SUPRACLAVICULAR"
    if at["above_hyoid"] and not at["behind_gland"]:
        return "IA" if at["between_digastrics"] else "IB"
    if at["above_hyoid"] and not at["above_skull_base"] and central:
        return "RETROPHARYNGEAL"
    if central:
        return None
    if at["above_hyoid"] and not at["above_skull_base"] and not at["behind_muscle"]:
        return "IIB" if at["behind_vein"] and not at["touches_vein"] else "IIA"
    if not at["above_hyoid"] and at["above_cricoid"] and not at["behind_muscle"]:
        return "III"
    if at["above_cricoid"] and at["behind_muscle"] and at["behind_gland"]:
        return "VA" if not at["above_skull_base"] or not at["above_hyoid"] else None
    if not at["above_hyoid"] and at["above_cricoid"] and at["behind_muscle"]:
        return "VA"
    if not at["above_cricoid"]:
        return "VB" if at["behind_line"] else "IV"
    return None


def gregoire(at):  # noqa: C901, PLR0911, PLR0912
    """Grégoire 2013."""
    central = not at["lateral_to_carotid"]
    if central and not at["above_hyoid"] and at["above_manubrium"]:
        if not at["behind_straps"]:
            return "VIA"
        return "VI" if at["above_thyroid"] else "VIB"
    if at["in_parotid"]:
        return "VIII"
    if facial(at):
        return "IX"
    if retroauricular(at):
        return "XA"
    behind = at["behind_muscle"] and not central
    if behind and at["above_hyoid"] and not at["above_protuberance"]:
        return "XB"
    if at["above_hyoid"] and not at["behind_gland"]:
        return "IA" if at["between_digastrics"] else "IB"
    if at["above_hyoid"] and central:
        return "VIIA"
    if central:
        return None
    if at["above_hyoid"]:
        if at["behind_muscle"]:
            return None
        if not at["above_c1"]:
            return "IIB" if at["behind_vein"] else "IIA"
        return None if at["above_skull_base"] else "VIIB"
    if at["above_cricoid"]:
        return "VA" if at["behind_muscle"] else "III"
    if not at["behind_muscle"]:
        return "IVA" if at["above_lower_neck"] else "IVB" if at["above_manubrium"] else None
    if at["above_vessels"]:
        return "VB"
    return "VC" if at["above_lower_neck"] else None


TRANSCRIBED = {AJCC: ajcc, GREGOIRE: gregoire}


def possible(at):
    """Whether a point can be so: who is above a height is above all further down."""
    chain = [at[name] for name, *_ in HEIGHTS if name in at]
    return sorted(chain) == chain and all(
        at[name] == (settled == YES)
        for name, _, by, settled in ASIDE
        if name in at and by in at and at[by] == (settled == YES)
    )


def settled(at, fixed, rng):
    """Random answers made possible, as far as a row's own answers allow."""
    heights = [name for name, *_ in HEIGHTS if name in at]
    below = max((n + 1 for n, name in enumerate(heights) if fixed.get(name) is False), default=0)
    above = min((n for n, name in enumerate(heights) if fixed.get(name)), default=len(heights))
    passed = rng.integers(below, max(above, below) + 1)
    at |= {name: n >= passed for n, name in enumerate(heights)} | fixed
    for name, _, by, answer in ASIDE:
        if name in at and by in at and at[by] == (answer == YES) and name not in fixed:
            at[name] = answer == YES
    return at


def points(system):
    """Yes and no at random around each row of the table, and with one answer turned."""
    rules = table(TABLES[system])
    rng = np.random.default_rng(3)
    for row in rules.rows:
        fixed = {name: wanted == {"yes"} for name, wanted in row.conditions.items()}
        for _ in range(12):
            random = dict(
                zip(rules.columns, (rng.random(len(rules.columns)) < 0.5).tolist(), strict=True)
            )
            random |= {"in_parotid": False}
            here = settled(random, fixed, rng)
            turned = (settled(here | {}, fixed | {name: not here[name]}, rng) for name in here)
            yield from filter(possible, (here, *turned))


def asked(system, at):
    facts = {name: exactly("yes" if is_so else "no") for name, is_so in at.items()}
    return table(TABLES[system]).decide(facts).answers


@pytest.mark.parametrize("system", TABLES)
def test_a_point_lies_in_the_level_that_the_text_says(system):
    for at in points(system):
        expected = TRANSCRIBED[system](at)
        assert asked(system, at) == ((expected,) if expected else ()), at


@pytest.mark.parametrize("system", TABLES)
def test_a_landmark_that_is_missing_leaves_the_levels_that_it_would_tell_apart(system):
    rules = table(TABLES[system])
    for number, at in enumerate(points(system)):
        if number % 29:
            continue
        for name in rules.columns:
            ways = filter(possible, (at | {name: value} for value in (True, False)))
            both = set(map(TRANSCRIBED[system], ways)) - {None}
            facts = {each: exactly("yes" if is_so else "no") for each, is_so in at.items()}
            assert both <= set(rules.decide(facts | {name: None}).answers), (at, name)


FIRST_OF_NINE = {"HPV-associated oropharynx": 2026, "nasopharynx": 2025, "major salivary": 2026}


@pytest.mark.parametrize("disease", [*FIRST_OF_NINE, "head and neck"])
def test_every_year_has_its_edition_by_one_row_alone(disease):
    for year in range(2015, 2032):
        rules = table("tnm_year")
        facts = {"disease": exactly(disease), "year": exactly(year)}
        nine = year >= FIRST_OF_NINE.get(disease, 9999)
        edition = "AJCC9" if nine else "AJCC8" if year >= 2018 else None
        assert rules.decide(facts).answer == edition
        fits = sum(all(row.asks(facts).values()) for row in rules.rows)
        assert fits == (edition is not None)


def test_the_risk_group_is_what_the_trials_pooled():
    margins = ("positive", "negative", "not recorded")
    for basis, extension, margin in product(("clinical", "pathological"), ("yes", "no"), margins):
        facts = {"basis": basis, "extension": extension, "margin": margin}
        found = table("adjuvant_risk").decide(
            {name: exactly(value) for name, value in facts.items()}
        )
        low = "not high risk" + (" by extension" if margin == "not recorded" else "")
        high = margin == "positive" or extension == "yes"
        assert found.answers == ("high risk" if high else low,)
        sure = margin != "not recorded" if not high else margin == "positive"
        certain = sure or (basis == "pathological" and high)
        assert (found.possible[0].confidence == "H") == certain, facts
