import pytest

from nodewise.criteria import ene
from nodewise.criteria.ene import Margin, Matting, Pene, Sign, Specimen
from nodewise.criteria.neck import MetastaticNode

ANY = {"none", "minor", "major"}
SKIN = frozenset({Sign.SKIN})


@pytest.mark.parametrize(
    ("extent", "found"), [(0, "none"), (0.1, "minor"), (2.0, "minor"), (2.1, "major")]
)
def test_two_millimetres_part_minor_from_major(extent, found):
    assert ene.pathological(None, extent_mm=extent) == {found}


@pytest.mark.parametrize(
    ("matting", "found"),
    [(Matting.TUMOUR, {"major"}), (Matting.FIBROSIS, {"minor"}), (Matting.NONE, {"minor"})],
)
def test_only_tumour_between_nodes_is_matting_and_that_is_major(matting, found):
    assert ene.pathological(None, extent_mm=1.0, matting=matting) == found


@pytest.mark.parametrize(
    ("specimen", "reported", "found"),
    [
        (Specimen.RESECTION, Pene.NONE, {"none"}),
        (Specimen.SENTINEL, Pene.NONE, ANY),
        (Specimen.SENTINEL, Pene.MAJOR, {"major"}),
        (Specimen.CORE, Pene.MAJOR, ANY),
        (Specimen.FNA, Pene.NONE, ANY),
        (Specimen.RESECTION, Pene.PRESENT, {"minor", "major"}),
        (Specimen.RESECTION, None, ANY),
    ],
)
def test_a_specimen_tells_what_it_can(specimen, reported, found):
    assert ene.pathological(reported, specimen=specimen) == found


@pytest.mark.parametrize(
    ("signs", "supported", "found"),
    [
        (SKIN, True, {"yes"}),
        (SKIN, False, {"no"}),
        (SKIN, None, {"yes", "no"}),
        (frozenset(), True, {"no"}),
        (None, True, {"yes", "no"}),
    ],
)
def test_radiology_alone_makes_no_clinical_extension(signs, supported, found):
    assert ene.clinical(signs, supported=supported) == found


@pytest.mark.parametrize(
    ("grade", "certainty", "low", "high"),
    [(3, 0.75, 3, 3), (3, 0.74, 0, 0), (3, None, 3, 3), (0, 0.9, 0, 0), (None, 0.9, 0, 3)],
)
def test_a_grade_counts_from_a_certainty_of_three_quarters(grade, certainty, low, high):
    found = ene.imaging(grade, certainty=certainty)
    assert (found.low, found.high) == (low, high)


@pytest.mark.parametrize(
    ("margin", "fat", "coalescent", "structures", "grade"),
    [
        (Margin.SMOOTH, False, False, False, 0),
        (Margin.SMOOTH, True, False, False, 0),
        (Margin.IRREGULAR, False, False, False, 0),
        (Margin.INDISTINCT, True, False, False, 1),
        (Margin.IRREGULAR, True, False, False, 1),
        (Margin.SMOOTH, False, True, False, 2),
        (Margin.IRREGULAR, True, True, True, 3),
    ],
)
def test_features_make_a_grade(margin, fat, coalescent, structures, grade):
    assert ene.grade(margin, fat=fat, coalescent=coalescent, structures=structures) == grade


def test_a_report_that_contradicts_itself_is_refused():
    with pytest.raises(ValueError, match="pene says 'minor'"):
        MetastaticNode(pene="minor", pene_mm=3)
    assert MetastaticNode(pene="present", pene_mm=3).pathological_ene == {"major"}


def test_the_three_findings_stay_apart():
    node = MetastaticNode(cene_signs=SKIN, cene_supported=True, iene_grade=0, pene="none")
    assert (node.cene, node.iene().high, node.pathological_ene) == ({"yes"}, 0, {"none"})
