import csv
from html import unescape
from itertools import product
from pathlib import Path

import polars as pl
import pytest

from nodewise.stats import Counts, Estimate
from nodewise.steps.levels.files import accuracy, terminal, write
from nodewise.steps.levels.sheets import sheets
from nodewise.steps.levels.study import Question, levels
from nodewise.steps.levels.words import sentences

Columns = dict[tuple[str, str, str], list[str]]
CT, PATH = ("CT", "ipsi"), ("pathology", "ipsi")

T, F, N = "True", "False", ""


def said(study, *words: str) -> bool:
    """Whether one sentence has all these words, thin spaces aside."""
    told = [text.replace("\u202f", "") for text in sentences(study)]
    return any(all(word in text for word in words) for text in told)


CHECK = {
    "level": Counts(tp=225, fp=58, fn=120, tn=939),
    "side": Counts(tp=188, fp=16, fn=39, tn=105),
    "patient": Counts(tp=172, fp=10, fn=30, tn=50),
}


@pytest.mark.real_data
@pytest.mark.parametrize("unit", CHECK)
def test_the_oropharynx_cohort_of_lyon_gives_its_known_counts(shared, unit):
    path = shared / "data" / "neck-levels" / "2021-clb-oropharynx" / "data.csv"
    found = levels(path, Question(index="diagnostic_consensus", reference="pathology", unit=unit))
    assert found.overall.counts == CHECK[unit]
    assert found.overall.patients == 262
    assert said(found, "the same day")
    assert said(found, "At 70 compared levels pathology says free although no node was examined")


COHORTS = {
    "2021-clb-oropharynx": ["diagnostic_consensus"],
    "2021-usz-oropharynx": ["FNA", "PET", "CT", "MRI", "pCT"],
    "2023-clb-multisite": ["diagnostic_consensus"],
    "2025-hvh-oropharynx": ["CT", "MRI", "PET"],
    "2025-ukf-hypopharynx": ["sonography", "PET", "CT", "MRI", "pCT"],
}
PAIRS = [(cohort, index) for cohort, indices in COHORTS.items() for index in indices]


def by_hand(path: Path, index: str, unit: str) -> Counts:
    """The two-by-two table counted line by line, with nothing but Python's csv."""
    lines = list(csv.reader(path.open(encoding="utf-8")))
    at = {head: i for i, head in enumerate(zip(*lines[:3], strict=True))}
    above = {"Ia": "I", "Ib": "I", "IIa": "II", "IIb": "II", "Va": "V", "Vb": "V"}
    every = sorted({above.get(name, name) for _, side, name in at if side in {"ipsi", "contra"}})
    cells = dict.fromkeys(product((True, False), repeat=2), 0)

    def entry(line, modality, side, level):
        own = line[at[modality, side, level]] if (modality, side, level) in at else N
        parts = [
            line[at[modality, side, name]]
            for name in above
            if above[name] == level and (modality, side, name) in at
        ]
        if own == N and T in parts:
            return T
        return F if own == N and parts and set(parts) == {F} else own

    for line in lines[3:]:
        pairs = [
            (side, level, entry(line, index, side, level), entry(line, "pathology", side, level))
            for side in ("ipsi", "contra")
            for level in every
        ]
        known = [pair for pair in pairs if pair[2] and pair[3]]
        keys = {"level": lambda p: p[:2], "side": lambda p: p[0], "patient": lambda _: ""}
        groups = {}
        for pair in known:
            groups.setdefault(keys[unit](pair), []).append(pair)
        for group in groups.values():
            cells[any(p[2] == T for p in group), any(p[3] == T for p in group)] += 1
    return Counts(
        tp=cells[True, True], fp=cells[True, False], fn=cells[False, True], tn=cells[False, False]
    )


@pytest.mark.real_data
@pytest.mark.parametrize("unit", CHECK)
@pytest.mark.parametrize(("cohort", "index"), PAIRS)
def test_counts_of_every_real_cohort_agree_with_counting_by_hand(shared, cohort, index, unit):
    path = shared / "data" / "neck-levels" / cohort / "data.csv"
    found = levels(path, Question(index=index, reference="pathology", unit=unit))
    assert found.overall.counts == by_hand(path, index, unit)


@pytest.mark.real_data
@pytest.mark.parametrize(("cohort", "index"), PAIRS)
def test_every_real_cohort_gets_an_answer_in_words(shared, cohort, index):
    path = shared / "data" / "neck-levels" / cohort / "data.csv"
    for unit, sublevels in product(CHECK, (False, True)):
        asked = Question(index=index, reference="pathology", unit=unit, sublevels=sublevels)
        found = levels(path, asked)
        assert terminal(found)
        assert len(sheets(found)) == (
            1 if not found.overall.counts.total else 2 if unit == "patient" else 4
        )
        few = found.overall.patients < 10
        intervals = [
            one.low
            for one in found.overall.estimates.values()
            if isinstance(one, Estimate) and one.low is not None
        ]
        assert bool(intervals) == (not few)
        first = sentences(found)[0]
        assert first.startswith(
            f"{index} against pathology" if found.overall.patients else "No eval"
        )


@pytest.mark.real_data
@pytest.mark.parametrize("cohort", COHORTS)
def test_every_real_cohort_gets_a_page_and_tables(shared, tmp_path, cohort):
    path = shared / "data" / "neck-levels" / cohort / "data.csv"
    found = levels(path, Question(index=COHORTS[cohort][-1], reference="pathology"))
    index = write(tmp_path, found)
    assert sentences(found)[0] in unescape(index.read_text())
    assert pl.read_parquet(tmp_path / "accuracy.parquet").equals(accuracy(found))


@pytest.mark.real_data
def test_the_multisite_cohort_has_no_evaluable_pairs(shared):
    path = shared / "data" / "neck-levels" / "2023-clb-multisite" / "data.csv"
    found = levels(path, Question(index="diagnostic_consensus", reference="pathology"))
    assert found.overall.counts.total == 0
    assert said(found, "320 patients", "diagnostic_consensus is filled in only where pathology")


@pytest.mark.real_data
def test_planning_ct_after_surgery_is_noticed(shared):
    path = shared / "data" / "neck-levels" / "2021-usz-oropharynx" / "data.csv"
    found = levels(path, Question(index="pCT", reference="pathology"))
    assert (found.timing.early, found.timing.patients) == (2, 2)
    asked = Question(index="pCT", reference="pathology", early_reference="drop")
    assert levels(path, asked).overall.counts.total == 0


@pytest.mark.real_data
def test_in_lyon_the_pooled_correction_goes_further_than_that_within_side_and_level(shared):
    """Contralateral necks are seldom dissected and seldom involved: pooling blames them."""
    path = shared / "data" / "neck-levels" / "2021-clb-oropharynx" / "data.csv"
    found = levels(path, Question(index="diagnostic_consensus", reference="pathology"))
    values = [
        found.overall.estimates[f"sensitivity{kind}"].value
        for kind in ("_corrected", "_within", "")
    ]
    assert values == sorted(values)
    assert said(found, "Corrected within each side and level", "526 levels took no part")
